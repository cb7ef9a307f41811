using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>A node under construction, in the words an administrator would use.</summary>
internal sealed class Node
{
    private readonly List<Link> _links = [new() { Index = 1, Name = "lo", Flags = Link.FlagUp | Link.FlagLoopback | Link.FlagLowerUp }];
    private readonly List<Address> _addresses = [];
    private readonly List<Rule> _rules = [];
    private readonly Dictionary<TableId, List<Route>> _tables = [];
    private readonly Dictionary<string, uint> _foreignNames = [];
    private readonly List<IpPrefix> _flannel = [];
    private NftablesState _nftables = new(null);
    private Ipv4Conf _allCards = new(2, false);
    private string _names = "";
    private string _protocolNames = "";

    public NodeState State => new()
    {
        Links = _links,
        Addresses = _addresses,
        Rules = _rules,
        Tables = _tables,
        ForeignTableNames = _foreignNames,
        TableNamesFile = _names,
        ProtocolNamesFile = _protocolNames,
        FlannelNetworks = _flannel,
        Nftables = _nftables,
        AllCards = _allCards,
    };

    /// <summary>The usual node: eth0 192.168.1.100/24 with main's default, eth1 10.0.0.1/24 without a gateway, overlay 10.244.0.0/16.</summary>
    public static Node TwoCards() => new Node()
        .Card("eth0", "192.168.1.100/24")
        .Card("eth1", "10.0.0.1/24")
        .Main("default via 192.168.1.1 dev eth0")
        .Main("192.168.1.0/24 dev eth0 proto kernel src 192.168.1.100")
        .Main("10.0.0.0/24 dev eth1 proto kernel src 10.0.0.1")
        .Flannel("10.244.0.0/16");

    /// <summary>The same with cni0, flannel.1 and one peer.</summary>
    public static Node WithPods() => TwoCards()
        .Device("cni0", kind: "bridge", addresses: "10.244.7.1/24")
        .Device("flannel.1", kind: "vxlan", addresses: "10.244.7.0/32")
        .Main("10.244.7.0/24 dev cni0 proto kernel src 10.244.7.1")
        .Main("10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink scope global");

    public Node Card(string name, params string[] addresses) => Device(name, "", addresses: addresses);

    /// <summary>A veth whose other end is in another namespace.</summary>
    public Node VethTo(int netNs, string name, int master = 0, params string[] addresses)
    {
        Device(name, "veth", master, addresses: addresses);
        _links[^1] = _links[^1] with { Lower = 2, LowerNetNs = netNs };
        return this;
    }

    /// <summary>A macvlan or ipvlan on a card.</summary>
    public Node On(string card, string name, string kind, params string[] addresses)
    {
        Device(name, kind, addresses: addresses);
        _links[^1] = _links[^1] with { Lower = Index(card) };
        return this;
    }

    /// <summary>A tunnel that ends on the node: tun, WireGuard, ppp.</summary>
    public Node Tunnel(string name, bool up = true, params string[] addresses)
    {
        Device(name, "tun", up: up, addresses: addresses);
        _links[^1] = _links[^1] with { HardwareType = 65534, Flags = _links[^1].Flags | Link.FlagPointToPoint };
        return this;
    }

    public Node Device(string name, string kind, int master = 0, bool up = true, bool carrier = true, params string[] addresses)
    {
        _links.Add(new Link
        {
            Index = _links.Count + 1,
            Name = name,
            Kind = kind,
            Master = master,
            Flags = (up ? Link.FlagUp : 0) | (up && carrier ? Link.FlagLowerUp : 0),
        });
        foreach (string address in addresses)
        {
            Address(name, address);
        }

        return this;
    }

    public Node Down(string card)
    {
        int index = _links.FindIndex(link => link.Name == card);
        _links[index] = _links[index] with { Flags = 0 };

        // What the kernel does: no IPv4 route leads over a card that is down.
        foreach (List<Route> routes in _tables.Values)
        {
            routes.RemoveAll(route => route.Nexthops.Any(hop => hop.Oif == index + 1));
        }

        return this;
    }

