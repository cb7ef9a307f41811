namespace CniSrcRoute.Walk;

/// <summary>A table's routes by their prefix, so that a look-up takes as many steps as there are lengths of prefixes.</summary>
internal sealed class RouteIndex
{
    private readonly Dictionary<IpPrefix, List<Route>> _routes;
    private readonly int[] _lengths;

    public RouteIndex(IReadOnlyList<Route> routes)
    {
        _routes = new Dictionary<IpPrefix, List<Route>>(routes.Count);
        var lengths = new SortedSet<int>();
        List<List<Route>> several = [];
        foreach (Route route in routes)
        {
            if (_routes.TryGetValue(route.Destination, out List<Route>? same))
            {
                same.Add(route);
                several.Add(same);
            }
            else
            {
                _routes.Add(route.Destination, [route]);
                lengths.Add(route.Destination.Length);
            }
        }

        several.ForEach(Sort);
        _lengths = [.. lengths.Reverse()];
    }

    /// <summary>How many lengths of prefixes there are.</summary>
    public int Lengths => _lengths.Length;

    /// <summary>The routes whose destination holds an address and has one of the lengths, in the order in which the kernel asks them; null for none.</summary>
    /// <param name="destination">The address.</param>
    /// <param name="place">0 for the longest prefix, and so on below <see cref="Lengths"/>.</param>
    public List<Route>? For(IpAddress destination, int place) => _routes.GetValueOrDefault(new IpPrefix(destination, _lengths[place]));

    /// <summary>IPv4 has the types of service first and the metric next, IPv6 the longer source prefix; what came first stays first.</summary>
    private static void Sort(List<Route> routes)
    {
        List<Route> sorted = [.. routes.OrderByDescending(route => route.Source.Length).ThenByDescending(route => route.Tos).ThenBy(route => route.Metric)];
        routes.Clear();
        routes.AddRange(sorted);
    }
}
