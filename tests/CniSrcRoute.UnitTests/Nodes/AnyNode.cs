using System.Globalization;
using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CsCheck;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>A node and a configuration as they may come.</summary>
/// <param name="State">The node.</param>
/// <param name="Config">The configuration, one that the parser would let pass.</param>
internal sealed record AnyNode(NodeState State, Config Config)
{
    private const int Iterations = 3000;

    private static readonly (string Card, string Address)[] Homes =
    [
        ("eth0", "192.168.1.100/24"), ("eth0", "192.168.1.101/24"), ("eth0", "10.1.0.5/16"), ("eth1", "10.0.0.1/24"), ("eth1", "192.168.1.102/24"),
        ("eth2", "172.16.0.9/24"), ("cni0", "10.244.7.1/24"), ("flannel.1", "10.244.7.0/32"), ("docker0", "172.17.0.1/16"), ("br-lan", "10.3.0.1/24"),
        ("eth0", "fd01::1/64"), ("eth1", "fd02::1/64"), ("eth0", "fe80::1/64"), ("cni0", "fd44:0:0:7::1/64"), ("eth1", "10.244.200.1/24"),
    ];

    private static readonly string[] Cards = ["eth0", "eth1", "eth2", "cni0", "flannel.1", "docker0", "br-lan", "veth9", "dummy0"];

    private static readonly Gen<Ipv4Conf> GenConf =
        from filter in Gen.OneOf<byte>(0, 0, 1, 2)
        from mark in Gen.OneOf(false, false, true)
        select new Ipv4Conf(filter, mark);

    private static readonly Gen<Link[]> GenLinks =
        Gen.Select(Gen.Int[0, 9].Array[Cards.Length], Gen.Bool, GenConf.Array[Cards.Length], (dice, master, confs) => (Link[])
        [
            new() { Index = 1, Name = "lo", Flags = Link.FlagUp | Link.FlagLoopback | Link.FlagLowerUp },
            .. Cards.Select((name, i) => new Link
            {
                Index = i + 2,
                Name = name,
                Kind = name switch { "cni0" or "docker0" or "br-lan" => "bridge", "flannel.1" => "vxlan", "veth9" => "veth", "dummy0" => "dummy", _ => "" },
                Master = name == "veth9" && master ? 8 : 0,
                Flags = dice[i] switch { 0 => 0, 1 => Link.FlagUp, _ => Link.FlagUp | Link.FlagLowerUp },
                Conf = confs[i],
            }),
        ]);

    private static readonly Gen<Address[]> GenAddresses =
        Gen.Select(Gen.Int[0, 11].Array[Homes.Length], dice => Homes.Zip(dice).Where(pair => pair.Second < 7).Select(pair => new Address
        {
            Link = Array.IndexOf(Cards, pair.First.Card) + 2,
            Local = Text.Address(pair.First.Address.Split('/')[0]),
            Subnet = Text.Prefix(pair.First.Address),
            Scope = pair.First.Address.StartsWith("fe80", StringComparison.Ordinal) ? (byte)253 : (byte)0,
            Flags = pair.Second switch { 0 => Address.FlagTentative, 1 => Address.FlagDadFailed, _ => 0 },
        }).ToArray());

    private static readonly string[] Destinations4 =
    [
        "0.0.0.0/0", "192.168.1.0/24", "10.0.0.0/24", "10.1.0.0/16", "172.16.0.0/24", "10.244.0.0/16", "10.244.7.0/24", "10.244.8.0/24", "10.244.9.0/24",
        "10.244.7.2/32", "10.99.0.0/16", "192.0.2.0/24", "10.245.8.0/24",
    ];

    private static readonly string[] Destinations6 =
        ["::/0", "fd01::/64", "fd02::/64", "fd44::/56", "fd44:0:0:7::/64", "fd44:0:0:8::/64", "fd44:0:0:9::2/128", "fd99::/64"];

