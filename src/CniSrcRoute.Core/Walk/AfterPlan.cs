using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>The node as it would be when a plan has been carried out.</summary>
public static class AfterPlan
{
    /// <summary>Works it out.</summary>
    /// <param name="state">The node as it is.</param>
    /// <param name="plan">The steps.</param>
    /// <returns>A state of its own; the first is not changed.</returns>
    public static NodeState Of(NodeState state, Plan plan)
    {
        var tables = new Dictionary<TableId, List<Route>>(state.Tables);
        List<Rule> rules = [.. state.Rules];
        HashSet<TableId> own = [];
        var nftables = state.Nftables;
        Ipv4Conf all = state.AllCards;
        foreach (Change change in plan.Changes)
        {
            switch (change)
            {
                case RouteChange route:
                    if (own.Add(route.Table))
                    {
                        tables[route.Table] = [.. state.Table(route.Table)];
                    }

                    if (change.Kind != ChangeKind.Add)
                    {
                        tables[route.Table].RemoveAll(other => other.Key == route.Route.Key && (other.Protocol == Ownership.Protocol || other == route.Old));
                    }

                    if (change.Kind != ChangeKind.Remove)
                    {
                        tables[route.Table].Add(route.Route);
                    }

                    break;
                case RuleChange { Kind: ChangeKind.Remove } rule:
                    rules.Remove(rule.Rule);
                    break;
                case RuleChange rule:
                    // Behind those of its number, as the kernel does it.
                    int place = rules.FindIndex(other => other.Family == rule.Rule.Family && other.Priority > rule.Rule.Priority);
                    rules.Insert(place < 0 ? rules.Count : place, rule.Rule);
                    break;
                case MarkTableChange marks:
                    nftables = nftables with { Table = marks.Table };
                    break;
                case SysctlChange sysctl:
                    all = all with { SrcValidMark = sysctl.Value };
                    break;
                default:
                    break;
            }
        }

        return new NodeState
        {
            Links = state.Links,
            Addresses = state.Addresses,
            Rules = rules,
            Tables = tables,
            Local = state.Local,
            Nftables = nftables,
            AllCards = all,
            FlannelNetworks = state.FlannelNetworks,
        };
    }
}
