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
    private int[] _kinds = [];

    /// <summary>The family.</summary>
    public Family Family => family;

    /// <summary>How many there are.</summary>
    public int Count => _chunks.Count == 0 ? 0 : ((_chunks.Count - 1) * ChunkLength) + _chunks[^1].Count;

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _chunks.Clear();
        Array.Clear(_lengths);
        Array.Clear(_kinds);
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
        if (route.Kind >= _kinds.Length)
        {
            Array.Resize(ref _kinds, 2 * (route.Kind + 1));
        }

        _kinds[route.Kind]++;
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

    /// <summary>How many there are of each kind, and of each length.</summary>
    /// <param name="without">What of them is not counted.</param>
    /// <returns>The numbers, by kind and by length.</returns>
    public (int[] Kinds, int[] Lengths) CountOthers(List<CompactRoute> without)
    {
        int[] kinds = [.. _kinds], lengths = [.. _lengths];
        foreach (CompactRoute route in without)
        {
            kinds[route.Kind]--;
            lengths[route.Length]--;
        }

        return (kinds, lengths);
    }

    private sealed class Chunk(Family family)
    {
        // With an address of IPv4 all fits one number: to touch memory for the first time is a good part of what a large table costs. Zeros would be written over all the same.
        private readonly int _numbers = family == Family.IPv6 ? 3 : 1;
        private readonly ulong[] _routes = GC.AllocateUninitializedArray<ulong>(ChunkLength * (family == Family.IPv6 ? 3 : 1));

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

            Span<ulong> numbers = _routes.AsSpan(Count++ * _numbers, _numbers);
            numbers[0] = ((ulong)route.Kind << 8) | route.Length;
            if (family == Family.IPv6)
            {
                (numbers[1], numbers[2]) = (route.High, route.Low);
            }
            else
            {
                numbers[0] |= route.Low << 32;
            }
        }

        public void AddTo(List<CompactRoute> found, Predicate<CompactRoute> condition)
        {
            for (int i = 0; i < Count; i++)
            {
                ReadOnlySpan<ulong> numbers = _routes.AsSpan(i * _numbers, _numbers);
                (ulong high, ulong low) = family == Family.IPv6 ? (numbers[1], numbers[2]) : (0, numbers[0] >> 32);
                var route = new CompactRoute(high, low, (ushort)(numbers[0] >> 8), (byte)numbers[0]);
                if (condition(route))
                {
                    found.Add(route);
                }
            }
        }
    }
}