    private static readonly string[] ConfiguredAddresses = ["192.168.1.100", "10.0.0.1", "172.16.0.9", "fd01::1"];

    private static readonly string[] Gateways4 = ["192.168.1.1", "10.0.0.254", "10.1.0.254", "172.16.0.1", "10.244.8.0"];

    private static readonly string[] Gateways6 = ["fd01::fe", "fd02::fe", "fe80::fe", "fd44:0:0:8::"];

    public static Gen<Route> GenRoute(Family family, params byte[] protocols) =>
        from destination in Gen.OneOf(family == Family.IPv4 ? Destinations4 : Destinations6)
        from metric in Gen.OneOf(0u, 0u, 0u, 8u, 100u, 1024u, uint.MaxValue)
        from tos in Gen.OneOf<byte>(0, 0, 0, 0, 16)
        from type in Gen.OneOf(
            RouteType.Unicast, RouteType.Unicast, RouteType.Unicast, RouteType.Unicast, RouteType.Unicast, RouteType.Blackhole, RouteType.Throw)
        from hops in GenHop(family).Array[1, 3]
        from nexthopId in Gen.OneOf(0u, 0u, 0u, 0u, 7u)
        from mtu in Gen.OneOf(0u, 0u, 1400u)
        from protocol in Gen.OneOf(protocols)
        select new Route
        {
            Destination = Text.Prefix(destination),
            Metric = family == Family.IPv6 && metric == 0 ? Route.DefaultMetric6 : metric,
            Tos = family == Family.IPv4 ? tos : (byte)0,
            Type = type,
            Scope = family == Family.IPv4 && type == RouteType.Unicast && !hops[0].Gateway.IsSet ? Route.ScopeLink : (byte)0,
            Nexthops = type == RouteType.Unicast ? [.. hops.Distinct()] : [],
            NexthopId = type == RouteType.Unicast ? nexthopId : 0,
            Metrics = RouteMetrics.OfMtu(mtu),
            Protocol = protocol,
        };

    private static Gen<Nexthop> GenHop(Family family) =>
        from gateway in Gen.OneOf(family == Family.IPv4 ? Gateways4 : Gateways6)
        from direct in Gen.Int[0, 2]
        from card in Gen.Int[2, Cards.Length + 1]
        select new Nexthop { Gateway = direct == 0 ? default : Text.Address(gateway), Oif = card };

    /// <summary>Foreign rules never carry 206, owned ones always do; both may be for a source, and at our priority.</summary>
    private static readonly Gen<Rule> GenFromRule =
        from from_ in Gen.OneOf("192.168.1.100", "192.168.1.101", "10.0.0.1", "172.16.0.9", "fd01::1", "fd02::1", "10.55.0.0/16")
        from table in Gen.OneOf(100u, 1000u, 1001u, 1002u, 2000u)
        from priority in Gen.OneOf(2u, 100u, 29000u, 30000u, 32765u, 32765u)
        from protocol in Gen.OneOf<byte>(0, 4, Ownership.Protocol, Ownership.Protocol, Ownership.Protocol)
        from selectors in Gen.OneOf<byte[]>([], [], [], [8, 0, 10, 0, 1, 0, 0, 0], [7, 0, 3, 0, 108, 111, 0, 0])
        select new Rule
        {
            Family = Text.Prefix(from_).Family,
            From = Text.Prefix(from_),
            Table = table,
            Priority = priority,
            Protocol = protocol,
            Selectors = new OpaqueBytes(selectors),
        };

