namespace CniSrcRoute.Netlink;

/// <summary>
/// The routes of one family in a large table, in chunks. The kernel lists a table by destination, so that a chunk holds neighbours, and a question about a few
/// networks is answered without a look at most chunks.
/// </summary>
/// <param name="family">The family.</param>
internal sealed class CompactRoutes(Family family)
{
    private const int ChunkLength = 1 << 13;

    private readonly List<Chunk> _chunks = [];
    private readonly int[] _lengths = new int[129];
    private int[] _ways = [];

    /// <summary>The family.</summary>
    public Family Family => family;

    /// <summary>How many there are.</summary>
    public int Count => _chunks.Count == 0 ? 0 : ((_chunks.Count - 1) * ChunkLength) + _chunks[^1].Count;

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _chunks.Clear();
        Array.Clear(_lengths);
        Array.Clear(_ways);
    }

    /// <summary>Adds one.</summary>
    /// <param name="route">The route.</param>
    public void Add(in CompactRoute route)
    {
        if (_chunks.Count == 0 || _chunks[^1].Count == ChunkLength)
        {
            _chunks.Add(new Chunk(family));
        }

        _chunks[^1].Add(route);
        _lengths[route.Length]++;
        if (route.Way >= _ways.Length)
        {
            Array.Resize(ref _ways, 2 * (route.Way + 1));
        }

        _ways[route.Way]++;
    }

    /// <summary>Those that fulfil a condition.</summary>
    /// <param name="mayBeBetween">Whether one from the first address to the last one may.</param>
    /// <param name="condition">The condition.</param>
    /// <returns>The routes in the kernel's order.</returns>
    public List<CompactRoute> Where(Func<IpAddress, IpAddress, bool> mayBeBetween, Predicate<CompactRoute> condition)
    {
        List<CompactRoute> found = [];
        foreach (Chunk chunk in _chunks)
        {
            if (mayBeBetween(chunk.First, chunk.Last))
            {
                chunk.AddTo(found, condition);
            }
        }

        return found;
    }

    /// <summary>How many there are of each way, and of each length.</summary>
    /// <param name="without">What of them is not counted.</param>
    /// <returns>The numbers, by way and by length.</returns>
    public (int[] Ways, int[] Lengths) CountOthers(List<CompactRoute> without)
    {
        int[] ways = [.. _ways], lengths = [.. _lengths];
        foreach (CompactRoute route in without)
        {
            ways[route.Way]--;
            lengths[route.Length]--;
        }

        return (ways, lengths);
    }

    private sealed class Chunk(Family family)
    {
        // Zeros would be written over all the same.
        private readonly CompactRoute[] _routes = GC.AllocateUninitializedArray<CompactRoute>(ChunkLength);

        public int Count { get; private set; }

        public IpAddress First { get; private set; }

        public IpAddress Last { get; private set; }

        public void Add(in CompactRoute route)
        {
            var address = new IpAddress(family, route.High, route.Low);
            if (Count == 0 || IpAddress.Compare(address, First) < 0)
            {
                First = address;
            }

            if (Count == 0 || IpAddress.Compare(address, Last) > 0)
            {
                Last = address;
            }

            _routes[Count++] = route;
        }

        public void AddTo(List<CompactRoute> found, Predicate<CompactRoute> condition)
        {
            foreach (CompactRoute route in _routes.AsSpan(0, Count))
            {
                if (condition(route))
                {
                    found.Add(route);
                }
            }
        }
    }
}
