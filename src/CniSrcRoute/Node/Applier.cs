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
    public static List<Failure> Apply(Kernel kernel, DesiredState desired, Plan plan)
    {
        List<Failure> failures = [];
        List<TableId> incomplete = [];
        List<TableId> kept = [];
        List<Rule> missing = [];
        IReadOnlyList<Change> changes = plan.Changes;
        int next = 0;
        while (next < changes.Count)
        {
            if (changes[next] is not (RouteChange or RuleChange))
            {
                if (Write(kernel, changes[next++]) is { } failure)
                {
                    failures.Add(failure);
                }

                continue;
            }

            List<Change> run = [];
            Type kind = changes[next].GetType();
            while (next < changes.Count && changes[next].GetType() == kind)
            {
                run.Add(changes[next++]);
            }

            run.RemoveAll(IsLeftOut);
            foreach (NetlinkError error in kernel.Routing.Apply(run))
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
                case RuleChange { Kind: ChangeKind.Remove } rule when missing.Exists(rule.Rule.IsForSameAs):
                    kept.Add(new TableId(rule.Rule.Family, rule.Rule.Table));
                    return true;
                case RouteChange { Kind: ChangeKind.Remove } route:
                    return kept.Contains(route.Table);
                default:
                    return false;
            }
        }
    }

    private static Failure? Write(Kernel kernel, Change change)
    {
        try
        {
            switch (change)
            {
                case NamesChange names:
                    NodeFiles.WriteNames(names.File, names.Text);
                    break;
                case MarkTableChange marks:
                    kernel.Write(marks.Table);
                    break;
                case ConnectionsChange connections:
                    kernel.Mark(connections);
                    break;
                case SysctlChange sysctl:
                    NodeFiles.SetSrcValidMark(sysctl.Value);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(change), change, "nobody writes this");
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NetlinkException)
        {
            return new Failure(change, e.Message);
        }
    }
}
