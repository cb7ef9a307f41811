using CniSrcRoute.Netlink.Events;

namespace CniSrcRoute.Watch;

/// <summary>The table main of both families, as the events since it was read have left it.</summary>
internal sealed class MainTable
{
    private readonly Dictionary<RouteKey, List<Route>> _byDestination;

    /// <summary>Begins with what was read.</summary>
    /// <param name="main">The routes.</param>
    /// <param name="capacity">About how many they are.</param>
    public MainTable(IEnumerable<Route> main, int capacity)
    {
        _byDestination = new(capacity);
        foreach (Route route in main)
        {
            if (!_byDestination.TryGetValue(DestinationOf(route), out List<Route>? routes))
            {
                _byDestination.Add(DestinationOf(route), routes = new List<Route>(1));
            }

            routes.Add(route);
        }
    }

    /// <summary>What the routes are told apart by when their metric does not matter.</summary>
    public static RouteKey DestinationOf(Route route) => route.Key with { Metric = 0 };

    /// <summary>The routes to one destination.</summary>
    public IReadOnlyList<Route> To(RouteKey destination) => _byDestination.TryGetValue(destination, out List<Route>? routes) ? [.. routes] : [];

    /// <summary>Takes an event in.</summary>
    /// <returns>
    /// False when it does not say all that happened: a route beside another with its key, or a change of a multipath one. Then main is to be read again.
    /// </returns>
    public bool TryApply(RouteEvent told)
    {
        Route route = told.Route;
        RouteKey destination = DestinationOf(route);
        List<Route> routes = _byDestination.TryGetValue(destination, out List<Route>? known) ? known : [];
        int equal = routes.IndexOf(route);
        int same = routes.FindIndex(other => other.Key == route.Key);

        // Between the hops of an IPv6 multipath route a device route with its key may stand, unlisted: it may be the one that is told of, or come to light.
        bool hides = routes.Exists(other => other.Key == route.Key && other is { Family: Family.IPv6, Nexthops.Count: > 1 });
        if (told.Removed)
        {
            if (equal >= 0 && !hides)
            {
                routes.RemoveAt(equal);
            }
            else if (same >= 0)
            {
                return false;
            }
        }
        else if (equal < 0 && same >= 0)
        {
            if (!told.Replaces || hides || routes.FindLastIndex(other => other.Key == route.Key) != same)
            {
                return false;
            }

            routes[same] = route;
        }
        else if (equal < 0)
        {
            routes.Add(route);
        }

        if (routes.Count == 0)
        {
            _byDestination.Remove(destination);
        }
        else
        {
            _byDestination[destination] = routes;
        }

        return true;
    }

    /// <summary>Whether a route may name a card: of dead next hops and of nexthop objects not all is known.</summary>
    /// <param name="card">ifi_index.</param>
    /// <param name="hops">How many hops the route has at least.</param>
    public bool MayName(int card, int hops) => Any(route =>
        route.HasDeadNexthops || route.NexthopId != 0 || (route.Nexthops.Count >= hops && route.Nexthops.Any(hop => hop.Oif == card)));

    /// <summary>Whether any route names a nexthop object.</summary>
    public bool UsesNexthopObjects => Any(route => route.NexthopId != 0);

    private bool Any(Predicate<Route> condition) => _byDestination.Values.Any(routes => routes.Exists(condition));
}
