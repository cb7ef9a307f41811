namespace CniSrcRoute.Planning;

/// <summary>Makes the part of a source table that is the source's own: its card's routes, its default, and what the config adds.</summary>
internal static class CardRoutes
{
    public static IReadOnlyList<Route> Of(Source source, IReadOnlyList<Route> main, IReadOnlySet<Route> overlay, IReadOnlyList<Address> external)
    {
        IEnumerable<Route> routes = main
            .Where(route => route is { Type: RouteType.Unicast, Destination.IsDefault: false } && !overlay.Contains(route))
            .Select(route => LeavingBy(source.Card, route)).OfType<Route>()
            .Concat(Defaults(source, main, external));
        return [.. Configured(source).Concat(routes)
            .Select(route => route with { Protocol = Ownership.Protocol })
            .DistinctBy(route => route.Key)
            .OrderBy(WritingOrder)];
    }

    /// <summary>The kernel takes a gateway only when it can reach it; a default is the last thing a table gets, since it attracts what the others are for.</summary>
    private static int WritingOrder(Route route) => route.Destination.IsDefault ? 2 : route.Nexthops.Any(hop => hop.Gateway.IsSet) ? 1 : 0;

    /// <summary>The route, reduced to the next hops that leave by the card; null when none does.</summary>
    private static Route? LeavingBy(Link card, Route route)
    {
        Nexthop[] hops = [.. route.Nexthops.Where(hop => hop.Oif == card.Index)];
        return hops.Length == route.Nexthops.Count ? (hops.Length == 0 ? null : route)
            : hops.Length == 0 ? null
            : route with { NexthopId = 0, Nexthops = hops.Length == 1 ? [hops[0] with { Weight = 1 }] : hops };
    }

    private static IEnumerable<Route> Defaults(Source source, IReadOnlyList<Route> main, IReadOnlyList<Address> external)
    {
        if (source.Config is { Gateway.IsSet: true } config)
        {
            return [Via(source, IpPrefix.Any(source.Family), config.Gateway, metric: 0)];
        }

        List<Route> defaults = [.. main.Where(route => route is { Type: RouteType.Unicast, Destination.IsDefault: true })];
        List<Route> own = [.. defaults.Select(route => LeavingBy(source.Card, route)).OfType<Route>()];

        // A card with addresses in two subnets has a router in each: the other one drops our source as spoofed.
        List<Route> near = [.. own.Where(route => route.Nexthops.All(hop => hop.Gateway.IsLinkLocal || source.Subnet.Contains(hop.Gateway)))];
        return near.Count > 0 ? near : own.Count > 0 ? own : Shared(source, defaults, external);
    }

    /// <summary>Another card's default whose router stands in the source's own subnet: two cards in one subnet share it, though main names one of them alone.</summary>
    private static IEnumerable<Route> Shared(Source source, IEnumerable<Route> defaults, IReadOnlyList<Address> external) =>
        from route in defaults
        from hop in route.Nexthops
        where hop.Gateway.IsLinkLocal
            ? external.Any(address => address.Link == hop.Oif && address.Subnet == source.Subnet)
            : source.Subnet.Contains(hop.Gateway)
        select route with { NexthopId = 0, PrefSrc = default, Nexthops = [hop with { Oif = source.Card.Index, Weight = 1 }] };

    private static IEnumerable<Route> Configured(Source source) =>
        source.Config?.Routes.Select(route => Via(source, route.To, route.Via, route.Metric) with { Metrics = RouteMetrics.OfMtu(route.Mtu) }) ?? [];

    private static Route Via(Source source, IpPrefix destination, IpAddress gateway, uint metric) => new()
    {
        Destination = destination,
        Metric = metric == 0 && source.Family == Family.IPv6 ? Route.DefaultMetric6 : metric,
        Scope = source.Family == Family.IPv4 && !gateway.IsSet ? Route.ScopeLink : Route.ScopeUniverse,
        Nexthops = [new Nexthop { Gateway = gateway, Oif = source.Card.Index }],
    };
}
