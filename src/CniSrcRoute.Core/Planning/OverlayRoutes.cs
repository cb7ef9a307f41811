namespace CniSrcRoute.Planning;

/// <summary>Chooses the routes of main that every source table needs a copy of, and makes the copies.</summary>
public sealed class OverlayRoutes
{
    /// <summary>The highest metric there is: a copy of the same prefix, whatever its metric, goes before the guard.</summary>
    public const uint GuardMetric = uint.MaxValue;

    /// <summary>The number of metrics that copies are spread over.</summary>
    private const int SpreadBits = 14;

    private readonly Cards _cards;
    private readonly IReadOnlyList<IpPrefix> _networks;
    private readonly List<IpPrefix> _externalSubnets;
    private readonly List<IpPrefix> _rejected = [];
    private readonly PodBlocks _blocks;
    private readonly HashSet<IpPrefix> _hiding = [];
    private readonly HashSet<IpAddress> _routersOffLink = [];

    /// <summary>Looks at the node.</summary>
    /// <param name="cards">Knows the overlay cards.</param>
    /// <param name="networks">The pods' networks.</param>
    /// <param name="externalSubnets">The subnets on the node's external links.</param>
    /// <param name="state">The node.</param>
    public OverlayRoutes(Cards cards, IReadOnlyList<IpPrefix> networks, List<IpPrefix> externalSubnets, NodeState state)
    {
        _cards = cards;
        _networks = networks;
        _externalSubnets = externalSubnets;
        _blocks = new PodBlocks(state);
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            IReadOnlyList<Route> main = state.Main(family);
            _routersOffLink.UnionWith(
                main.Where(route => route is { Type: RouteType.Unicast, Destination.IsDefault: true }).SelectMany(route => route.Nexthops)
                    .Where(hop => (hop.Flags & Nexthop.OnLink) != 0 && hop.Gateway.Family == family && !(family == Family.IPv6 && hop.Gateway.IsLinkLocal))
                    .Select(hop => hop.Gateway));
            foreach (Route reject in main.Where(route => route.IsReject && !route.Destination.IsDefault && !IsInNetworks(route)))
            {
                _rejected.Add(reject.Destination);
                if (main.Any(route => IsHiddenBy(reject, route)))
                {
                    _hiding.Add(reject.Destination);
                }
            }
        }
    }

    /// <summary>
    /// The guards of a family: with them a packet for a pod that no copy knows yet goes on to main instead of out of the card, unencapsulated.
    /// </summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="copies">The family's copies: none of them is covered up.</param>
    /// <returns>One `throw` route for each network.</returns>
    public IReadOnlyList<Route> Guards(Family family, IReadOnlyList<Route> copies)
    {
        List<Route> guards = [];
        foreach (IpPrefix network in _networks)
        {
            Route guard = Hole(network);
            if (network.Family == family && !guards.Exists(other => other.Key == guard.Key) && !copies.Any(copy => copy.Key == guard.Key))
            {
                guards.Add(guard);
            }
        }

        return guards;
    }

    /// <summary>
    /// The guards of a source table: those of its family, and one for each route of main that leads elsewhere within a subnet of the card: what lies inside a
    /// subnet as large as 10.0.0.0/8 is more exact than that, in main as here. And one for each router of main's defaults that is in no subnet: nothing but the
    /// default itself leads to it, and ours is by another router.
    /// </summary>
    /// <param name="own">The table's routes by its card.</param>
    /// <param name="main">The family's table main.</param>
    /// <param name="copies">The family's copies.</param>
    /// <param name="guards">The guards of the family.</param>
    /// <returns>As a rule the guards of the family.</returns>
    internal IReadOnlyList<Route> GuardsFor(
        IReadOnlyList<Route> own, IReadOnlyList<Route> main, IReadOnlyList<Route> copies, IReadOnlyList<Route> guards)
    {
        List<Route> subnets = [.. own.Where(IsDirect)];
        List<Route> holes = [];
        foreach (IpAddress router in _routersOffLink)
        {
            if (IsMissed(router, own))
            {
                holes.Add(Hole(IpPrefix.Host(router)));
            }
        }

        foreach (Route route in subnets.Count == 0 ? [] : main)
        {
            if (subnets.Exists(subnet => IsInside(route, subnet)) && route.Type == RouteType.Unicast && !IsOverlay(route) &&
                !own.Concat(copies).Concat(guards).Concat(holes).Any(other => other.Destination == route.Destination))
            {
                holes.Add(Hole(route.Destination));
            }
        }

        return holes.Count == 0 ? guards : [.. guards, .. holes];
    }

    /// <summary>A route that has what it is for looked up by the next rule.</summary>
    internal static Route Hole(IpPrefix destination) => new() { Destination = destination, Type = RouteType.Throw, Metric = GuardMetric, Protocol = Ownership.Protocol };

    /// <summary>Whether a table by a default has no way of its own to a router off the link.</summary>
    private static bool IsMissed(IpAddress router, IReadOnlyList<Route> own) =>
        own.Any(route => route.Destination.IsDefault && route.Family == router.Family) &&
        !own.Any(route => route.Nexthops.Any(hop => hop.Gateway == router) || (!route.Destination.IsDefault && route.Destination.Contains(router)));

    /// <summary>Whether a route of main lies within a subnet on the link of a card: it changes the card's tables though it leaves by another.</summary>
    /// <param name="route">A route of main.</param>
    /// <param name="own">The table's routes by its card.</param>
    /// <returns>True when it does.</returns>
    internal static bool IsWithinSubnet(Route route, IReadOnlyList<Route> own) => own.Any(subnet => IsDirect(subnet) && IsInside(route, subnet));

    private static bool IsDirect(Route route) => !route.IsDefaultLike && !route.Destination.IsHost && route.Nexthops.All(hop => !hop.Gateway.IsSet);

    private static bool IsInside(Route route, Route subnet) =>
        route.Destination.Length > subnet.Destination.Length && subnet.Destination.Contains(route.Destination);

    /// <summary>
    /// Whether every source table needs the route: it leads to pods, or says "not there" about a destination (blackhole and the like), which is the
    /// node's policy whatever the source, as long as main has nothing more specific below it: that is not copied, and would be hidden.
    /// </summary>
    /// <param name="route">A route of main.</param>
    /// <returns>True when it does.</returns>
    public bool IsOverlay(Route route) =>
        !route.Destination.IsDefault &&
        (route.IsReject ? IsInNetworks(route) || !_hiding.Contains(route.Destination) : route.Type == RouteType.Unicast && LeadsToPods(route));

    /// <summary>
    /// Whether a change of the route may change what becomes of others: it rejects, or lies below one that does; it tells where a card leads; it is the node's
    /// own block of pods; it has several ways, which decides which replies are marked.
    /// </summary>
    /// <param name="route">A route of main.</param>
    /// <returns>True when it may.</returns>
    public bool IsEntangled(Route route) => _cards.AreToldBy(route) || PodBlocks.IsOwn(route) ||
        (!IsInNetworks(route) && (route.IsReject || route.Nexthops.Count > 1 || _rejected.Exists(prefix => prefix.Contains(route.Destination))));

    /// <summary>Whether a route of a table of somebody else's tells where a card leads.</summary>
    /// <param name="route">The route.</param>
    /// <returns>True when it may.</returns>
    public static bool TellsOfCards(Route route) => route is { Type: RouteType.Unicast, IsDefaultLike: true } && route.Protocol != Ownership.Protocol;

    /// <summary>The copies of the overlay routes among others, in main's order, one for each key.</summary>
    /// <param name="main">Routes of main: all of a family, or all to one destination.</param>
    /// <returns>The copies, carrying our protocol.</returns>
    public IReadOnlyList<Route> Copy(IReadOnlyList<Route> main)
    {
        var keys = new HashSet<RouteKey>(main.Count);
        HashSet<RouteKey> several = [];
        foreach (Route route in main)
        {
            if (!keys.Add(WithoutMetric(route)))
            {
                several.Add(WithoutMetric(route));
            }
        }

        // Of several routes with one key only the first is ever used, and NLM_F_EXCL admits no second.
        keys.Clear();
        var copies = new List<Route>(main.Count);
        foreach (Route route in main)
        {
            if (!IsOverlay(route))
            {
                continue;
            }

            Route copy = several.Contains(WithoutMetric(route)) ? route with { Protocol = Ownership.Protocol } : CopyOfOnly(route);
            if (keys.Add(copy.Key))
            {
                copies.Add(copy);
            }
        }

        return copies;
    }

    /// <summary>The copy of a route that is main's only one to its destination.</summary>
    /// <param name="route">The route of main.</param>
    /// <returns>The copy, carrying our protocol.</returns>
    public static Route CopyOfOnly(Route route) => route with { Protocol = Ownership.Protocol, Metric = Spread(route) };

    private static RouteKey WithoutMetric(Route route) => route.Key with { Metric = 0 };

    /// <summary>Whether a reject route would hide a route that is not copied.</summary>
    private bool IsHiddenBy(Route reject, Route route) =>
        route.Type == RouteType.Unicast &&
        route.Destination != reject.Destination &&
        reject.Destination.Contains(route.Destination) &&
        !LeadsToPods(route);

    private bool IsInNetworks(Route route) => _networks.Contain(route.Destination);

    private bool LeadsToPods(Route route)
    {
        if (IsInNetworks(route))
        {
            return true;
        }

        // Not everything on an overlay card leads to pods: dhcpcd is known to have put a default and the LAN's own subnet on flannel.1. What lies inside a
        // card's subnet is more exact than that, in main as in every table.
        return (_blocks.Contain(route) || (route.Nexthops.Count > 0 && route.Nexthops.All(hop => _cards.IsOverlay(hop.Oif)))) &&
            !route.IsDefaultLike && !route.Destination.Address.IsLinkLocal && !_externalSubnets.Exists(route.Destination.Contains);
    }

    // The kernel looks for nexthop data to share by a hash over protocol, scope, preferred source, metric and device, but not the gateway. Flannel's
    // routes agree in all of these, so each one written walks all earlier ones: 20 s for 5,000 routes in 8 tables against 0.2 s with metrics that
    // differ. Where a prefix is there once, its metric has no effect. The number of the subnet within its size keeps neighbours apart and never changes
    // while the prefix is there. IPv6 has no such hash.
    private static uint Spread(Route route) =>
        route.Family == Family.IPv4 && !route.IsReject
            ? 1 + (uint)((route.Destination.Address.Low >> (32 - route.Destination.Length)) & ((1UL << SpreadBits) - 1))
            : route.Metric;
}
