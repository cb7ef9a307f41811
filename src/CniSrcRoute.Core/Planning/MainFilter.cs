using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Tells which routes of main are no business of ours, be they a million: those by a router that the default route of each table concerned names as well, so
/// that there and in all else we make they would say what the default says. A route within another one, or within a network that means something to us, is
/// not among them, since there the default is not asked. Where a neighbour announces more networks on a card's link than anybody can mean, those in which the node has no address
/// are none either. Whether such routes are in the state or have been left out of it, the filter is the same.
/// </summary>
public sealed class MainFilter
{
    /// <summary>How many routes are kept without a closer look: what most nodes have at most, and no more than a few megabytes.</summary>
    public const int Room = 1 << 14;

    /// <summary>More networks on one link than anybody has.</summary>
    private const int MostAnnounced = 256;

    /// <summary>RTPROT_KERNEL of &lt;linux/rtnetlink.h&gt;: also what router advertisements say is on the link.</summary>
    private const byte Kernel = 2;

    private readonly Cards _cards;
    private readonly IReadOnlyList<Address> _external;
    private readonly Dictionary<Source, Route?> _defaults = new(SourceWay.Comparer);
    private readonly Dictionary<Family, AnswerSources> _answers = [];
    private readonly HashSet<int> _ambiguous = [];
    private readonly HashSet<int> _flooded = [];
    private readonly Dictionary<Route, bool> _ways = new(RouteWay.Comparer);
    private readonly PrefixCover _cover;

    internal MainFilter(Config config, NodeState state, Cards cards, Sources sources, IReadOnlyList<IpPrefix> networks)
    {
        (_cards, _external) = (cards, sources.External);
        List<Route> candidates = [.. state.Passed.Ways];
        List<IpPrefix> cover = [.. sources.Subnets, .. networks, .. Unencapsulated.Pools(state, cards.Overlay), .. config.Sources.SelectMany(source => source.Routes).Select(route => route.To)];
        FindFloods(state);
        HashSet<int> podCards = UdpTable.PodCards(cards);
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<Route> others = [];
            foreach (Route route in state.Main(family))
            {
                (IsCandidate(route) || IsOfFlood(route) ? candidates : others).Add(route);
            }

            var tables = new Dictionary<TableId, List<Route>> { [new TableId(family, TableId.Main)] = others };
            _answers.Add(family, new AnswerSources(state with { Tables = tables }, family, podCards));
            foreach (Source source in sources.All.Where(source => source.Family == family && !_defaults.ContainsKey(source)))
            {
                // One for some packets alone would take from a route for all.
                List<Route> defaults = Defaults.Of(source, others, sources.External);
                _defaults[source] = defaults.TrueForAll(route => route is { Tos: 0, Source.IsSet: false }) ? defaults.FirstOrDefault() : null;
            }

            cover.AddRange(others.Where(route => route.Destination.Length > 0).Select(route => route.Destination));
        }

        var distinct = new HashSet<Route>(candidates.Where(route => route.Nexthops is [{ Gateway.IsSet: true } hop] && !cards.IsOverlay(hop.Oif)), RouteWay.Comparer);
        foreach (Route route in distinct.Where(route => _answers[route.Family].IsUnusual(route)))
        {
            _ambiguous.Add(route.Nexthops[0].Oif);
        }

