using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>Carries a plan out: the only place that writes.</summary>
internal static class Applier
{
    /// <summary>Takes the steps in order. A table of which a step failed gets no new rule; everything else goes on.</summary>
    /// <returns>What could not be done.</returns>
    /// <exception cref="NetlinkException">The conversation with the kernel failed; the steps before it stand, and a prefix of a plan is safe.</exception>
    public static List<Failure> Apply(RouteNetlink kernel, Plan plan)
    {
        List<Failure> failures = [];
        HashSet<TableId> incomplete = [];
        IReadOnlyList<Change> changes = plan.Changes;
        for (int start = 0, end; start < changes.Count; start = end)
        {
            end = start + 1;
            while (end < changes.Count && changes[end].GetType() == changes[start].GetType())
            {
                end++;
            }

            List<Change> run = [.. changes.Skip(start).Take(end - start)];
            if (run[0] is NamesChange)
            {
                failures.AddRange(run.Cast<NamesChange>().Select(WriteNames).OfType<Failure>());
                continue;
            }

            run.RemoveAll(change => change is RuleChange { Kind: ChangeKind.Add } rule && incomplete.Contains(new TableId(rule.Rule.Family, rule.Rule.Table)));
            foreach (NetlinkError error in kernel.Apply(run))
            {
                failures.Add(new Failure(run[error.Index], error.ToString()));
                if (run[error.Index] is RouteChange { Kind: not ChangeKind.Remove } route)
                {
                    incomplete.Add(route.Table);
                }
            }
        }

        return failures;
    }

    private static Failure? WriteNames(NamesChange change)
    {
        try
        {
            NodeFiles.WriteNames(change.File, change.Text);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(change, e is IOException ? "cannot be written" : "may not be written");
        }
    }
}