    public Node Address(string card, string text, uint flags = 0, byte scope = 0)
    {
        IpAddress local = Text.Address(text.Split('/')[0]);
        _addresses.Add(new Address
        {
            Link = Index(card),
            Local = local,
            Subnet = Text.Prefix(text),
            Flags = flags,
            Scope = local.IsLinkLocal && local.Family == Family.IPv6 ? (byte)253 : scope,
        });
        return this;
    }

    public Node Main(string route) => In(TableId.Main, route);

    /// <summary>A route of main with what ip(8) has no word for.</summary>
    public Node Main(string route, Func<Route, Route> change)
    {
        Main(route);
        List<Route> routes = _tables[new TableId(Text.Route(route, Index).Family, TableId.Main)];
        routes[^1] = change(routes[^1]);
        return this;
    }

    public Node In(uint table, string text, IReadOnlyList<Nexthop>? expansion = null)
    {
        Route route = Text.Route(text, Index);
        var id = new TableId(route.Family, table);
        if (!_tables.TryGetValue(id, out List<Route>? routes))
        {
            _tables[id] = routes = [];
        }

        routes.Add(expansion is null ? route : route with { Nexthops = expansion });
        return this;
    }

    public Node Rule(string from, uint table, uint priority, byte protocol = 0)
    {
        IpPrefix prefix = Text.Prefix(from);
        _rules.Add(new Rule
        {
            Family = prefix.Family,
            From = prefix,
            Table = table,
            Priority = priority,
            Protocol = protocol,
            Selectors = protocol == Ownership.Protocol ? RuleSelector.FromNode : default,
        });
        return this;
    }

    public Node Rule(Rule rule)
    {
        _rules.Add(rule);
        return this;
    }

    public Node Named(string name, uint number)
    {
        _foreignNames.Add(name, number);
        return this;
    }

    public Node NamesFile(string text)
    {
        _names = text;
        return this;
    }

    public Node ProtocolNames(string text)
    {
        _protocolNames = text;
        return this;
    }

    public Node Flannel(params string[] networks)
    {
        _flannel.AddRange(networks.Select(Text.Prefix));
        return this;
    }

    /// <summary>What nftables holds, or why it cannot be had.</summary>
    public Node Nftables(NftTable? table, string? obstacle = null)
    {
        _nftables = new NftablesState(table, obstacle);
        return this;
    }

    /// <summary>rp_filter and src_valid_mark of all cards.</summary>
    public Node ReversePath(byte filter, bool sourceValidMark = false)
    {
        _allCards = new Ipv4Conf(filter, sourceValidMark);
        return this;
    }

    /// <summary>arp_ignore of all cards.</summary>
    public Node ArpIgnore(byte value)
    {
        _allCards = _allCards with { ArpIgnore = value };
        return this;
    }

    public int Index(string card) => _links.FindIndex(link => link.Name == card) is >= 0 and var index ? index + 1 : throw new ArgumentException(card);

    public DesiredState Derive(string config = "{}") => CniSrcRoute.Planning.Derive.From(Parse(config), State);

    public Plan Plan(string config = "{}") => Diff.Between(Derive(config), State);

    /// <summary>What status adds for people.</summary>
    public IReadOnlyList<string> Notes(string config = "{}") => Derive(config).Notes();

    /// <summary>The table of a source, as ip(8) would write its routes.</summary>
    public string[] Table(string source, string config = "{}") => [.. Source(source, config).Routes.Select(route => Format(route))];

    public SourceTable Source(string source, string config = "{}") => Derive(config).Tables.Single(table => table.Source.Prefix == Text.Prefix(source));

    /// <summary>A route as ip(8) writes it, without what every route of ours has.</summary>
    public string Format(Route route) => new IpCommand(State).Format(route with { Protocol = 0 }, 0);

    /// <summary>Whether a rule asks for an address, not for a mark.</summary>
    public static bool IsForSource(Rule rule) => rule.From.IsSet;

    public static Config Parse(string config) => ConfigParser.Parse(Config.DefaultFile, System.Text.Encoding.UTF8.GetBytes(config));
}
