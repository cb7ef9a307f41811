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
        bool hasSubnet = false, sharesSubnet = false;
        foreach (Route route in main)
        {
            if (route is not { Type: RouteType.Unicast, Destination.IsDefault: false } || overlay.IsOverlay(route))
            {
                continue;
            }

            Route? own = LeavingBy(source.Card, route) ?? BySharedRouter(source, route, external);
            if (own is not null)
            {
                routes.Add(own);
            }

            if (route.Destination == source.Subnet && !HasGateway(route))
            {
                (hasSubnet, sharesSubnet) = (hasSubnet || own is not null, true);
            }
        }

        // The kernel makes no route for an address with `noprefixroute`. Where it has the same subnet by another card, the neighbours are on this link as well.
        if (sharesSubnet && !hasSubnet && source.IsHeldByCard)
        {
            routes.Add(Via(source, source.Subnet, gateway: default, metric: 0));
        }

        routes.AddRange(Defaults.Of(source, main, external));
        routes.AddRange(ToGateways(source, routes));
        return InWritingOrder(routes);
    }

    /// <summary>The route, reduced to the next hops that leave by the card; null when none does.</summary>
    /// <remarks>A nexthop object is written out: who changes it later may mean another card, and this table leaves by its own alone.</remarks>
    /// <param name="card">The card.</param>
    /// <param name="route">A route of main.</param>
    public static Route? LeavingBy(Link card, Route route)
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

    /// <summary>
    /// A route of main by another card's router, by the source's card: two cards in one subnet share its routers, though main names one card alone. Null where
    /// they do not.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="route">A route of main that does not leave by the source's card.</param>
    /// <param name="external">The addresses by which the world reaches the node.</param>
    public static Route? BySharedRouter(Source source, Route route, IReadOnlyList<Address> external)
    {
        Nexthop[] shared =
        [
            .. route.Nexthops.Where(hop => MayShare(source, hop) && external.Any(address => address.Link == hop.Oif && address.Subnet == source.Subnet)),
        ];
        return shared.Length == 0 ? null
            : WithNexthops(route, [.. shared.Select(hop => hop with { Oif = source.Card.Index })]) with { PrefSrc = default };
    }

    /// <summary>Whether a router may be in the source's own subnet, by whichever card.</summary>
    /// <param name="source">The source.</param>
    /// <param name="hop">A next hop of main.</param>
    public static bool MayShare(Source source, Nexthop hop) =>
        hop.Gateway.IsSet && hop.Gateway.Family == source.Family && (hop.Gateway.IsLinkLocal || source.Subnet.Contains(hop.Gateway));

    /// <summary>A route by a source's card.</summary>
    /// <param name="source">The source.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="gateway">The router; none for a direct route.</param>
    /// <param name="metric">The metric; 0 for the kernel's own.</param>
    public static Route Via(Source source, IpPrefix destination, IpAddress gateway, uint metric) => new()
    {
        Destination = destination,
        Metric = metric == 0 && source.Family == Family.IPv6 ? Route.DefaultMetric6 : metric,
        Scope = source.Family == Family.IPv4 && !gateway.IsSet ? Route.ScopeLink : Route.ScopeUniverse,
        Nexthops = [new Nexthop { Gateway = gateway, Oif = source.Card.Index }],
    };

    /// <summary>The route with other next hops.</summary>
    /// <param name="route">The route.</param>
    /// <param name="hops">One or more.</param>
    public static Route WithNexthops(Route route, Nexthop[] hops) =>
        route with { NexthopId = 0, Nexthops = hops.Length == 1 ? [hops[0] with { Weight = 1 }] : hops };

    /// <summary>
    /// Direct routes, then gateways, which the kernel takes only when it can reach them, then the default, since it attracts what the others are for. Of
    /// several routes with one key the first stays: the config's before main's, and main's in the kernel's order, which is the order of use. Of IPv4 defaults
    /// all stay: the kernel leaves a router that is dead for the next one of the same metric.
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
                Route ours = route with { Protocol = Ownership.Protocol };
                if (own == stage && (keys.Add(route.Key) || (stage == 2 && route.Family == Family.IPv4 && !ordered.Contains(ours))))
                {
                    ordered.Add(ours);
                }
            }
        }

        return ordered;
    }

    /// <summary>
    /// Direct routes to gateways that no other direct route of the table leads to, without which the kernel refuses them: a router outside of every subnet, a
    /// subnet that was taken out of main. In IPv6 the flag `onlink` would not do, since main may know the router by another card.
    /// </summary>
    private static List<Route> ToGateways(Source source, List<Route> routes)
    {
        // A card may have a full table of routes by gateways, and has few direct ones.
        List<Route> direct = routes.FindAll(route => !HasGateway(route) && !route.Destination.IsDefault);
        List<Route> added = [];
        foreach (Route route in routes)
        {
            foreach (Nexthop hop in route.Nexthops)
            {
                if (hop.Gateway.Family == source.Family && !IsReached(hop, direct) && !IsReached(hop, added))
                {
                    added.Add(Via(source, IpPrefix.Host(hop.Gateway), gateway: default, metric: 0));
                }
            }
        }

        return added;
    }

    private static bool IsReached(Nexthop hop, List<Route> direct) =>
        (hop.Flags & Nexthop.OnLink) != 0 || (hop.Gateway.Family == Family.IPv6 && hop.Gateway.IsLinkLocal) ||
        direct.Exists(route => route.Destination.Contains(hop.Gateway) && route.LeavesBy(hop.Oif));

    private static bool HasGateway(Route route) => route.Nexthops.Any(hop => hop.Gateway.IsSet);

    private static List<Route> Configured(Source source)
    {
        List<Route> routes = [];
        foreach (Configuration.RouteConfig route in source.Config?.Routes ?? [])
        {
            routes.Add(Via(source, route.To, route.Via, route.Metric) with { Metrics = RouteMetrics.OfMtu(route.Mtu) });
        }

        return routes;
    }
}
