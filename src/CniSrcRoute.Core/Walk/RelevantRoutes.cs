namespace CniSrcRoute.Walk;

/// <summary>
/// Tells which routes matter to who asks for the ways to some destinations: those that lead there, and of all others some of each kind, by which a plan finds
/// out what the node's cards and tables are for. So of a full routing table next to nothing has to be kept, and a usual node is kept whole.
/// </summary>
/// <param name="destinations">The destinations.</param>
public sealed class RelevantRoutes(Destinations destinations)
{
    private readonly Dictionary<RouteKind, int> _counts = [];
    private readonly Stack<IpPrefix> _rejects = [];
    private RouteKind _last;
    private int _lastCount;

    /// <summary>How many routes of a kind are kept that lead elsewhere: more than people write by hand.</summary>
    public int Room { get; init; } = 1 << 10;

    /// <summary>Whether a route is to be kept. Routes come as the kernel lists them: those of a table in a row, a network before what lies in it.</summary>
    /// <param name="destination">Where it leads.</param>
    /// <param name="kind">Its kind.</param>
    /// <returns>False for one that may be left out.</returns>
    public bool Keep(IpPrefix destination, RouteKind kind)
    {
        while (_rejects.TryPeek(out IpPrefix reject) && !(kind.Table == _last.Table && reject.Contains(destination)))
        {
            _rejects.Pop();
        }

        // A route that refuses is copied only where no other lies in it.
        kind = kind with { Within = _rejects.TryPeek(out IpPrefix around) ? around : default };
        if (kind.Type >= RouteType.Blackhole && !destination.IsHost)
        {
            _rejects.Push(destination);
        }

        // As a rule the next route is of the same kind.
        if (kind != _last)
        {
            _counts[_last] = _lastCount;
            (_last, _lastCount) = (kind, _counts.GetValueOrDefault(kind));
        }

        return destination.IsDefault || ++_lastCount <= Room || destinations.AnyIn(destination);
    }

    /// <summary>Forgets a family's routes: they are listed again.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    public void Clear(Family family)
    {
        (_counts[_last], _last, _lastCount) = (_lastCount, default, 0);
        foreach (RouteKind kind in _counts.Keys.Where(kind => kind.Table.Family == family))
        {
            _counts[kind] = 0;
        }
    }
}
