using System.Globalization;

namespace CniSrcRoute.Harm.Parts;

/// <summary>A LAN with a card of the node, a neighbour, and routers.</summary>
/// <param name="number">Its number, from 0.</param>
/// <param name="random">What everything else is drawn from.</param>
internal sealed class Lan(int number, Random random) : Part
{
    private static readonly string[] Networks4 = ["192.168.1", "10.0.0", "172.20.2", "100.64.3"];

    private readonly LanStyle _style = Draw(number, random);
    private readonly int _families = random.Next(10) switch { < 5 => 46, < 9 => 4, _ => 6 };
    private readonly int _routers = random.Next(6) switch { 0 => number == 0 ? 1 : 0, 5 => 2, _ => 1 };
    private readonly bool _stateful = random.Next(2) == 0;
    private readonly bool _hasDefault = number == 0 || random.Next(3) > 0;
    private readonly bool _isStrictHost = random.Next(4) == 0;

    public string Card => _style == LanStyle.Bridge ? $"br{number}" : $"eth{number}";

    public static string Name(int number) => $"lan{number}";

    /// <summary>An address of the LAN's IPv4 network.</summary>
    public static string Ipv4(int number, int host) => string.Create(CultureInfo.InvariantCulture, $"{Networks4[number]}.{host}");

    /// <summary>An address of the LAN's IPv6 network.</summary>
    public static string Ipv6(int number, int host) => string.Create(CultureInfo.InvariantCulture, $"2001:db8:{number + 1}::{(host == 0 ? "" : host)}");

    public override void Build(Draft draft)
    {
        bool has4 = _families is 46 or 4, has6 = _families is 46 or 6;
        string own4 = _style switch
        {
            LanStyle.PointToPoint => $"10.9.{number}.0",
            LanStyle.Host => $"198.51.100.{number}",
            LanStyle.AddressAlone => $"192.0.2.{number + 100}",
            _ => Ipv4(number, 10),
        };
        string router4 = _style switch { LanStyle.PointToPoint => $"10.9.{number}.1", LanStyle.Host => $"169.254.{number}.1", _ => Ipv4(number, 1) };
        string own = $"{own4}/{_style switch { LanStyle.PointToPoint => "31", LanStyle.Host or LanStyle.AddressAlone => "32", LanStyle.Large => "8", LanStyle.NoPrefixRoute => "24 noprefixroute", _ => "24" }}";
        string[] addresses = [.. has4 ? (string[])[own] : [], .. has6 ? (string[])[$"{Ipv6(number, 10)}/64"] : []];
        PlugNode(draft, addresses);
        string? via4 = _routers > 0 && has4 ? $"{router4} dev {Card}{(_style is LanStyle.Host or LanStyle.AddressAlone ? " onlink" : "")}" : null;
        string? via6 = _routers > 0 && has6 ? $"{Ipv6(number, 1)} dev {Card}" : null;
        bool isSubnet = has4 && _style is not (LanStyle.PointToPoint or LanStyle.Host);
        draft.Uplinks[number] = new Uplink(number, Card, has4 ? own4 : null, has6 ? Ipv6(number, 10) : null, via4, via6, isSubnet);
        if (has4 && _style == LanStyle.NoPrefixRoute)
        {
            draft.Node.Ip($"route add {Ipv4(number, 0)}/24 dev {Card} src {own4} metric 100 proto kernel scope link");
        }

        if (has4 && _style == LanStyle.AddressAlone)
        {
            draft.Node.Ip($"route add {Ipv4(number, 0)}/24 dev {Card} scope link");
        }

        for (int i = 0; i < _routers; i++)
        {
            AddRouter(draft, i, has4, has6, own4, router4);
        }

        if (_style is not (LanStyle.PointToPoint or LanStyle.Host))
        {
            AddNeighbour(draft, has4, has6, own4, own.Contains("/32", StringComparison.Ordinal));
        }
    }

    public override string ToString() =>
        $"{Name(number)}: {_style}, IPv{_families}, {_routers} {(_stateful ? "stateful " : "")}routers{(_hasDefault ? ", default" : "")}{(_isStrictHost ? ", the card answers ARP for its own addresses alone" : "")}";

    private static LanStyle Draw(int number, Random random) =>
        random.Next(20) switch
        {
            < 11 => LanStyle.Plain,
            11 or 12 => number == 1 ? LanStyle.Large : LanStyle.Plain,
            13 => LanStyle.PointToPoint,
            14 => LanStyle.Host,
            15 or 16 => LanStyle.NoPrefixRoute,
            17 => number == 0 ? LanStyle.Plain : LanStyle.AddressAlone,
            _ => LanStyle.Bridge,
        };

