using CniSrcRoute.Netlink.Events;

namespace CniSrcRoute.Watch;

/// <summary>The table main of both families, as the events since it was read have left it.</summary>
internal sealed class MainTable
{
    private readonly Dictionary<RouteKey, List<Route>> _byDestination;

    public MainTable(NodeState state)
    {
        _byDestination = new(state.Main(Family.IPv4).Count + state.Main(Family.IPv6).Count);
        foreach (Route route in state.Main(Family.IPv4).Concat(state.Main(Family.IPv6)))
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
    /// <returns>False when it does not say all that happened: a route beside another with its key, or a change of a multipath one. Then main is to be read again.</returns>
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

    /// <summary>Whether any route names a nexthop object.</summary>
    public bool UsesNexthopObjects => _byDestination.Values.Any(routes => routes.Exists(route => route.NexthopId != 0));
}
