namespace CniSrcRoute;

/// <summary>Addresses, to be found in networks.</summary>
public sealed class Destinations
{
    private static readonly Comparer<IpAddress> Order = Comparer<IpAddress>.Create((one, other) =>
        one.Family != other.Family ? one.Family.CompareTo(other.Family)
        : one.High != other.High ? one.High.CompareTo(other.High)
        : one.Low.CompareTo(other.Low));

    private readonly List<IpAddress> _sorted;

    /// <summary>Sorts them.</summary>
    /// <param name="addresses">The addresses.</param>
    public Destinations(IEnumerable<IpAddress> addresses)
    {
        _sorted = [.. addresses.Distinct()];
        _sorted.Sort(Order);
    }

    /// <summary>Whether one of them lies in a network.</summary>
    /// <param name="network">The network.</param>
    /// <returns>True when one does.</returns>
    public bool AnyIn(IpPrefix network)
    {
        int next = _sorted.BinarySearch(network.Address, Order);
        next = next < 0 ? ~next : next;
        return next < _sorted.Count && network.Contains(_sorted[next]);
    }
}