    private void PlugNode(Draft draft, string[] addresses)
    {
        if (_style == LanStyle.Bridge)
        {
            draft.Plug(Name(number), draft.Node, $"eth{number}");
            int index = draft.NextIndex();
            draft.Node.Ip($"link add {Card} index {index} address {draft.Hardware("node", Card)} type bridge mcast_snooping 0\nlink set eth{number} master {Card}");
            Draft.Raise(draft.Node, Card, index, addresses);
        }
        else
        {
            draft.Plug(Name(number), draft.Node, Card, addresses);
        }

        draft.Cards.Add(Card);
        if (_isStrictHost)
        {
            draft.Node.Late[$"ipv4/conf/{Card}/arp_ignore"] = "1";
        }
    }

    private void AddRouter(Draft draft, int which, bool has4, bool has6, string own4, string router4)
    {
        string name = $"r{number}{(which == 0 ? "" : "b")}", via4 = which == 0 ? router4 : Ipv4(number, 2), via6 = Ipv6(number, which + 1);
        int wan = 2 * number + which + 1;
        if (which > 0 && _style is LanStyle.PointToPoint or LanStyle.Host)
        {
            return;
        }

        Place router = draft.Add(name, Role.Router).Forwarding();
        string length = _style switch { LanStyle.PointToPoint => "31", LanStyle.Host => "32", LanStyle.Large => "8", _ => "24" };
        draft.Plug(Name(number), router, "lan", [.. has4 ? (string[])[$"{via4}/{length}"] : [], .. has6 ? (string[])[$"{via6}/64"] : []]);
        if (has4 && _style is LanStyle.Host or LanStyle.AddressAlone)
        {
            router.Ip($"route add {own4} dev lan");
        }

        if (draft.Find("far") is { } far)
        {
            draft.Plug("wan", router, "wan", $"203.0.113.{wan}/24", $"2001:db8:ff::{wan}/64");
            router.Ip($"route add default via {Beyond.Far4}\nroute add default via {Beyond.Far6}");
            if (which == 0)
            {
                if (has4)
                {
                    far.Ip(_style is LanStyle.Host or LanStyle.AddressAlone or LanStyle.PointToPoint ? $"route add {own4} via 203.0.113.{wan}" : "");
                    far.Ip(_style is LanStyle.Host or LanStyle.PointToPoint ? "" : $"route add {Ipv4(number, 0)}/24 via 203.0.113.{wan}");
                }

                far.Ip(has6 ? $"route add {Ipv6(number, 0)}/64 via 2001:db8:ff::{wan}" : "");
            }
        }

        if (_stateful)
        {
            // It drops replies whose requests it has not seen, and what comes from a LAN with an address of another.
            router.Early["netfilter/nf_conntrack_tcp_loose"] = "0";
            router.Nftables.Add("table inet firewall { chain forward { type filter hook forward priority 0; ct state invalid drop; iifname lan fib saddr . iif oif missing drop; }; }");
        }

        if (_hasDefault)
        {
            draft.Facts.UnionWith([.. has4 ? (string[])[$"default by {Card}, IPv4"] : [], .. has6 ? (string[])[$"default by {Card}, IPv6"] : []]);
            int metric = 100 * (number + 1) + which;
            draft.Node.Ip(has4 ? $"route add default via {via4} dev {Card} metric {metric}{(_style is LanStyle.Host or LanStyle.AddressAlone ? " onlink" : "")}" : "");
            draft.Node.Ip(has6 ? $"route add default via {via6} dev {Card} metric {1024 + metric}" : "");
        }

    }

    private void AddNeighbour(Draft draft, bool has4, bool has6, string own4, bool isAlone)
    {
        Place neighbour = draft.Add($"n{number}", Role.Neighbour);
        string length = _style == LanStyle.Large ? "8" : "24";
        draft.Plug(Name(number), neighbour, "eth0", [.. has4 ? (string[])[$"{Ipv4(number, 50)}/{length}"] : [], .. has6 ? (string[])[$"{Ipv6(number, 50)}/64"] : []]);
        if (_routers > 0)
        {
            neighbour.Ip(has4 ? $"route add default via {Ipv4(number, 1)}" : "");
            neighbour.Ip(has6 ? $"route add default via {Ipv6(number, 1)}" : "");
        }

        if (isAlone && has4)
        {
            neighbour.Ip($"route add {own4} dev eth0");
        }
    }
}
