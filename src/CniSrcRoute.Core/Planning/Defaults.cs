namespace CniSrcRoute.Planning;

/// <summary>
/// Chooses a source's default routes as main would choose among those of its card: by metric, and in IPv6 by the router's preference. All of them are taken, so
/// that what main does when a router is dead is done here as well.
/// </summary>
internal static class Defaults
{
    /// <summary>ICMPV6_ROUTER_PREF_LOW and _HIGH of &lt;linux/icmpv6.h&gt;.</summary>
    private const byte Low = 3;
    private const byte High = 1;

    /// <summary>The default routes, in the order of their use.</summary>
    /// <param name="source">The source.</param>
    /// <param name="main">The family's table main.</param>
    /// <param name="external">The addresses by which the world reaches the node.</param>
    public static List<Route> Of(Source source, IReadOnlyList<Route> main, IReadOnlyList<Address> external)
    {
        if (source.Config is { Gateway.IsSet: true } config)
        {
            return [CardRoutes.Via(source, IpPrefix.Any(source.Family), config.Gateway, metric: 0)];
        }

        List<Route> own = [];
        List<Route> shared = [];
        foreach (Route route in main)
        {
            if (route is not { Type: RouteType.Unicast, Destination.IsDefault: true })
            {
                continue;
            }

            if (CardRoutes.LeavingBy(source.Card, route) is { } leaving)
            {
                own.Add(leaving);
            }
            else if (CardRoutes.BySharedRouter(source, route, external) is { } other)
            {
                shared.Add(other);
            }
        }

        // A tunnel to one neighbour needs no router: what came by it can go back by it.
        return own.Count > 0 ? InOrder(WithoutThoseOfOtherSubnets(source, own, external))
            : shared.Count > 0 ? InOrder(shared)
            : source.Card is { IsTunnel: true, IsPointToPoint: true } ? [CardRoutes.Via(source, IpPrefix.Any(source.Family), gateway: default, metric: 0)]
            : [];
    }

    /// <summary>
    /// A card with addresses in two subnets has a router in each: the other one drops our source as spoofed. A router that is in neither, or announced itself
    /// (its address is link-local), is worth what its metric says.
    /// </summary>
    private static List<Route> WithoutThoseOfOtherSubnets(Source source, List<Route> routes, IReadOnlyList<Address> external)
    {
        bool IsNear(Nexthop hop) => source.Subnet.Contains(hop.Gateway);
        bool IsOfOther(Nexthop hop) => !IsNear(hop) && external.Any(address => address.Link == source.Card.Index && address.Subnet.Contains(hop.Gateway));
        return routes.Exists(route => route.Nexthops.All(IsNear)) ? routes.FindAll(route => !route.Nexthops.Any(IsOfOther)) : routes;
    }

    /// <summary>
    /// Routes of routers that announced themselves may share a metric in IPv6; the kernel then goes by their preference. A table of ours holds one route a
    /// metric, so each gets one of its own in the same order.
    /// </summary>
    private static List<Route> InOrder(List<Route> routes)
    {
        List<Route> ordered = new(routes.Count);
        foreach (Route route in routes)
        {
            // Behind its equals: main's order is that of use.
            int behind = ordered.FindLastIndex(other => other.Metric < route.Metric || (other.Metric == route.Metric && Rank(other) <= Rank(route)));
            ordered.Insert(behind + 1, route);
        }

        for (int i = 1; i < ordered.Count; i++)
        {
            (Route before, Route route) = (ordered[i - 1], ordered[i]);
            if (route.Family == Family.IPv6 && route.Metric <= before.Metric && route.Source == before.Source && before.Metric < uint.MaxValue)
            {
                ordered[i] = route with { Metric = before.Metric + 1 };
            }
        }

        return ordered;
    }

    private static int Rank(Route route) => route.Preference switch { High => 0, Low => 2, _ => 1 };
}
