using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Netlink;

/// <summary>
/// The routes of a large table main beyond the first <see cref="MainFilter.Room"/>, while it is being listed: 8 bytes each, 24 by IPv6, and their kinds, of
/// which there are few. Only when all is known it can be told what of them is our business.
/// </summary>
public sealed class LargeMain
{
    /// <summary>What is kept may make it matter what else there is. Each time there are more ways of which all is kept.</summary>
    private const int MostAttempts = 5;

    /// <summary>Routes of which the destination means nothing.</summary>
    private readonly List<Route> _kinds = [];

    private readonly Dictionary<OpaqueBytes, int> _known = [];
    private readonly CompactRoutes _ipv4 = new(Family.IPv4);
    private readonly CompactRoutes _ipv6 = new(Family.IPv6);
    private readonly RouteTemplate[] _templates = [new(), new(), new(), new(), new(), new(), new(), new()];
    private int _last;

    /// <summary>How many routes are kept as what they are before this begins.</summary>
    public int Room { get; init; } = MainFilter.Room;

    private CompactRoutes[] Families => [_ipv4, _ipv6];

    /// <summary>Forgets a family's routes: they are listed again.</summary>
    internal void Clear(Family family) => Of(family).Clear();

    /// <summary>Takes a route.</summary>
    /// <param name="payload">Its message.</param>
    /// <returns>False for one that has to be kept as what it is.</returns>
    internal bool TryAdd(ReadOnlySpan<byte> payload)
    {
        // A million of them are looked at, and as a rule the next one is by the same router as the last one, or as one shortly before.
        if (!_templates[_last].TryRead(payload, out CompactRoute route) && !TryRead(payload, out route))
        {
            return false;
        }

        Of((Family)payload[0]).Add(route);
        return true;
    }

    /// <summary>Adds what is our business to the state, and notes what is not.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node, with those routes of main that were kept.</param>
    /// <returns>The node.</returns>
    public NodeState Complete(Config config, NodeState state)
    {
        if (_ipv4.Count + _ipv6.Count == 0)
        {
            return state;
        }

        MainFilter filter = MainFilter.Of(config, With(state, _ => []));
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            bool[] plain = [.. _kinds.Select(kind => filter.IsPlainWay(RouteWay.Of(kind)))];
            bool allArePlain = !plain.Contains(false);
            foreach (CompactRoutes routes in allArePlain ? [] : Families)
            {
                routes.Where((_, _) => true, route => !plain[route.Kind]).ForEach(route => filter.Enclose(ToRoute(routes, route)));
            }

            NodeState complete = With(state, routes => routes.Where(
                (first, last) => !allArePlain || filter.MayCover(first, last),
                route => !plain[route.Kind] || filter.Covers(route.Destination(routes.Family))));
            MainFilter final = MainFilter.Of(config, complete);
            if (final.AgreesOn(complete.Passed, filter))
            {
                return complete;
            }

            filter = final;
        }

        return With(state, routes => routes.Where((_, _) => true, _ => true));
    }

    /// <summary>Adds the routes to some addresses to the state.</summary>
    /// <param name="state">The node, with those routes of main that were kept.</param>
    /// <param name="addresses">The addresses.</param>
    /// <returns>The node.</returns>
    public NodeState WithRoutesTo(NodeState state, IReadOnlyCollection<IpAddress> addresses)
    {
        var destinations = new Destinations(addresses);
        return With(state, routes => routes.Where((_, _) => true, route => destinations.AnyIn(route.Destination(routes.Family))));
    }

    private NodeState With(NodeState state, Func<CompactRoutes, List<CompactRoute>> choose)
    {
        var tables = new Dictionary<TableId, List<Route>>(state.Tables);
        var passed = new PassedRoutes();
        foreach (CompactRoutes routes in Families)
        {
            List<CompactRoute> kept = choose(routes);
            (int[] kinds, int[] lengths) = routes.CountOthers(kept);
            for (int kind = 0; kind < kinds.Length; kind++)
            {
                if (kinds[kind] > 0)
                {
                    passed.Note(_kinds[kind], kinds[kind]);
                }
            }

            for (int length = 0; length < lengths.Length; length++)
            {
                passed.Add(routes.Family, length, lengths[length]);
            }

            if (kept.Count > 0)
            {
                // Of routes to one destination the kernel lists, and uses, the one of the lowest metric first.
                tables[new TableId(routes.Family, TableId.Main)] =
                    [.. state.Main(routes.Family).Concat(kept.Select(route => ToRoute(routes, route))).OrderBy(route => route.Metric)];
            }
        }

        return state with { Tables = tables, Passed = passed };
    }

    /// <summary>Finds the message that this one resembles, and reads the message where there is none.</summary>
    private bool TryRead(ReadOnlySpan<byte> payload, out CompactRoute route)
    {
        for (int i = 0; i < _templates.Length; i++)
        {
            if (_templates[i].TryRead(payload, out route))
            {
                _last = i;
                return true;
            }
        }

        route = default;
        Span<byte> shape = stackalloc byte[RouteShape.MaxLength];
        if (!RouteShape.TryRead(payload, ref shape, out RouteShape brief) || KindOf(shape, payload) is not (>= 0 and var kind))
        {
            return false;
        }

        _last = (_last + 1) % _templates.Length;
        _templates[_last].Set(payload, brief, (ushort)kind);
        return _templates[_last].TryRead(payload, out route);
    }

    /// <returns>The number of a kind; -1 for one that cannot be told shortly.</returns>
    private int KindOf(ReadOnlySpan<byte> shape, ReadOnlySpan<byte> payload)
    {
        var bytes = new OpaqueBytes(shape.ToArray());
        if (!_known.TryGetValue(bytes, out int kind))
        {
            if (_kinds.Count > ushort.MaxValue || !RouteCodec.TryDecode(payload, out _, out Route route))
            {
                return -1;
            }

            kind = _kinds.Count;
            _known.Add(bytes, kind);
            _kinds.Add(MainFilter.IsCandidate(route) || MainFilter.IsAnnounced(route) ? route : new Route { Destination = IpPrefix.Any(route.Family) });
        }

        return _kinds[kind].Nexthops.Count > 0 ? kind : -1;
    }

    private CompactRoutes Of(Family family) => family == Family.IPv6 ? _ipv6 : _ipv4;

    private Route ToRoute(CompactRoutes routes, CompactRoute route) =>
        _kinds[route.Kind] with { Destination = route.Destination(routes.Family) };
}
