using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>Steps of a round that had one cause.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Steps">The steps.</param>
internal sealed record Share(Cause Cause, List<Change> Steps)
{
    /// <summary>Parts the steps of a round by what made them necessary.</summary>
    /// <param name="plan">The steps.</param>
    /// <param name="cause">What was heard first. What somebody else undid explains only what he did; else it was the reason to look, and is that of all.</param>
    /// <param name="before">What was known before the round; null for nothing.</param>
    /// <returns>The parts, none of them empty; that of the cause itself is the first.</returns>
    public static List<Share> Of(Plan plan, Cause cause, Knowledge? before)
    {
        List<Share> shares = [];
        var byKind = new Share?[(int)CauseKind.Verification + 1];
        foreach (Change step in plan.Changes)
        {
            if (step is NamesChange)
            {
                continue;
            }

            CauseKind kind = cause.IsUndoing && before is not null ? before.Explain(step)
                : cause.Kind == CauseKind.Verification && step is SysctlChange ? CauseKind.Sysctl
                : cause.Kind;
            if (byKind[(int)kind] is not { } share)
            {
                share = byKind[(int)kind] = new Share(kind == cause.Kind ? cause : Cause.Of(kind), []);
                shares.Insert(kind == cause.Kind ? 0 : shares.Count, share);
            }

            share.Steps.Add(step);
        }

        return shares;
    }
}
