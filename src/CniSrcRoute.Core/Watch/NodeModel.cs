using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// The node as the kernel's events, and our own acknowledged changes, have left it since it was read. Routes are kept by their destination: what main and the
/// tables hold for one destination is planned together.
/// </summary>
public sealed partial class NodeModel
{
    /// <summary>How many tables there are on most nodes at most, so that there is room for a copy in each from the start: with thousands of them, most destinations are in none.</summary>
    private const int UsualTables = 16;

    /// <summary>How many routes a table has where there are many: those are made for addresses, and have about as many as the node has peers and subnets.</summary>
    private const int UsualRoutes = 16;

    private readonly Dictionary<RouteKey, List<PlacedRoute>> _routes = [];
    private readonly List<Link> _links;
    private readonly List<Address> _addresses;
    private readonly List<Rule> _rules;

    /// <summary>How many tables of its family may have a route to a destination.</summary>
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
    public NodeState State => With(_routes.Values, _ => true, _tables4 + _tables6);

    /// <summary>To how many destinations there are routes.</summary>
    public int Destinations => _routes.Count;

    /// <summary>The devices.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>Whether a device has an address.</summary>
    /// <param name="link">ifi_index.</param>
    /// <param name="family">Of which family.</param>
    /// <returns>True when it has one.</returns>
    public bool HasAddress(int link, Family family) => _addresses.Exists(address => address.Link == link && address.Local.Family == family);

    /// <summary>The key of a route without its metric: what all tables' routes to one destination share.</summary>
    /// <param name="route">The route.</param>
    /// <returns>Its key without the metric.</returns>
    public static RouteKey DestinationOf(Route route) => route.Key with { Metric = 0 };

    /// <summary>The node, with only the routes to some destinations.</summary>
    /// <param name="destinations">The destinations.</param>
    /// <param name="tables">Which tables are meant.</param>
    /// <returns>Their routes in these tables, and all that is no route.</returns>
    public NodeState PartTo(IEnumerable<RouteKey> destinations, Predicate<TableId> tables)
    {
        List<List<PlacedRoute>> some = [];
        foreach (RouteKey destination in destinations)
        {
            if (_routes.TryGetValue(destination, out List<PlacedRoute>? routes))
            {
                some.Add(routes);
            }
        }

        return With(some, tables);
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

    /// <summary>Replaces what is known of our nftables table.</summary>
    /// <param name="nftables">What was read.</param>
    public void Apply(NftablesState nftables) => _state = _state with { Nftables = nftables };

    /// <summary>Replaces what is known of the rules of others that ask what UDP packets are for.</summary>
    /// <param name="rules">The rules.</param>
    public void Apply(IReadOnlyList<DestinationRule> rules) => _state = _state with { DestinationRules = rules };

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

    private List<PlacedRoute> At(Route route)
    {
        RouteKey destination = DestinationOf(route);
        if (!_routes.TryGetValue(destination, out List<PlacedRoute>? routes))
        {
            _routes.Add(destination, routes = new(Math.Min(route.Family == Family.IPv6 ? _tables6 : _tables4, UsualTables)));
        }

        return routes;
    }

    private NodeState With(IEnumerable<List<PlacedRoute>> some, Predicate<TableId> isMeant, int room = 0)
    {
        var tables = new Dictionary<TableId, List<Route>>(room);
        foreach (List<PlacedRoute> routes in some)
        {
            foreach (PlacedRoute placed in routes)
            {
                if (!isMeant(placed.Table))
                {
                    continue;
                }

                if (!tables.TryGetValue(placed.Table, out List<Route>? table))
                {
                    tables.Add(placed.Table, table = new(room > UsualTables ? UsualRoutes : 0));
                }

                table.Add(placed.Route);
            }
        }

        return _state with { Tables = tables };
    }
}
