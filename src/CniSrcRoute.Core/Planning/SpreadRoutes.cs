using System.Collections;

namespace CniSrcRoute.Planning;

/// <summary>Routes with their metrics apart from those of others, each made when it is asked for.</summary>
/// <param name="routes">The routes.</param>
/// <param name="apart">See <see cref="RouteSpread.Apart"/>.</param>
internal sealed class SpreadRoutes(IReadOnlyList<Route> routes, uint apart) : IReadOnlyList<Route>
{
    /// <summary>The routes with the metrics that they have of themselves.</summary>
    public IReadOnlyList<Route> Together => routes;

    public int Count => routes.Count;

    /// <summary>Whether a route stands where one of these shall, and is like it: asked without making that one.</summary>
    /// <param name="index">Of which of these.</param>
    /// <param name="standing">Routes by their keys.</param>
    /// <param name="key">The key of the one.</param>
    /// <returns>True when it stands there.</returns>
    public bool IsAmong(Dictionary<RouteKey, Route> standing, int index, out RouteKey key)
    {
        Route route = routes[index];
        key = route.Key with { Metric = RouteSpread.MetricOf(route, apart) };
        return standing.TryGetValue(key, out Route? other) && other.Protocol == route.Protocol && other.IsByWayOf(route);
    }

    public Route this[int index] => RouteSpread.Of(routes[index], apart);

    public IEnumerator<Route> GetEnumerator()
    {
        for (int i = 0; i < routes.Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
