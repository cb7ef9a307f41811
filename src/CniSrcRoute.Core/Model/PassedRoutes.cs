namespace CniSrcRoute;

/// <summary>What is remembered of routes of main that are not kept: how many there are of each length, and their ways.</summary>
public sealed class PassedRoutes
{
    private const int Lengths = 129;

    private readonly int[] _counts4 = new int[Lengths];
    private readonly int[] _counts6 = new int[Lengths];
    private readonly Dictionary<Route, int> _ways = new(RouteWay.Comparer);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Their ways: routes of which the destination, the metric and the protocol mean nothing. A way stays when its last route goes.</summary>
    public IReadOnlyCollection<Route> Ways => _ways.Keys;

    /// <summary>One more.</summary>
    /// <param name="route">The route.</param>
    public void Add(Route route)
    {
        Add(route.Family, route.Destination.Length, 1);
        Note(route, 1);
    }

    /// <summary>Some more, whose ways are noted apart.</summary>
    /// <param name="family">Their family.</param>
    /// <param name="length">Of their destinations.</param>
    /// <param name="count">How many.</param>
    public void Add(Family family, int length, int count)
    {
        Count += count;
        Counts(family)[length] += count;
    }

    /// <summary>Some of them have a way.</summary>
    /// <param name="way">A route with it.</param>
    /// <param name="count">How many; 0 where it is one that had another, which is not known.</param>
    public void Note(Route way, int count) => _ways[_ways.ContainsKey(way) ? way : RouteWay.Of(way)] = CountBy(way) + count;

    /// <summary>How many of them have a way.</summary>
    /// <param name="way">A route with it.</param>
    /// <returns>The number.</returns>
    public int CountBy(Route way) => _ways.GetValueOrDefault(way);

    /// <summary>One less.</summary>
    /// <param name="route">The route.</param>
    public void Remove(Route route)
    {
        ref int count = ref Counts(route.Family)[route.Destination.Length];
        if (count > 0)
        {
            count--;
            Count--;
            Note(route, CountBy(route) > 0 ? -1 : 0);
        }
    }

    /// <summary>Whether one of them may lie in a network.</summary>
    /// <param name="network">The network.</param>
    /// <returns>False when all of them are larger.</returns>
    public bool AnyMayLieIn(IpPrefix network) => Counts(network.Family).AsSpan(network.Length).ContainsAnyExcept(0);

    private int[] Counts(Family family) => family == Family.IPv6 ? _counts6 : _counts4;
}
