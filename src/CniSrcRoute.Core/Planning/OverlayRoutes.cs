namespace CniSrcRoute.Planning;

/// <summary>Chooses the routes of main that every source table needs a copy of, and makes the copies.</summary>
internal static class OverlayRoutes
{
    /// <summary>The highest metric there is: a copy of the same prefix, whatever its metric, goes before the guard.</summary>
    public const uint GuardMetric = uint.MaxValue;

    /// <summary>The number of metrics that copies are spread over.</summary>
    private const int SpreadBits = 14;

    /// <summary>The guards of a family: with them a packet for a pod that no copy knows yet goes on to main instead of out of the card, unencapsulated.</summary>
    public static IReadOnlyList<Route> Guards(Family family, IReadOnlyList<IpPrefix> networks, IReadOnlyList<Route> copies)
    {
        List<Route> guards = [];
        foreach (IpPrefix network in networks)
        {
            var guard = new Route { Destination = network, Type = RouteType.Throw, Metric = GuardMetric, Protocol = Ownership.Protocol };
            if (network.Family == family && !guards.Exists(other => other.Key == guard.Key) && !copies.Any(copy => copy.Key == guard.Key))
            {
                guards.Add(guard);
            }
        }

        return guards;
    }

    /// <summary>The routes of main to copy: those to pods, and those that say "not there" about a destination (blackhole and the like), which are the node's policy whatever the source.</summary>
    public static List<Route> Select(IReadOnlyList<Route> main, Cards cards, IReadOnlyList<IpPrefix> networks, IReadOnlySet<IpPrefix> externalSubnets) =>
        [.. main.Where(route => !route.Destination.IsDefault && (route.IsReject || (route.Type == RouteType.Unicast && LeadsToPods(route, cards, networks, externalSubnets))))];

    /// <summary>The copies, in main's order, one for each key.</summary>
    public static IReadOnlyList<Route> Copy(IReadOnlyList<Route> overlay, IReadOnlyList<Route> main)
    {
        HashSet<RouteKey> once = [];
        HashSet<RouteKey> several = [];
        foreach (Route route in main)
        {
            if (!once.Add(WithoutMetric(route)))
            {
                several.Add(WithoutMetric(route));
            }
        }

        // Of several routes with one key only the first is ever used, and NLM_F_EXCL admits no second.
        HashSet<RouteKey> keys = new(overlay.Count);
        List<Route> copies = new(overlay.Count);
        foreach (Route route in overlay)
        {
            Route copy = route with { Protocol = Ownership.Protocol, Metric = several.Contains(WithoutMetric(route)) ? route.Metric : Spread(route) };
            if (keys.Add(copy.Key))
            {
                copies.Add(copy);
            }
        }

        return copies;
    }

    private static RouteKey WithoutMetric(Route route) => route.Key with { Metric = 0 };

    private static bool LeadsToPods(Route route, Cards cards, IReadOnlyList<IpPrefix> networks, IReadOnlySet<IpPrefix> externalSubnets)
    {
        if (networks.Any(network => network.Contains(route.Destination)))
        {
            return true;
        }

        // Not everything on an overlay card leads to pods: dhcpcd is known to have put a default and the LAN's own subnet on flannel.1.
        return route.Nexthops.Count > 0 && route.Nexthops.All(hop => cards.IsOverlay(hop.Oif)) && !route.Destination.Address.IsLinkLocal &&
               !externalSubnets.Any(route.Destination.Overlaps);
    }

    // The kernel looks for nexthop data to share by a hash over protocol, scope, preferred source, metric and device, but not the gateway. Flannel's
    // routes agree in all of these, so each one written walks all earlier ones: 20 s for 5,000 routes in 8 tables against 0.2 s with metrics that
    // differ. Where a prefix stands once, its metric means nothing. The number of the subnet within its size keeps neighbours apart and never changes
    // while the prefix is there. IPv6 has no such hash.
    private static uint Spread(Route route) =>
        route.Family == Family.IPv4 && !route.IsReject
            ? 1 + (uint)((route.Destination.Address.Low >> (32 - route.Destination.Length)) & ((1UL << SpreadBits) - 1))
            : route.Metric;
}
