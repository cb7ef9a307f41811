namespace CniSrcRoute.Walk;

/// <summary>
/// Looks a packet up in an IPv6 table: fib6_table_lookup of net/ipv6/route.c. The reachability of routers, which a node that does not forward looks at as
/// well (RFC 4191), is no part of what is known here.
/// </summary>
internal sealed class Ipv6Table(Devices devices)
{
    /// <summary>RT6_NUD_FAIL_HARD: not by this way.</summary>
    private const int Unfit = -3;

    /// <summary>The next hops of a route that has none.</summary>
    private static readonly Nexthop?[] NoHop = [null];

    /// <summary>The route the kernel takes; null for none.</summary>
    public Match? Lookup(RouteIndex table, Query query)
    {
        bool hasBegun = false;
        for (int place = 0; place < table.Lengths; place++)
        {
            if (table.For(query.Flow.Destination, place) is not { } routes)
            {
                continue;
            }

            // Routes for certain sources are in a tree of their own at the destination's node. When the kernel visits such a node with a packet of
            // another source before it has found anything, it goes on to shorter prefixes without looking at the node's other routes (fib6_node_lookup_1).
            List<List<Route>> bySource = BySource(routes, query.Flow.Source, out bool hasTree);
            bool hasFit = bySource is [[{ Source.IsSet: true }, ..], ..];
            if (hasTree && !hasFit && !hasBegun && routes[0].Destination.Length > 0)
            {
                continue;
            }

            hasBegun = true;
            foreach (List<Route> fit in bySource)
            {
                if (Best(fit, query) is { } best)
                {
                    return best;
                }
            }
        }

        return null;
    }

    /// <summary>The routes for a packet's source, those for the narrowest prefix of sources first, those for any source last.</summary>
    private static List<List<Route>> BySource(List<Route> routes, IpAddress source, out bool hasTree)
    {
        hasTree = routes[0].Source.IsSet;
        if (!hasTree)
        {
            return [routes];
        }

        List<List<Route>> fit = [];
        foreach (Route route in routes)
        {
            if (fit is [.., [var first, ..] last] && first.Source == route.Source)
            {
                last.Add(route);
            }
            else if (!route.Source.IsSet || route.Source.Contains(source))
            {
                fit.Add([route]);
            }
        }

        return fit;
    }

    /// <summary>
    /// find_rr_leaf: the best of the lowest metric; where none of them is usable, the best of all others, whatever their metrics.
    /// </summary>
    private Match? Best(List<Route> routes, Query query)
    {
        int others = routes.FindIndex(route => route.Metric != routes[0].Metric);
        return others < 0 ? BestOf(routes, query) : BestOf(routes[..others], query) ?? BestOf(routes[others..], query);
    }

    private Match? BestOf(List<Route> routes, Query query)
    {
        (Route? best, Nexthop? chosen, int most) = (null, null, -1);
        foreach (Route route in routes)
        {
            // A nexthop object that is a blackhole ends the search, whatever has been found before.
            if (route is { NexthopId: not 0, IsReject: true })
            {
                return new Match(route, []);
            }

            IReadOnlyList<Nexthop?> hops = route.Nexthops;
            foreach (Nexthop? hop in hops.Count == 0 ? NoHop : hops)
            {
                int score = Score(route, hop, query);
                if (score > most)
                {
                    (best, chosen, most) = (route, hop, score);
                }
            }
        }

        return best is null ? null : new Match(best, chosen is null ? [] : Siblings(best, chosen, query));
    }

    /// <summary>rt6_score_route: the preference of the router above all, then the device.</summary>
    private int Score(Route route, Nexthop? hop, Query query)
    {
        // The device of a route that refuses is loopback.
        int device = hop?.Oif ?? Devices.Loopback;
        if (route.Type is not (RouteType.Local or RouteType.Anycast) && IsDown(device, query))
        {
            return Unfit;
        }

        int fit = query.Preferred == 0 || query.Preferred == device ? 2 : 0;
        return fit == 0 && query.IsStrict ? Unfit : fit | ((route.Preference ^ 2) << 2);
    }

    /// <summary>
    /// fib6_select_path: of a multipath route any way out that is usable. Where it has to leave by one device, one by it: the first the hash does not rule out.
    /// </summary>
    private List<Nexthop> Siblings(Route route, Nexthop chosen, Query query)
    {
        List<Nexthop> usable = [chosen];
        foreach (Nexthop hop in route.Nexthops)
        {
            if (hop != chosen && Score(route, hop, query) >= 0)
            {
                usable.Add(hop);
            }
        }

        return usable;
    }

    private bool IsDown(int device, Query query) =>
        !query.IgnoresLinkState && devices.Find(device) is { HasCarrier: false, IgnoresIpv6RoutesWithLinkdown: true };
}
