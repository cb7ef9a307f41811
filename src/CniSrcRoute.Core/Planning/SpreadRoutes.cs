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
