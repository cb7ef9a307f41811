using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>
/// The kernel as far as plans go (net/ipv4/fib_trie.c, net/ipv6/route.c, net/core/fib_rules.c): routes are keyed on table, destination, source, tos
/// and metric; adding what is there is EEXIST; replacing takes the first with the key, whoever made it; removing takes the first that agrees in all
/// that the request states.
/// </summary>
internal sealed class ModelKernel
{
    private readonly NodeState _state;

    public ModelKernel(NodeState state)
    {
        _state = state;
        Links = [.. state.Links];
        Addresses = [.. state.Addresses];
        Tables = state.Tables.ToDictionary(table => table.Key, table => table.Value.ToList());
        Rules = [.. state.Rules];
        TableNames = state.TableNamesFile;
        ProtocolNames = state.ProtocolNamesFile;
        MarkTable = state.Nftables.Table;
        AllCards = state.AllCards;
        SrcValidMarkIsOurs = state.SrcValidMarkIsOurs;
    }

    public List<Link> Links { get; }

    public List<Address> Addresses { get; }

    public Dictionary<TableId, List<Route>> Tables { get; }

    public List<Rule> Rules { get; private set; }

    public string TableNames { get; private set; }

    public string ProtocolNames { get; private set; }

    /// <summary>Our nftables table; null for none.</summary>
    public NftTable? MarkTable { get; private set; }

    /// <summary>net.ipv4.conf.all.</summary>
    public Ipv4Conf AllCards { get; private set; }

    /// <summary>Whether src_valid_mark is remembered to be ours.</summary>
    public bool SrcValidMarkIsOurs { get; private set; }

    /// <summary>What a program would read now.</summary>
    public NodeState State => _state with
    {
        Links = [.. Links],
        Addresses = [.. Addresses],
        Tables = Tables.Where(table => table.Value.Count > 0).ToDictionary(table => table.Key, table => table.Value.ToList()),
        Rules = [.. Rules],
        TableNamesFile = TableNames,
        ProtocolNamesFile = ProtocolNames,
        Nftables = _state.Nftables with { Table = MarkTable },
        AllCards = AllCards,
        SrcValidMarkIsOurs = SrcValidMarkIsOurs,
    };

    public List<Route> Table(TableId id) => Tables.TryGetValue(id, out List<Route>? routes) ? routes : Tables[id] = [];

    /// <summary>One step.</summary>
    /// <returns>The errno's name; null for success.</returns>
    public string? Apply(Change change) => change switch
    {
        RouteChange route => Route(route),
        RuleChange rule => Rule(rule),
        NamesChange names => Names(names),
        MarkTableChange marks => Marks(marks),
        SysctlChange sysctl => Sysctl(sysctl),
        ConnectionsChange => null,
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private string? Route(RouteChange change)
    {
        List<Route> routes = Table(change.Table);
        Route route = change.Route;
        int first = routes.FindIndex(other => other.Key == route.Key);
        if (change.Kind == ChangeKind.Remove)
        {
            int index = routes.FindIndex(other => IsMeant(route, other));
            if (index < 0)
            {
                return "ESRCH";
            }

            routes.RemoveAt(index);
            return null;
        }

        if (route.Family != change.Table.Family)
        {
            return "EINVAL";
        }

        foreach (Nexthop hop in route.NexthopId == 0 ? route.Nexthops : [])
        {
            if (Links.FirstOrDefault(link => link.Index == hop.Oif) is not { } link)
            {
                return "ENODEV";
            }

            if (!link.IsUp)
            {
                return "ENETDOWN";
            }
        }

        if (first < 0)
        {
            // Of one destination the lower metric is asked first, and is the one that is meant where none is stated.
            int behind = routes.FindIndex(other => other.Key with { Metric = 0 } == route.Key with { Metric = 0 } && other.Metric > route.Metric);
            routes.Insert(behind < 0 ? routes.Count : behind, route);
            return null;
        }

        if (change.Kind == ChangeKind.Add || (routes.IndexOf(route) is > 0 and var twin && twin != first && routes[twin].Key == route.Key))
        {
            return "EEXIST";
        }

        routes[first] = route;
        return null;
    }

    // A delete matches everything it states; a metric of 0, no next hop, no preferred source and no metrics state nothing. IPv6 does not look at the type.
    private static bool IsMeant(Route request, Route route) =>
        route.Destination == request.Destination && route.Source == request.Source && route.Tos == request.Tos &&
        (request.Metric == 0 || route.Metric == request.Metric) &&
        (request.Protocol == 0 || route.Protocol == request.Protocol) &&
        (request.Family == Family.IPv6 || (route.Type == request.Type && route.Scope == request.Scope)) &&
        (!request.PrefSrc.IsSet || route.PrefSrc == request.PrefSrc) &&
        (request.Metrics.IsEmpty || route.Metrics == request.Metrics) &&
        (request.NexthopId == 0 ? request.Nexthops.Count == 0 || request.Nexthops.SequenceEqual(route.Nexthops) : route.NexthopId == request.NexthopId);

    private string? Rule(RuleChange change)
    {
        if (change.Kind == ChangeKind.Remove)
        {
            return Rules.Remove(change.Rule) ? null : "ENOENT";
        }

        // The protocol makes no difference to the kernel here, and every other selector does.
        if (change.Kind == ChangeKind.Replace || Rules.Exists(rule => rule with { Protocol = change.Rule.Protocol } == change.Rule))
        {
            return "EEXIST";
        }

        Rules = [.. Rules.Append(change.Rule).OrderBy(rule => rule.Priority)];
        return null;
    }

    private string? Names(NamesChange change)
    {
        bool absent = (change.File == NamesFileKind.Tables ? TableNames : ProtocolNames).Length == 0;
        bool fits = change.Kind switch
        {
            ChangeKind.Add => absent && change.Text.Length > 0,
            ChangeKind.Replace => !absent && change.Text.Length > 0,
            _ => !absent && change.Text.Length == 0,
        };
        if (change.File == NamesFileKind.Tables)
        {
            TableNames = change.Text;
        }
        else
        {
            ProtocolNames = change.Text;
        }

        return fits ? null : "a step that does not fit the file";
    }

    private string? Marks(MarkTableChange change)
    {
        bool fits = _state.Nftables.Obstacle is null &&
            (change.Kind == ChangeKind.Add) == (MarkTable is null) &&
            (change.Kind == ChangeKind.Remove) == (change.Table is null);
        MarkTable = change.Table;
        return fits ? null : "a step that does not fit the table";
    }

    private string? Sysctl(SysctlChange change)
    {
        bool fits = change.Value ? !AllCards.SrcValidMark : SrcValidMarkIsOurs;
        AllCards = AllCards with { SrcValidMark = change.Value };
        SrcValidMarkIsOurs = change.Value;
        return fits ? null : "a step that does not fit the setting";
    }
}
