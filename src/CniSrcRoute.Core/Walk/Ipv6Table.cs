namespace CniSrcRoute.Walk;

/// <summary>
/// Looks a packet up in an IPv6 table: fib6_table_lookup of net/ipv6/route.c. The reachability of routers, which a node that does not forward looks at as
/// well (RFC 4191), is no part of what is known here.
/// </summary>
internal sealed class Ipv6Table(Devices devices)
{
    /// <summary>RT6_NUD_FAIL_HARD: not by this way.</summary>
    private const int Unfit = -3;

    /// <summary>What stands for the ways out of a route that has none.</summary>
    private static readonly Nexthop?[] NoHop = [null];

    /// <summary>The route the kernel takes; null for none.</summary>
    public Match? Lookup(RouteIndex table, Query query)
    {
        foreach (List<Route> routes in table.For(query.Flow.Destination))
        {
            // The routes of one destination that are for other sources are passed over; those for the narrowest prefix of sources are asked first.
            int start = 0;
            while (start < routes.Count)
            {
                int end = start + 1;
                while (end < routes.Count && routes[end].Source == routes[start].Source)
                {
                    end++;
                }

                if ((!routes[start].Source.IsSet || routes[start].Source.Contains(query.Flow.Source)) && Best(routes[start..end], query) is { } best)
                {
                    return best;
                }

                start = end;
            }
        }

        return null;
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
        // A route that refuses stands on the loopback device.
        int device = hop?.Oif ?? Devices.Loopback;
        if (IsDown(device, query))
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
