using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Tells the log and the metrics of what was planned and written.</summary>
internal sealed class Records(Journal journal, Metrics metrics)
{
    /// <summary>Steps were written: they are told by their cause, that of a full plan first.</summary>
    /// <param name="planner">Planned them.</param>
    /// <param name="plan">The steps.</param>
    /// <param name="dirt">Knows their causes.</param>
    /// <param name="took">How long it took since the event.</param>
    public void Written(Planner planner, Plan plan, Dirt dirt, TimeSpan took)
    {
        metrics.Planned(planner.Desired, planner.Copies);
        Dictionary<CauseKind, List<Change>> byKind = [];
        foreach (Change step in plan.Changes.Where(step => step is not NamesChange))
        {
            CauseKind kind = dirt.CauseOf(step).Kind;
            if (!byKind.TryGetValue(kind, out List<Change>? steps))
            {
                byKind.Add(kind, steps = []);
            }

            steps.Add(step);
        }

        foreach ((CauseKind kind, List<Change> steps) in byKind.OrderBy(pair => pair.Key != dirt.Reason?.Kind))
        {
            metrics.Repaired(kind, steps.Count);
            if (kind == CauseKind.Main && dirt.Reason?.Kind != CauseKind.Main)
            {
                Journal.Followed(steps, took);
            }
            else
            {
                Journal.Repaired(dirt.CauseOf(steps[0]), steps, took);
            }
        }

        if (dirt.Reason is { Kind: CauseKind.Card } card && planner.SubnetsLost is > 0 and var lost)
        {
            Journal.Lost(card, lost);
        }

        if (byKind.Count > 0)
        {
            metrics.Converged(took);
        }
    }

    /// <summary>Everything was planned, and written as far as the kernel took it.</summary>
    public void Planned(Planner planner, Plan plan, List<Failure> failures)
    {
        NodeState names = planner.Surroundings;
        List<Finding> findings = [.. planner.Desired.Findings, .. plan.Conflicts, .. failures.ConvertAll(failure => failure.Tell(names))];
        journal.Planned(planner.Desired, findings);
        metrics.Found(findings);
    }
}
