namespace CniSrcRoute.Planning;

/// <summary>What was ours on a node before a change, as something to desire again: so undoing is a plan like any other.</summary>
public static class Restoration
{
    /// <summary>
    /// The desired state. Copies of what main has learnt or lost since stay as they are now: to take away a pod's that has started meanwhile would cut it off.
    /// </summary>
    /// <param name="before">The node before the change.</param>
    /// <param name="now">The node as it is.</param>
    /// <returns>Tables, rules and names of before; nothing is found wrong with them.</returns>
    public static DesiredState Of(NodeState before, NodeState now)
    {
        HashSet<RouteKey> changed = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            AddMissing(changed, before.Main(family), now.Main(family));
            AddMissing(changed, now.Main(family), before.Main(family));
        }

        List<SourceTable> tables = [];
        foreach ((TableId id, List<Route> routes) in before.Tables)
        {
            if (routes.Exists(IsOurs))
            {
                tables.Add(Table(id, before, [.. routes.Where(route => IsOurs(route) && !IsIn(changed, route)), .. now.Table(id).Where(route => IsOurs(route) && IsIn(changed, route))]));
            }
        }

        return new DesiredState
        {
            Tables = tables,
            Rules = [.. before.Rules.Where(rule => rule.Protocol == Ownership.Protocol)],
            MarkTable = before.Nftables.Table,
            NeedsSrcValidMark = before.SrcValidMarkIsOurs,
            SetsSrcValidMark = before.SrcValidMarkIsOurs && !now.SrcValidMarkIsOurs,
            TableNamesFile = before.TableNamesFile,
            ProtocolNamesFile = before.ProtocolNamesFile,
        };
    }

    private static bool IsOurs(Route route) => route.Protocol == Ownership.Protocol;

    private static bool IsIn(HashSet<RouteKey> changed, Route route) => changed.Contains(route.Key with { Metric = 0 });

    /// <summary>Adds the keys of what the one list has and the other has not. A default is never a copy.</summary>
    private static void AddMissing(HashSet<RouteKey> keys, IReadOnlyList<Route> routes, IReadOnlyList<Route> others)
    {
        HashSet<Route> known = [.. others];
        foreach (Route route in routes)
        {
            if (!route.Destination.IsDefault && !known.Contains(route))
            {
                keys.Add(route.Key with { Metric = 0 });
            }
        }
    }

    /// <summary>
    /// A table with routes in an order in which the kernel takes them: a gateway is reached by a direct route. What no rule may do without are guards and
    /// defaults; a card that has gone since takes its routes with it.
    /// </summary>
    private static SourceTable Table(TableId id, NodeState before, List<Route> routes)
    {
        List<Route> others = routes.FindAll(route => route.Type != RouteType.Throw && !route.Destination.IsDefault);
        Rule? rule = before.Rules.FirstOrDefault(rule =>
            rule.Protocol == Ownership.Protocol && rule.Family == id.Family && rule.Table == id.Number && rule.From.IsSet);
        IpPrefix source = rule?.From ?? IpPrefix.Any(id.Family);
        return new SourceTable
        {
            Source = new Source { Prefix = source, Subnet = source, Card = new Link { Index = 0, Name = "" } },
            Number = id.Number,
            Name = "",
            Guards = routes.FindAll(route => route.Type == RouteType.Throw),
            Copies = [.. others.FindAll(route => !HasGateway(route)), .. others.FindAll(HasGateway)],
            CardRoutes = routes.FindAll(route => route.Type != RouteType.Throw && route.Destination.IsDefault),
        };
    }

    private static bool HasGateway(Route route) => route.Nexthops.Any(hop => hop.Gateway.IsSet);
}