        cover.AddRange(candidates.Where(MayEnclose).Select(route => route.Destination));
        _cover = new PrefixCover(cover);
    }

    /// <summary>Looks at the node.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <returns>The filter.</returns>
    public static MainFilter Of(Config config, NodeState state)
    {
        var cards = new Cards(config, state);
        IReadOnlyList<IpPrefix> networks = config.OverlayNetworks ?? state.FlannelNetworks;
        return new MainFilter(config, state, cards, new Sources(config, state, cards, networks, TableMemory.Of(state)), networks);
    }

    /// <summary>Whether a route looks like those that are no business of ours: one by one router, to a part of the internet.</summary>
    /// <param name="route">A route of main.</param>
    /// <returns>False for all that need not be looked at closer.</returns>
    public static bool IsCandidate(Route route) =>
        route is
        {
            Type: RouteType.Unicast, IsDefaultLike: false, HasDeadNexthops: false, Tos: 0, Source.IsSet: false, Scope: Route.ScopeUniverse,
            Protocol: not Ownership.Protocol, Nexthops: [{ Gateway.IsSet: true }],
        } && !RouteSpread.IsNearGuards(route);

    /// <summary>Whether a route looks like those that neighbours announce: to a network on a card's link.</summary>
    /// <param name="route">A route of main.</param>
    /// <returns>False for all that need not be looked at closer.</returns>
    public static bool IsAnnounced(Route route) => route.Protocol == Kernel && HasAnnouncedWay(route) && !route.Destination.Address.IsLinkLocal;

    /// <summary>Whether a route to a network on a link may be one that neighbours announce.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="protocol">rtm_protocol.</param>
    /// <param name="length">Of its destination.</param>
    /// <returns>False for all that need not be looked at closer.</returns>
    public static bool MayBeAnnounced(Family family, byte protocol, int length) => family == Family.IPv6 && protocol == Kernel && length < 128;

    /// <summary>Whether a route of main is no business of ours.</summary>
    /// <param name="route">The route.</param>
    /// <returns>True when the plan is the same without it.</returns>
    public bool PassesOver(Route route) => IsPlain(route) && !_cover.Covers(route.Destination);

    /// <summary>Whether routes by the way of one are no business of ours, as long as they lie in no other.</summary>
    /// <param name="route">A route of main.</param>
    /// <returns>True when they are none.</returns>
    public bool IsPlain(Route route)
    {
        bool isOfFlood = IsOfFlood(route);
        if (!isOfFlood && !IsCandidate(route))
        {
            return false;
        }

        int card = route.Nexthops[0].Oif;
        if (_cards.Find(card) is null || _cards.IsOverlay(card) || _cards.IsToldByRoutes(card))
        {
            return false;
        }

        if (isOfFlood)
        {
            return true;
        }

        if (!_ways.TryGetValue(route, out bool plain))
        {
            Route way = RouteWay.Of(route);
            _ways.Add(way, plain = IsAsDefaults(way) && _answers[way.Family].IsToldWithout(way, _ambiguous.Contains(card)));
        }

        return plain;
    }

    /// <summary>A route has come that routes of main may lie in.</summary>
    /// <param name="route">A route of main.</param>
    public void Enclose(Route route)
    {
        if (MayEnclose(route))
        {
            _cover.Add(route.Destination);
        }
    }

    /// <summary>Whether a network lies in one that means something to us, so that no route to it was left out.</summary>
    /// <param name="network">The network.</param>
    /// <returns>True when it does.</returns>
    public bool Covers(IpPrefix network) => _cover.Covers(network);

    /// <summary>Whether networks that begin in a range of addresses may lie in one that means something to us.</summary>
    /// <param name="first">The first address of the range.</param>
    /// <param name="last">The last one, of the same family.</param>
    /// <returns>False when none does.</returns>
    public bool MayCover(IpAddress first, IpAddress last) => _cover.Meets(first, last);

    /// <summary>Whether all that has been left out would be left out by this filter as well.</summary>
    /// <param name="passed">What has been left out.</param>
    /// <param name="earlier">By this filter.</param>
    /// <returns>False when the node has to be read for what is missing.</returns>
    public bool AgreesOn(PassedRoutes passed, MainFilter earlier) =>
        passed.Ways.All(IsPlainWay) && !_cover.AnyBeside(earlier._cover, passed.AnyMayLieIn);

    /// <summary>Whether routes by a way are no business of ours, as long as they lie in no other.</summary>
    /// <param name="way">The way.</param>
    /// <returns>True when they are none.</returns>
    public bool IsPlainWay(Route way) => IsPlain(way with
    {
        Destination = new IpPrefix(way.Destination.Address, way.Destination.Address.Bits - 1),
        Protocol = HasAnnouncedWay(way) ? Kernel : way.Protocol,
    });

    /// <summary>Whether a card's flood may have ended.</summary>
    /// <param name="route">A route that has gone.</param>
    /// <param name="passed">What is left out.</param>
    /// <returns>True when it is to be looked at.</returns>
    public static bool MayEndFlood(Route route, PassedRoutes passed) => IsAnnounced(route) && passed.CountBy(route) <= MostAnnounced;

    /// <summary>Leaves out of main what is no business of ours; what is left out is not counted.</summary>
    /// <param name="state">The node.</param>
    /// <returns>The node, with which the plan is the same.</returns>
    public NodeState Reduce(NodeState state)
    {
        Dictionary<TableId, List<Route>>? tables = null;
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            if (state.Main(family).Any(PassesOver))
            {
                tables ??= new Dictionary<TableId, List<Route>>(state.Tables);
                tables[new TableId(family, TableId.Main)] = [.. state.Main(family).Where(route => !PassesOver(route))];
            }
        }

        return tables is null ? state : state with { Tables = tables };
    }

    private static bool HasAnnouncedWay(Route route) => route is
    {
        Family: Family.IPv6, Type: RouteType.Unicast, Destination.IsHost: false, HasDeadNexthops: false, Source.IsSet: false, PrefSrc.IsSet: false,
        NexthopId: 0, Nexthops: [{ Gateway.IsSet: false }],
    };

    private bool MayEnclose(Route route) => route.Destination.Length > 0 && !IsPlain(route);

    private bool IsOfFlood(Route route) => _flooded.Count > 0 && IsAnnounced(route) && _flooded.Contains(route.Nexthops[0].Oif);

    /// <summary>Finds the cards on whose links too many networks are announced.</summary>
    private void FindFloods(NodeState state)
    {
        Dictionary<int, int> counts = [];
        foreach (Route way in state.Passed.Ways.Where(HasAnnouncedWay))
        {
            counts[way.Nexthops[0].Oif] = counts.GetValueOrDefault(way.Nexthops[0].Oif) + state.Passed.CountBy(way);
        }

        foreach (Route route in state.Main(Family.IPv6).Where(IsAnnounced))
        {
            counts[route.Nexthops[0].Oif] = counts.GetValueOrDefault(route.Nexthops[0].Oif) + 1;
        }

        foreach ((int card, int count) in counts)
        {
            if (count > MostAnnounced)
            {
                _flooded.Add(card);
            }
        }
    }

    /// <summary>Whether the way is that of the default route of every table that would get a copy.</summary>
    private bool IsAsDefaults(Route way)
    {
        foreach ((Source source, Route? standard) in _defaults)
        {
            if (source.Family == way.Family && (CardRoutes.LeavingBy(source.Card, way) ?? CardRoutes.BySharedRouter(source, way, _external)) is { } own &&
                !(standard is { Nexthops: [var hop] } && standard.Metrics == own.Metrics && hop with { Flags = 0 } == own.Nexthops[0] with { Flags = 0 }))
            {
                return false;
            }
        }

        return true;
    }
}
