using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// The node as the kernel's events, and our own acknowledged changes, have left it since it was read. Routes are kept by their destination: what main and the
/// tables hold for one destination is planned together.
/// </summary>
public sealed class NodeModel
{
    private readonly Dictionary<RouteKey, List<PlacedRoute>> _routes = [];
    private readonly List<Link> _links;
    private readonly List<Address> _addresses;
    private readonly List<Rule> _rules;

    /// <summary>In how many tables of its family a destination stands as a rule.</summary>
    private readonly int _tables4;
    private readonly int _tables6;
    private NodeState _state;

    /// <summary>Begins with what was read.</summary>
    /// <param name="state">The node.</param>
    public NodeModel(NodeState state)
    {
        (_links, _addresses, _rules) = ([.. state.Links], [.. state.Addresses], [.. state.Rules]);
        _state = state with { Links = _links, Addresses = _addresses, Rules = _rules, Tables = new Dictionary<TableId, List<Route>>() };
        _tables6 = state.Tables.Keys.Count(table => table.Family == Family.IPv6);
        _tables4 = state.Tables.Count - _tables6;
        _routes.EnsureCapacity(state.Main(Family.IPv4).Count + state.Main(Family.IPv6).Count);
        foreach ((TableId table, List<Route> routes) in state.Tables)
        {
            foreach (Route route in routes)
            {
                At(route).Add(new PlacedRoute(table, route));
            }
        }
    }

    /// <summary>The whole node.</summary>
    public NodeState State => With(_routes.Values);

    /// <summary>To how many destinations there are routes.</summary>
    public int Destinations => _routes.Count;

    /// <summary>The devices.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>The key of a route without its metric: what all tables' routes to one destination share.</summary>
    /// <param name="route">The route.</param>
    /// <returns>Its key without the metric.</returns>
    public static RouteKey DestinationOf(Route route) => route.Key with { Metric = 0 };

    /// <summary>The node, with only the routes to some destinations.</summary>
    /// <param name="destinations">The destinations.</param>
    /// <returns>Their routes in every table, and all that is no route.</returns>
    public NodeState PartTo(IEnumerable<RouteKey> destinations)
    {
        List<List<PlacedRoute>> some = [];
        foreach (RouteKey destination in destinations)
        {
            if (_routes.TryGetValue(destination, out List<PlacedRoute>? routes))
            {
                some.Add(routes);
            }
        }

        return With(some);
    }

    /// <summary>Main's routes to a destination.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="condition">What is asked of them.</param>
    /// <returns>Whether one of them meets the condition.</returns>
    public bool AnyOfMain(RouteKey destination, Predicate<Route> condition) =>
        _routes.TryGetValue(destination, out List<PlacedRoute>? routes) &&
        routes.Exists(placed => placed.Table.Number == TableId.Main && condition(placed.Route));

