namespace CniSrcRoute;

/// <summary>A route without what tells it from the thousands of others that a routing daemon makes by the same router: its destination, metric and protocol.</summary>
public static class RouteWay
{
    /// <summary>Takes routes by the same way for one.</summary>
    public static IEqualityComparer<Route> Comparer { get; } = new ByWay();

    /// <summary>The way of a route.</summary>
    /// <param name="route">The route.</param>
    /// <returns>The route as if it were a default.</returns>
    public static Route Of(Route route) =>
        route is { Destination.IsDefault: true, Metric: 0, Protocol: 0 } ? route : route with { Destination = IpPrefix.Any(route.Family), Metric = 0, Protocol = 0 };

    // Not EqualityComparer.Create: of what that needs, the compiler makes one for each type that is compared anywhere, to be set up at every start.
    private sealed class ByWay : IEqualityComparer<Route>
    {
        public bool Equals(Route? one, Route? other) => one is not null && other is not null && one.IsByWayOf(other);

        public int GetHashCode(Route route) =>
            route.Nexthops is [var hop, ..] ? HashCode.Combine(route.Family, hop.Gateway.High, hop.Gateway.Low, hop.Oif) : (int)route.Family;
    }
}