    /// <summary>Rules for marks: ours, old ones of ours, and those of others.</summary>
    private static readonly Gen<Rule> GenMarkRule =
        from family in Gen.OneOf(Family.IPv4, Family.IPv4, Family.IPv6)
        from mark in Gen.OneOf(1u, 1u, 2u, 3u)
        from own in Gen.OneOf(0u, 0x40u)
        from mask in Gen.OneOf(0x7fu, 0x7fu, 0x7fu, 0xffu)
        from table in Gen.OneOf(77u, 1000u, 1001u, 1002u, 2000u)
        from protocol in Gen.OneOf<byte>(0, Ownership.Protocol, Ownership.Protocol, Ownership.Protocol)
        select new Rule
        {
            Family = family,
            Mark = mark | own,
            MarkMask = mask,
            Table = protocol == 0 ? 77 : table,
            Priority = own == 0 ? 501u : 30001u,
            Protocol = protocol,
        };

    private static readonly Gen<Rule> GenRule = Gen.OneOf(GenFromRule, GenFromRule, GenMarkRule);

    private static readonly Gen<Config> GenConfig =
        from sources in Gen.Shuffle(ConfiguredAddresses, 0, 3)
        from tables in Gen.OneOf<uint?>(null, null, 1000, 1001, 1002, 2000).Array[4]
        from names in Gen.OneOf<string?>(null, null, null, "office", "known").Array[4]
        from gateways in Gen.OneOf("", "", "192.168.1.9", "fd01::9").Array[4]
        from extra in Gen.OneOf("", "", "10.99.0.0/16", "192.0.2.0/24", "fd99::/64").Array[4]
        from discover in Gen.OneOf(true, true, true, false)
        from priority in Gen.OneOf(32765u, 32765u, 29000u)
        from tableBase in Gen.OneOf(1000u, 1000u, 252u)
        from networks in Gen.OneOf<string[]?>(null, null, [], ["10.245.0.0/16"])
        from marks in Gen.OneOf(true, true, true, true, false)
        from mask in Gen.OneOf(0x7fu, 0x7fu, 0x7fu, 0x3u, 0x70u, 0x80000001u)
        from set in Gen.Bool
        select new Config
        {
            UseMarks = marks,
            MarkMask = new MarkMask(mask),
            SetsSrcValidMark = set,
            Discover = discover,
            RulePriority = priority,
            TableBase = tableBase,
            OverlayNetworks = networks?.Select(Text.Prefix).ToArray(),
            Sources =
            [
                .. sources.Select((address, i) => Source(i, Text.Prefix(address), tables[i], names[i], gateways[i], extra[i]))
                    .DistinctBy(source => source.Table ?? (object)source.Key),
            ],
        };

    private static SourceConfig Source(int index, IpPrefix prefix, uint? table, string? name, string gateway, string extra) => new()
    {
        Key = $"sources[{index}]",
        Prefix = prefix,
        Table = table,
        TableName = table is null && name is not null ? (index == 0 ? name : name + index.ToString(CultureInfo.InvariantCulture)) : null,
        Gateway = gateway.Length > 0 && Text.Prefix(gateway).Family == prefix.Family ? Text.Address(gateway) : default,
        Routes = extra.Length > 0 && Text.Prefix(extra).Family == prefix.Family ? [new RouteConfig { To = Text.Prefix(extra) }] : [],
    };

