namespace CniSrcRoute.Planning;

/// <summary>
/// Tells which address the kernel gives as source to what the node sends from a socket that is bound to none. It asks the routing tables without a source,
/// so that no rule for an address is asked. Where the answer is not certain there is none.
/// </summary>
/// <param name="state">The node.</param>
internal sealed class AnswerSources(NodeState state)
{
    private readonly ILookup<int, Address> _addresses = state.Addresses.ToLookup(address => address.Link);

    /// <summary>Whether it is main that such a packet asks, and no rule of others that may send it elsewhere.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    public bool IsByMain(Family family) => state.Rules.All(rule =>
        rule.Family != family || rule.Protocol == Ownership.Protocol || rule.Priority > Rule.MainPriority ||
        (rule.Flags == 0 && (rule.From.IsSet || (rule.Mark & rule.MarkMask) != 0 || IsKernels(rule))));

    /// <summary>The address for each way of main.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>Destinations, each once, with the address; none where it is not certain.</returns>
    public IEnumerable<(IpPrefix Destination, IpAddress Address)> Of(Family family)
    {
        // Whatever routes there are, clients with an address of their link alone are answered with one of these.
        if (family == Family.IPv6)
        {
            yield return (new IpPrefix(new IpAddress(Family.IPv6, 0xfe80ul << 48, 0), 10), default);
        }

        // For one destination the lowest metric is taken; of IPv6 several routes with the same are several hops of one.
        foreach (IGrouping<IpPrefix, Route> routes in state.Main(family).GroupBy(route => route.Destination))
        {
            uint metric = routes.Min(route => route.Metric);
            List<IpAddress> sources = [.. routes.Where(route => route.Metric == metric).Select(Of).Distinct()];
            yield return (routes.Key, sources.Count == 1 ? sources[0] : default);
        }
    }

    private static bool IsKernels(Rule rule) =>
        rule is { HasOtherSelectors: false, MarkMask: 0, Action: Rule.ActionLookup, Table: TableId.Main or TableId.Local };

    private IpAddress Of(Route route)
    {
        if (route.Type != RouteType.Unicast || route.Destination.Address.IsLinkLocal || route.HasDeadNexthops || route.Tos != 0 || route.Source.IsSet || route.Nexthops.Count == 0)
        {
            return default;
        }

        if (route.PrefSrc.IsSet)
        {
            return route.PrefSrc;
        }

        List<IpAddress> sources = [.. route.Nexthops.Select(hop => route.Family == Family.IPv4 ? Of4(route, hop) : Of6(route, hop)).Distinct()];
        return sources.Count == 1 ? sources[0] : default;
    }

    /// <summary>inet_select_addr() of net/ipv4/devinet.c: the first of the card's addresses in whose subnet the router is, or else the first.</summary>
    private IpAddress Of4(Route route, Nexthop hop)
    {
        List<Address> addresses = [.. _addresses[hop.Oif].Where(address =>
            address.Local.Family == Family.IPv4 && address.Scope <= route.Scope && (address.Flags & Address.FlagSecondary) == 0)];
        return (addresses.Find(address => address.Subnet.Contains(hop.Gateway)) ?? addresses.FirstOrDefault())?.Local ?? default;
    }

    /// <summary>
    /// Of RFC 6724 what does not depend on the single destination: the one address of the card, or of several the first in whose subnet the destinations are.
    /// </summary>
    private IpAddress Of6(Route route, Nexthop hop)
    {
        List<Address> addresses = [.. _addresses[hop.Oif].Where(address =>
            address is { Scope: Address.ScopeUniverse, IsUsable: true } && address.Local.Family == Family.IPv6 &&
            (address.Flags & (Address.FlagDeprecated | Address.FlagSecondary)) == 0)];
        return addresses.Count == 1 ? addresses[0].Local : addresses.Find(address => address.Subnet.Contains(route.Destination))?.Local ?? default;
    }
}
