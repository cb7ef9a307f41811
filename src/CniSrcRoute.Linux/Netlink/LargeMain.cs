using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Netlink;

/// <summary>
/// The routes of a large table main beyond the first <see cref="MainFilter.Room"/>, while it is being listed: 24 bytes each, and their ways, of which there are
/// few. Only when all is known it can be told what of them is our business.
/// </summary>
public sealed class LargeMain
{
    private const int ChunkLength = 1 << 13;

    /// <summary>What is kept may make it matter what else there is. Each time there are more ways of which all is kept.</summary>
    private const int MostAttempts = 5;

    private readonly List<Route> _ways = [];
    private readonly List<byte[]> _shapes = [];
    private readonly Dictionary<OpaqueBytes, int> _known = [];
    private readonly Dictionary<Family, List<Entry[]>> _chunks = new() { [Family.IPv4] = [], [Family.IPv6] = [] };
    private readonly Dictionary<Family, int> _counts = new() { [Family.IPv4] = 0, [Family.IPv6] = 0 };
    private int _last;

    /// <summary>How many routes are kept as what they are before this begins.</summary>
    public int Room { get; init; } = MainFilter.Room;

    /// <summary>Forgets a family's routes: they are listed again.</summary>
    internal void Clear(Family family)
    {
        _chunks[family].Clear();
        _counts[family] = 0;
    }

    /// <summary>Takes a route.</summary>
    /// <param name="payload">Its message.</param>
    /// <returns>False for one that has to be kept as what it is.</returns>
    internal bool TryAdd(ReadOnlySpan<byte> payload)
    {
        Span<byte> shape = stackalloc byte[RouteShape.MaxLength];
        if (!RouteShape.TryRead(payload, ref shape, out RouteShape brief) || WayOf(shape, payload) is not (>= 0 and var way))
        {
            return false;
        }

        Family family = brief.Destination.Family;
        List<Entry[]> chunks = _chunks[family];
        int place = _counts[family]++ % ChunkLength;
        if (place == 0)
        {
            chunks.Add(new Entry[ChunkLength]);
        }

        chunks[^1][place] = new Entry(
            brief.Destination.Address.High, brief.Destination.Address.Low, brief.Metric, (ushort)way, brief.Destination.Length, brief.Protocol);
        return true;
    }

    /// <summary>Adds what is our business to the state, and notes what is not.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node, with those routes of main that were kept.</param>
    /// <returns>The node.</returns>
    public NodeState Complete(Config config, NodeState state)
    {
        if (_counts[Family.IPv4] + _counts[Family.IPv6] == 0)
        {
            return state;
        }

        MainFilter filter = MainFilter.Of(config, With(state, (_, _) => false));
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            bool[] plain = [.. _ways.Select(filter.IsPlainWay)];
            if (plain.Contains(false))
            {
                ForEach((family, entry) =>
                {
                    if (!plain[entry.Way])
                    {
                        filter.Enclose(ToRoute(family, entry));
                    }
                });
            }

            NodeState complete = With(state, (entry, destination) => !plain[entry.Way] || filter.Covers(destination));
            MainFilter final = MainFilter.Of(config, complete);
            if (final.AgreesOn(complete.Passed, filter))
            {
                return complete;
            }

            filter = final;
        }

        return With(state, (_, _) => true);
    }

    /// <summary>Adds the routes to some addresses to the state.</summary>
    /// <param name="state">The node, with those routes of main that were kept.</param>
    /// <param name="addresses">The addresses.</param>
    /// <returns>The node.</returns>
    public NodeState WithRoutesTo(NodeState state, IReadOnlyCollection<IpAddress> addresses)
    {
        var destinations = new Destinations(addresses);
        return With(state, (_, destination) => destinations.AnyIn(destination));
    }

    private NodeState With(NodeState state, Func<Entry, IpPrefix, bool> isKept)
    {
        var tables = new Dictionary<TableId, List<Route>>(state.Tables);
        var passed = new PassedRoutes();
        var kept = new Dictionary<Family, List<Route>> { [Family.IPv4] = [], [Family.IPv6] = [] };
        int[] counts = new int[_ways.Count];
        ForEach((family, entry) =>
        {
            IpPrefix destination = entry.Destination(family);
            if (isKept(entry, destination))
            {
                kept[family].Add(ToRoute(family, entry));
                return;
            }

            passed.Add(destination);
            counts[entry.Way]++;
        });
        for (int way = 0; way < counts.Length; way++)
        {
            if (counts[way] > 0)
            {
                passed.Note(_ways[way], counts[way]);
            }
        }

        foreach ((Family family, List<Route> routes) in kept)
        {
            if (routes.Count > 0)
            {
                // Of routes to one destination the kernel lists, and uses, the one of the lowest metric first.
                tables[new TableId(family, TableId.Main)] = [.. state.Main(family).Concat(routes).OrderBy(route => route.Metric)];
            }
        }

        return state with { Tables = tables, Passed = passed };
    }

    private int WayOf(ReadOnlySpan<byte> shape, ReadOnlySpan<byte> payload)
    {
        // As a rule the next route is by the same router.
        if (_last < _shapes.Count && shape.SequenceEqual(_shapes[_last]))
        {
            return _ways[_last].Nexthops.Count > 0 ? _last : -1;
        }

        byte[] bytes = shape.ToArray();
        if (!_known.TryGetValue(new OpaqueBytes(bytes), out int way))
        {
            if (_shapes.Count > ushort.MaxValue || !RouteCodec.TryDecode(payload, out _, out Route route))
            {
                return -1;
            }

            way = _shapes.Count;
            _known.Add(new OpaqueBytes(bytes), way);
            _shapes.Add(bytes);
            _ways.Add(MainFilter.IsCandidate(route) || MainFilter.IsAnnounced(route) ? RouteWay.Of(route) : new Route { Destination = IpPrefix.Any(route.Family) });
        }

        _last = way;
        return _ways[way].Nexthops.Count > 0 ? way : -1;
    }

    private Route ToRoute(Family family, Entry entry) =>
        _ways[entry.Way] with { Destination = entry.Destination(family), Metric = entry.Metric, Protocol = entry.Protocol };

    private void ForEach(Action<Family, Entry> take)
    {
        foreach ((Family family, List<Entry[]> chunks) in _chunks)
        {
            int left = _counts[family];
            foreach (Entry[] chunk in chunks)
            {
                for (int i = 0; i < chunk.Length && left > 0; i++, left--)
                {
                    take(family, chunk[i]);
                }
            }
        }
    }

    private readonly record struct Entry(ulong High, ulong Low, uint Metric, ushort Way, byte Length, byte Protocol)
    {
        public IpPrefix Destination(Family family) => new(new IpAddress(family, High, Low), Length);
    }
}