    /// <summary>Any node whose tables hold one route a key: what the kernel holds unless somebody appended or prepended.</summary>
    public static Gen<AnyNode> Any =>
        from links in GenLinks
        from addresses in GenAddresses
        from main4 in GenRoute(Family.IPv4, 2, 3, 4).Array[0, 14]
        from main6 in GenRoute(Family.IPv6, 2, 3, 4).Array[0, 8]
        from source4 in Gen.Select(
            Gen.OneOf(100u, 1000u, 1001u, 1002u, 2000u),
            GenRoute(Family.IPv4, 3, Ownership.Protocol, Ownership.Protocol, Ownership.Protocol)).Array[0, 14]
        from source6 in Gen.Select(Gen.OneOf(100u, 1000u, 1001u, 1002u), GenRoute(Family.IPv6, 3, Ownership.Protocol, Ownership.Protocol)).Array[0, 6]
        from rules in GenRule.Array[0, 5]
        from names in Gen.OneOf("", "", "1000 src-192.168.1.100\n1001 src-10.0.0.1\n", "1001 src-192.168.1.100\n1007 office\n", "rubbish\n254 src-10.0.0.1\n")
        from foreign in Gen.OneOf<string>("", "known", "known", "taken")
        from networks in Gen.OneOf<string[]>([], ["10.244.0.0/16"], ["10.244.0.0/16", "fd44::/56"])
        from all in GenConf
        from nftables in Gen.OneOf("none", "none", "right", "right", "other", "empty", "obstacle")
        from config in GenConfig
        select new AnyNode(
            WithNftables(nftables, config, new NodeState
            {
                AllCards = all,
                Links = links,
                Addresses = addresses,
                Tables = Tables(links, [.. main4.Concat(main6).Select(route => (TableId.Main, route)), .. source4, .. source6]),
                Rules = [.. rules.DistinctBy(rule => rule with { Protocol = 0 }).OrderBy(rule => rule.Priority)],
                TableNamesFile = names,
                ForeignTableNames = foreign.Length == 0 ? [] : new Dictionary<string, uint> { [foreign] = foreign == "known" ? 777u : 1003u },
                FlannelNetworks = [.. networks.Select(Text.Prefix)],
            }),
            config);

    private static NodeState WithNftables(string kind, Config config, NodeState state) => kind switch
    {
        "none" => state.With(nftables: new NftablesState(null)),
        "right" => state.With(nftables: new NftablesState(Derive.From(config, state.With(nftables: new NftablesState(null))).MarkTable)),
        "other" => state.With(nftables: new NftablesState(new NftTable([new NftChain("prerouting", null, [NftRule.Of(NftStatement.IsNew)])]))),
        "empty" => state.With(nftables: new NftablesState(new NftTable([], 3))),
        // Rules for marks are left alone then: the properties are about the others.
        _ => state.With(
            rules: [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol || rule.MarkMask == 0)],
            nftables: new NftablesState(null, "nobody answers")),
    };

    private static Dictionary<TableId, List<Route>> Tables(Link[] links, IEnumerable<(uint Table, Route Route)> routes) =>
        routes
            .Where(entry => entry.Route.Nexthops.All(hop => links.Any(link => link.Index == hop.Oif && link.IsUp)))
            .DistinctBy(entry => (entry.Table, entry.Route.Key))
            .OrderBy(entry => entry.Route.Metric)
            .GroupBy(entry => new TableId(entry.Route.Family, entry.Table))
            .ToDictionary(table => table.Key, table => table.Select(entry => entry.Route).ToList());

    /// <summary>Tries a claim on many nodes.</summary>
    public static void Always(Action<AnyNode> claim) => Any.Sample(claim, print: node => node.ToString(), iter: Iterations);

    /// <summary>The node in words, for a test that failed.</summary>
    public override string ToString()
    {
        var ip = new IpCommand(State);
        string[] lines =
        [
            .. State.Links.Select(link => $"link {link.Name} up={link.IsUp} master={link.Master}"),
            .. State.Addresses.Select(address => $"address {address.Local} {address.Subnet} on {address.Link} flags={address.Flags}"),
            .. State.Tables.SelectMany(table => table.Value.Select(route => "route " + ip.Format(route, table.Key.Number))),
            .. State.Rules.Select(rule => "rule " + IpCommand.Format(rule)),
            $"names {State.TableNamesFile}",
            $"overlay {string.Join(' ', State.FlannelNetworks)}",
            $"nftables {State.Nftables.Obstacle ?? State.Nftables.Table?.ToString() ?? "none"}; all cards {State.AllCards}",
            $"config {Config} {string.Join("; ", Config.Sources)} {string.Join(' ', Config.OverlayNetworks ?? [])}",
        ];
        return string.Join('\n', lines);
    }
}