    /// <summary>Whether any route meets a condition.</summary>
    /// <param name="condition">The condition.</param>
    /// <returns>True when one does.</returns>
    public bool Any(Predicate<Route> condition)
    {
        foreach (List<PlacedRoute> routes in _routes.Values)
        {
            if (routes.Exists(placed => condition(placed.Route)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Applies a route's event.</summary>
    /// <param name="received">The event.</param>
    /// <param name="before">The route that it replaced; null for none.</param>
    /// <returns>
    /// Whether anything has changed; null when the event does not say all that happened: a route beside another with its key, or a change of a multipath one.
    /// </returns>
    public bool? Apply(RouteEvent received, out Route? before)
    {
        before = null;
        Route route = received.Route;
        List<PlacedRoute> routes = At(route);
        bool? changed = Apply(routes, received, ref before);
        if (routes.Count == 0)
        {
            _routes.Remove(DestinationOf(route));
        }

        return changed;
    }

    /// <summary>Applies a rule's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(RuleEvent received)
    {
        if (received.Removed || _rules.Contains(received.Rule))
        {
            return received.Removed && _rules.Remove(received.Rule);
        }

        // In the order in which the kernel asks them: of one priority the latest is the last.
        Family family = received.Rule.Family;
        int next = _rules.FindIndex(other => other.Family == family && other.Priority > received.Rule.Priority);
        int last = _rules.FindLastIndex(other => other.Family == family);
        _rules.Insert(next >= 0 ? next : last >= 0 || family == Family.IPv4 ? last + 1 : _rules.Count, received.Rule);
        return true;
    }

    /// <summary>Forgets the routes to the neighbours on a device's link, for which the kernel may send no event when the device removes them.</summary>
    /// <param name="index">ifi_index.</param>
    public void ForgetNeighbours(int index)
    {
        foreach ((RouteKey destination, List<PlacedRoute> routes) in _routes)
        {
            if (destination.Destination.Address.IsLinkLocal &&
                routes.RemoveAll(placed => placed.Route.Nexthops is [var hop] && hop.Oif == index) > 0 && routes.Count == 0)
            {
                _routes.Remove(destination);
            }
        }
    }

    /// <summary>Applies a device's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>The device as it was; null when there was none.</returns>
    public Link? Apply(LinkEvent received)
    {
        int index = _links.FindIndex(link => link.Index == received.Link.Index);
        Link? known = index < 0 ? null : _links[index];
        if (known is not null && received.Removed)
        {
            _links.RemoveAt(index);
        }
        else if (known is not null)
        {
            _links[index] = received.Link with { Conf = known.Conf };
        }
        else if (!received.Removed)
        {
            int next = _links.FindIndex(link => link.Index > received.Link.Index);
            _links.Insert(next < 0 ? _links.Count : next, received.Link);
        }

        return known;
    }

    /// <summary>Applies an address's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(AddressEvent received)
    {
        Address address = received.Address;
        int known = _addresses.FindIndex(other => (other.Link, other.Local, other.Subnet) == (address.Link, address.Local, address.Subnet));
        bool changed = known < 0 ? !received.Removed : received.Removed || _addresses[known] != address;
        if (known >= 0 && received.Removed)
        {
            _addresses.RemoveAt(known);
        }
        else if (known >= 0)
        {
            _addresses[known] = address;
        }
        else if (!received.Removed)
        {
            int next = _addresses.FindIndex(other => AddressOrder.IsBefore(address, other));
            _addresses.Insert(next < 0 ? _addresses.Count : next, address);
        }

        return changed;
    }

    /// <summary>Applies an event of rp_filter.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(RpFilterEvent received)
    {
        int index = _links.FindIndex(link => link.Index == received.Link);
        byte known = received.Link is null ? _state.AllCards.RpFilter : index >= 0 ? _links[index].Conf.RpFilter : received.RpFilter;
        if (received.Link is null)
        {
            _state = _state with { AllCards = _state.AllCards with { RpFilter = received.RpFilter } };
        }
        else if (index >= 0)
        {
            _links[index] = _links[index] with { Conf = _links[index].Conf with { RpFilter = received.RpFilter } };
        }

        return known != received.RpFilter;
    }

    /// <summary>Replaces what is known of our nftables table.</summary>
    /// <param name="nftables">What was read.</param>
    public void Apply(NftablesState nftables) => _state = _state with { Nftables = nftables };

    /// <summary>Remembers what our file of table names should hold, for a process that may not write it.</summary>
    /// <param name="text">Its text.</param>
    public void Remember(string text) => _state = _state with { Remembered = text };

    /// <summary>Applies a change that was written: the kernel sends us no events of our own changes.</summary>
    /// <param name="done">The step.</param>
    public void Apply(Change done)
    {
        switch (done)
        {
            case RouteChange change:
                Apply(change);
                break;
            case RuleChange change:
                Apply(new RuleEvent(change.Kind == ChangeKind.Remove, change.Rule));
                break;
            case MarkTableChange change:
                Apply(_state.Nftables with { Table = change.Table });
                break;
            case ConnectionsChange:
                break;
            case SysctlChange change:
                _state = _state with { AllCards = _state.AllCards with { SrcValidMark = change.Value }, SrcValidMarkIsOurs = change.Value };
                break;
            case NamesChange { File: NamesFileKind.Tables } change:
                _state = _state with { TableNamesFile = change.Text };
                break;
            case NamesChange change:
                _state = _state with { ProtocolNamesFile = change.Text };
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(done), done, "unknown kind of change");
        }
    }

    private void Apply(RouteChange done)
    {
        List<PlacedRoute> routes = At(done.Route);
        int there = routes.IndexOf(new PlacedRoute(done.Table, done.Old ?? done.Route));
        if (done.Kind == ChangeKind.Remove && there >= 0)
        {
            routes.RemoveAt(there);
        }
        else if (done.Kind == ChangeKind.Replace && there >= 0)
        {
            routes[there] = new PlacedRoute(done.Table, done.Route);
        }
        else if (done.Kind != ChangeKind.Remove)
        {
            routes.Add(new PlacedRoute(done.Table, done.Route));
        }

        if (routes.Count == 0)
        {
            _routes.Remove(DestinationOf(done.Route));
        }
    }

    private static bool? Apply(List<PlacedRoute> routes, RouteEvent received, ref Route? before)
    {
        Route route = received.Route;
        int equal = routes.IndexOf(new PlacedRoute(received.Table, route));
        int same = routes.FindIndex(HasKey);

        // Between the hops of an IPv6 multipath route a device route with its key may stand, which no dump lists: the event may be about that one.
        bool hides = routes.Exists(other => HasKey(other) && other.Route is { Family: Family.IPv6, Nexthops.Count: > 1 });

        // Device routes of IPv6 with one key stand side by side: fe80::/64 of every card.
        bool areApart = route.Family == Family.IPv6 && IsByDevice(route) && routes.TrueForAll(other => !HasKey(other) || IsByDevice(other.Route));
        if (received.Removed && (equal < 0 || hides))
        {
            return same < 0 || areApart ? false : null;
        }

        if (received.Removed)
        {
            routes.RemoveAt(equal);
            return true;
        }

        if (equal >= 0)
        {
            // What a nexthop object stands for may be another.
            routes[equal] = new PlacedRoute(received.Table, route);
            return route.NexthopId != 0;
        }

        if (same >= 0 && received.Replaces && !hides && routes.FindLastIndex(HasKey) == same)
        {
            before = routes[same].Route;
            routes[same] = new PlacedRoute(received.Table, route);
            return true;
        }

        if (same < 0 || (areApart && !received.Replaces))
        {
            routes.Add(new PlacedRoute(received.Table, route));
            return true;
        }

        return null;

        bool HasKey(PlacedRoute other) => other.Table == received.Table && other.Route.Key == route.Key;
    }

    private static bool IsByDevice(Route route) => route is { NexthopId: 0, Nexthops: [{ Gateway.IsSet: false }] };

    private List<PlacedRoute> At(Route route)
    {
        RouteKey destination = DestinationOf(route);
        if (!_routes.TryGetValue(destination, out List<PlacedRoute>? routes))
        {
            _routes.Add(destination, routes = new(route.Family == Family.IPv6 ? _tables6 : _tables4));
        }

        return routes;
    }

    private NodeState With(IEnumerable<List<PlacedRoute>> some)
    {
        var tables = new Dictionary<TableId, List<Route>>();
        foreach (List<PlacedRoute> routes in some)
        {
            foreach (PlacedRoute placed in routes)
            {
                if (!tables.TryGetValue(placed.Table, out List<Route>? table))
                {
                    tables.Add(placed.Table, table = []);
                }

                table.Add(placed.Route);
            }
        }

        return _state with { Tables = tables };
    }
}
