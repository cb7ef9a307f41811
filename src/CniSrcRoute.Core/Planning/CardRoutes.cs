namespace CniSrcRoute.Planning;

/// <summary>Makes the part of a source table that is the source's own: its card's routes, its default, and what the config adds.</summary>
internal static class CardRoutes
{
    /// <summary>The routes, in an order in which the kernel takes them.</summary>
    /// <param name="source">The source.</param>
    /// <param name="main">The family's table main.</param>
    /// <param name="overlay">Knows the routes of main that are copied into every table.</param>
    /// <param name="external">The addresses by which the world reaches the node.</param>
    public static IReadOnlyList<Route> Of(Source source, IReadOnlyList<Route> main, OverlayRoutes overlay, IReadOnlyList<Address> external)
    {
        List<Route> routes = Configured(source);
        foreach (Route route in main)
        {
            if (route is { Type: RouteType.Unicast, Destination.IsDefault: false } && !overlay.IsOverlay(route) && LeavingBy(source.Card, route) is { } own)
            {
                routes.Add(own);
            }
        }

        routes.AddRange(Defaults(source, main, external));
        return InWritingOrder(routes);
    }

    /// <summary>
    /// Direct routes, then gateways, which the kernel takes only when it can reach them, then the default, since it attracts what the others are for. Of
    /// several routes with one key the first stays: the config's before main's, and main's in the kernel's order, which is the order of use.
    /// </summary>
    private static List<Route> InWritingOrder(List<Route> routes)
    {
        HashSet<RouteKey> keys = [];
        List<Route> ordered = new(routes.Count);
        for (int stage = 0; stage < 3; stage++)
        {
            foreach (Route route in routes)
            {
                int own = route.Destination.IsDefault ? 2 : HasGateway(route) ? 1 : 0;
                if (own == stage && keys.Add(route.Key))
                {
                    ordered.Add(route with { Protocol = Ownership.Protocol });
                }
            }
        }

        return ordered;
    }

    private static bool HasGateway(Route route) => route.Nexthops.Any(hop => hop.Gateway.IsSet);

    /// <summary>
    /// The route, reduced to the next hops that leave by the card; null when none does. A nexthop object is written out: who changes it later may mean
    /// another card, and this table leaves by its own alone.
    /// </summary>
    private static Route? LeavingBy(Link card, Route route)
    {
        List<Nexthop> leaving = [];
        foreach (Nexthop hop in route.Nexthops)
        {
            if (hop.Oif == card.Index)
            {
                leaving.Add(hop);
            }
        }

        return leaving.Count == 0 ? null
            : leaving.Count == route.Nexthops.Count && route.NexthopId == 0 ? route
            : WithNexthops(route, [.. leaving]);
    }

    private static Route WithNexthops(Route route, Nexthop[] hops) =>
        route with { NexthopId = 0, Nexthops = hops.Length == 1 ? [hops[0] with { Weight = 1 }] : hops };

    private static List<Route> Defaults(Source source, IReadOnlyList<Route> main, IReadOnlyList<Address> external)
    {
        if (source.Config is { Gateway.IsSet: true } config)
        {
            return [Via(source, IpPrefix.Any(source.Family), config.Gateway, metric: 0)];
        }

        List<Route> own = [];
        List<Route> shared = [];
        foreach (Route route in main)
        {
            if (route is not { Type: RouteType.Unicast, Destination.IsDefault: true })
            {
                continue;
            }

            if (LeavingBy(source.Card, route) is { } leaving)
            {
                own.Add(leaving);
            }
            else if (SharedRouter(source, route, external) is { } hop)
            {
                shared.Add(WithNexthops(route, [hop with { Oif = source.Card.Index }]) with { PrefSrc = default });
            }
        }

        // A card with addresses in two subnets has a router in each: the other one drops our source as spoofed.
        List<Route> near = own.FindAll(route => route.Nexthops.All(hop => hop.Gateway.IsLinkLocal || source.Subnet.Contains(hop.Gateway)));
        return near.Count > 0 ? near : own.Count > 0 ? own : shared;
    }

    /// <summary>Another card's router that stands in the source's own subnet: two cards in one subnet share it, though main names one of them alone.</summary>
    private static Nexthop? SharedRouter(Source source, Route route, IReadOnlyList<Address> external) =>
        route.Nexthops.FirstOrDefault(hop => hop.Gateway.IsLinkLocal
            ? external.Any(address => address.Link == hop.Oif && address.Subnet == source.Subnet)
            : source.Subnet.Contains(hop.Gateway));

    private static List<Route> Configured(Source source)
    {
        List<Route> routes = [];
        foreach (Configuration.RouteConfig route in source.Config?.Routes ?? [])
        {
            routes.Add(Via(source, route.To, route.Via, route.Metric) with { Metrics = RouteMetrics.OfMtu(route.Mtu) });
        }

        return routes;
    }

    private static Route Via(Source source, IpPrefix destination, IpAddress gateway, uint metric) => new()
    {
        Destination = destination,
        Metric = metric == 0 && source.Family == Family.IPv6 ? Route.DefaultMetric6 : metric,
        Scope = source.Family == Family.IPv4 && !gateway.IsSet ? Route.ScopeLink : Route.ScopeUniverse,
        Nexthops = [new Nexthop { Gateway = gateway, Oif = source.Card.Index }],
    };
}
