namespace CniSrcRoute;

/// <summary>Networks that may lie in one another, for the one question whether a network lies in any of them.</summary>
public sealed class PrefixCover
{
    /// <summary>The largest of them, which are beside one another, by their addresses.</summary>
    private readonly List<IpPrefix> _sorted;

    /// <summary>Takes networks, in whatever order: a hundred thousand cost a sort, not as many insertions.</summary>
    /// <param name="networks">The networks; the list is not the caller's any more.</param>
    public PrefixCover(List<IpPrefix> networks)
    {
        networks.Sort(IpPrefix.Compare);
        int count = 0;
        for (int i = 0; i < networks.Count; i++)
        {
            if (count == 0 || !networks[count - 1].Contains(networks[i]))
            {
                networks[count++] = networks[i];
            }
        }

        networks.RemoveRange(count, networks.Count - count);
        _sorted = networks;
    }

    /// <summary>Adds a network.</summary>
    /// <param name="network">The network.</param>
    public void Add(IpPrefix network)
    {
        if (Covers(network))
        {
            return;
        }

        int from = Behind(network.Address) is var behind && behind > 0 && network.Contains(_sorted[behind - 1]) ? behind - 1 : behind;
        int to = from;
        while (to < _sorted.Count && network.Contains(_sorted[to]))
        {
            to++;
        }

        _sorted.RemoveRange(from, to - from);
        _sorted.Insert(from, network);
    }

    /// <summary>Whether a network lies in one of them, or is one of them.</summary>
    /// <param name="network">The network.</param>
    /// <returns>True when it does.</returns>
    public bool Covers(IpPrefix network) => Behind(network.Address) is > 0 and var behind && _sorted[behind - 1].Contains(network);

    /// <summary>Whether one of them has an address in a range.</summary>
    /// <param name="first">The first address of the range.</param>
    /// <param name="last">The last one, of the same family.</param>
    /// <returns>True when one has.</returns>
    public bool Meets(IpAddress first, IpAddress last) => Behind(last) is > 0 and var behind && IpAddress.Compare(_sorted[behind - 1].Last, first) >= 0;

    /// <summary>Whether one of them, not covered by others, fulfils a condition.</summary>
    /// <param name="others">Other networks.</param>
    /// <param name="condition">The condition.</param>
    /// <returns>True when one does.</returns>
    public bool AnyBeside(PrefixCover others, Predicate<IpPrefix> condition) => _sorted.Exists(network => !others.Covers(network) && condition(network));

    /// <summary>Where the first network begins behind an address.</summary>
    private int Behind(IpAddress address)
    {
        int low = 0, high = _sorted.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (IpAddress.Compare(_sorted[middle].Address, address) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
