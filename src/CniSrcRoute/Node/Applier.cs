using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>Carries a plan out: the only place that writes.</summary>
internal static class Applier
{
    /// <summary>
    /// Takes the steps in order. A table that lacks its guard or a route of its own card gets no new rule; then the rule and the table that served the
    /// source before stay. Everything else goes on: one copy that the kernel refuses is no reason to serve nobody.
    /// </summary>
    /// <returns>What could not be done.</returns>
    /// <exception cref="NetlinkException">The conversation with the kernel failed; the steps before it stand, and a prefix of a plan is safe.</exception>
    public static List<Failure> Apply(RouteNetlink kernel, DesiredState desired, Plan plan)
    {
        List<Failure> failures = [];
        HashSet<TableId> incomplete = [];
        HashSet<TableId> kept = [];
        List<Rule> missing = [];
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

            run.RemoveAll(IsLeftOut);
            foreach (NetlinkError error in kernel.Apply(run))
            {
                failures.Add(new Failure(run[error.Index], error.ToString()));
                switch (run[error.Index])
                {
                    case RouteChange route when desired.IsEssential(route):
                        incomplete.Add(route.Table);
                        break;
                    case RuleChange { Kind: ChangeKind.Add } rule:
                        missing.Add(rule.Rule);
                        break;
                    default:
                        break;
                }
            }
        }

        return failures;

        bool IsLeftOut(Change change)
        {
            switch (change)
            {
                case RuleChange { Kind: ChangeKind.Add } rule when incomplete.Contains(new TableId(rule.Rule.Family, rule.Rule.Table)):
                    missing.Add(rule.Rule);
                    failures.Add(new Failure(change, "left out, since its table is not complete"));
                    return true;
                case RuleChange { Kind: ChangeKind.Remove } rule when missing.Exists(other => other.Family == rule.Rule.Family && other.From == rule.Rule.From):
                    kept.Add(new TableId(rule.Rule.Family, rule.Rule.Table));
                    return true;
                case RouteChange { Kind: ChangeKind.Remove } route:
                    return kept.Contains(route.Table);
                default:
                    return false;
            }
        }
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
