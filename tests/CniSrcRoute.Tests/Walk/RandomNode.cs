using CniSrcRoute.UnitTests.Nodes;
namespace CniSrcRoute.Tests.Walk;

/// <summary>
/// A node as nobody would have thought of it, from a seed: the ip(8) commands that make it, most of which the kernel takes, and packets to ask for. The
/// devices are those of <see cref="Devices"/>.
/// </summary>
internal sealed class RandomNode
{
    /// <summary>The devices: some that swallow all, one without a carrier (its peer is down), and a VRF with a port. Their indices are 2 and up.</summary>
    public static readonly string[] Devices = ["d1", "d2", "d3", "d4", "nc", "vrf1", "d5"];

    /// <summary>What makes the devices. Where the kernel has no VRF one more of the others stands in its place.</summary>
    public static readonly string Setup = string.Join('\n',
    [
        .. Devices[..4].Select((name, i) => $"link add {name} index {i + 2} type ifb"),
        "link set lo up",
        "link add nc index 6 type veth peer name peer index 90",
        "link add vrf1 index 7 type vrf table 77",
        "link add vrf1 index 7 type ifb",
        "link add d5 index 8 type ifb",
        "link set d5 master vrf1",
        .. Devices.Select(name => $"link set {name} up"),
    ]);

    private readonly Random _random;

    public RandomNode(int seed)
    {
        _random = new Random(seed);
        string[] devices = Devices;
        foreach (string device in devices)
        {
            Add($"link set {device} group {Pick(0, 0, 3, 4)}");
            string conf = $"net/ipv4/conf/{device}";
            Settings[$"{conf}/rp_filter"] = Pick(0, 0, 0, 1, 2);
            Settings[$"{conf}/src_valid_mark"] = Pick(0, 1);
            Settings[$"{conf}/ignore_routes_with_linkdown"] = Pick(0, 1);
            Settings[$"net/ipv6/conf/{device}/ignore_routes_with_linkdown"] = Pick(0, 1);
        }

        Settings["net/ipv4/ip_forward"] = 1;
        Settings["net/ipv6/conf/all/forwarding"] = 1;
        for (int i = 0; i < devices.Length; i++)
        {
            AddAddresses(devices[i], i + 1);
        }

        Repeat(3, 7, AddNexthop);
        Repeat(8, 40, AddRoute);
        Repeat(3, 14, AddRule);

        // As long as there has been no rule but its own, the kernel looks main and local up as one table.
        Commands.Add("rule add lookup 100 priority 31000");
        Commands6.Add("rule add lookup 100 priority 31000");
        if (Chance(3))
        {
            Is6 = true;
            Add("link set d4 down");
        }
    }

    /// <summary>The commands of `ip -batch`.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>The commands of `ip -6 -batch`, which come after the others.</summary>
    public List<string> Commands6 { get; } = [];

    /// <summary>Files below /proc/sys with their numbers.</summary>
    public Dictionary<string, int> Settings { get; } = [];

    private bool Is6 { get; set; }

    /// <summary>Packets.</summary>
    public IEnumerable<CniSrcRoute.Walk.Flow> Flows(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Is6 = Chance(2);
            bool isInput = Chance(3);
            byte protocol = Pick<byte>(6, 17, 17);
            yield return new CniSrcRoute.Walk.Flow
            {
                Destination = Text.Address(Destination()),
                Source = isInput ? Text.Address(Chance(6) ? Own() : Destination()) : Chance(2) ? default : Text.Address(Chance(12) ? Destination() : Own()),
                Iif = isInput ? 2 + _random.Next(Devices.Length) : 0,
                Oif = !isInput && Chance(3) ? 2 + _random.Next(Devices.Length) : 0,
                Mark = Pick(0u, 0u, 1u, 0x10u, 0x11u, 0x4001u),
                Tos = Pick<byte>(0, 0, 0, 0x10, 0x08, 0x20, 0xb8),
                User = isInput ? 0 : Pick(0u, 0u, 1000u, 1500u),
                Protocol = protocol,
                SourcePort = Pick<ushort>(0, 53, 1000, 40000),
                DestinationPort = Pick<ushort>(0, 80, 81, 443),
            };
        }
    }

    private void AddAddresses(string device, int number)
    {
        Is6 = false;
        if (Chance(8))
        {
            return;
        }

        Add($"address add 10.{number}.0.1/{Pick(24, 24, 16, 32)} dev {device} {Pick("", "", "", "scope link", "scope host", "noprefixroute")}");
        Sometimes(2, $"address add 10.{number}.0.2/24 dev {device}");
        Sometimes(3, $"address add 172.16.{number}.1 peer 172.16.{number + 100}.0/24 dev {device}");
        Sometimes(4, $"address add 192.168.5.{number}/24 dev {device}");
        Sometimes(4, $"address add 198.18.0.{number}/32 dev lo");
        Add($"address add fd0{number}::1/{Pick(64, 64, 48, 128)} dev {device} nodad {Pick("", "", "preferred_lft 0", "noprefixroute")}");
        Sometimes(2, $"address add 2001:db8:{number}::1/64 dev {device} nodad");
        Sometimes(2, $"address add fe80::{number}/64 dev {device} nodad");
        Sometimes(3, $"address add fd0{number}::2/64 dev {device} nodad");
        Sometimes(4, $"address add 2001:db8:5::{number}/64 dev {device} nodad");
        Sometimes(4, $"address add 2001:db8:ff::{number}/128 dev lo nodad");
    }

    private void AddNexthop()
    {
        Is6 = Chance(2);
        int id = _random.Next(1, 12);
        Add($"nexthop add id {id} {Pick($"via {Gateway()} dev {Device()} onlink", $"dev {Device()}", $"group {_random.Next(1, 12)}/{_random.Next(1, 12)}", "blackhole")}");
    }

    private void AddRoute()
    {
        Is6 = Chance(2);
        string table = $"table {Pick(254, 254, 254, 100, 100, 101, 102, 77, 255)}";
        string metric = Pick("", "metric 5", "metric 10", "metric 100", "metric 1024");
        string tos = !Is6 && Chance(8) ? "tos 0x10" : "";
        string pref = Is6 ? Pick("", "", "pref high", "pref low") : "";
        string from = Is6 && Chance(8) ? $"from {Pick("fd01::/64", "fd00::/8", "2001:db8::/32")}" : "";
        string source = Chance(4) ? $"src {Own()}" : "";
        string route = $"route {Pick("add", "add", "append")} {{0}}{Prefix()} {from} {{1}} {table} {metric} {tos} {pref}";
        Add(_random.Next(10) switch
        {
            0 => Format(route, Pick("blackhole ", "unreachable ", "prohibit ", "throw ", "throw "), ""),
            1 => Format(route, Pick("local ", "local ", Is6 ? "local " : "anycast "), $"dev {Pick("lo", Device())}"),
            2 => Format(route, "", $"nhid {_random.Next(1, 12)} {source}"),
            3 or 4 => Format(route, "", source) + string.Concat(Enumerable.Range(0, _random.Next(2, 4)).Select(_ => $" nexthop {Hop()} weight {_random.Next(1, 5)}")),

            // Not by the device without a carrier: whether such a route counts depends on which came first, the route or the loss of the carrier.
            5 when !Is6 => Format(route, "", $"via inet6 fe80::99 dev {Pick("d1", "d2", "d3")} onlink {source}"),
            _ => Format(route, "", $"{Hop()} {source} {(Is6 ? "" : Pick("", "", "", "scope global"))}"),
        });
    }

    private void AddRule()
    {
        Is6 = Chance(2);
        List<string> words = [];
        void Word(int odds, string text) => words.AddRange(Chance(odds) ? [text] : []);
        Word(3, $"from {Pick(Prefix(), Own())}");
        Word(4, $"to {Prefix()}");
        Word(6, $"iif {Pick("lo", "lo", Device(), "vrf1", "gone")}");
        Word(8, $"oif {Pick(Device(), "vrf1", "gone")}");
        Word(4, $"fwmark {Pick("1", "0x10/0x10", "0x4000/0x4000", "0/0xff")}");
        Word(10, "tos 0x10");
        Word(7, $"ipproto {Pick("tcp", "udp")}");
        Word(8, $"sport {Pick("53", "1000-2000")}");
        Word(8, $"dport {Pick("80", "80-100")}");
        Word(6, $"uidrange {Pick("0-0", "1000-1999")}");
        string action = Pick($"lookup {Pick(254, 100, 101, 102, 103)}", $"lookup {Pick(254, 100, 101)}", $"lookup {Pick(254, 100)}", Pick("blackhole", "unreachable", "prohibit", "nop", $"goto {_random.Next(2000)}", "l3mdev"));
        string suppress = action.StartsWith("lookup", StringComparison.Ordinal) ? Pick("", "", "", "suppress_prefixlength 0", "suppress_prefixlength 16", "suppress_ifgroup 3") : "";
        string inverted = words.Count > 0 && Chance(7) ? "not " : "";
        int priority = Chance(3) ? 32766 + Pick(0, 0, 1, -5) : _random.Next(2000);
        Add($"rule add {inverted}{string.Join(' ', words.OrderBy(word => word.StartsWith("from", StringComparison.Ordinal) ? 0 : 1))} {action} {suppress} priority {priority}");
        Sometimes(12, "rule del priority 0");
        Sometimes(12, "rule add lookup 255 priority 32000");
    }

    private string Hop() => Chance(3) ? $"dev {Device()}" : $"via {Gateway()} dev {Device()} {Pick("onlink", "onlink", "")}";

    private string Gateway() => Is6 ? Pick("fe80::99", $"fd0{_random.Next(1, 8)}::99") : $"10.{_random.Next(1, 8)}.0.{Pick(99, 98)}";

    private string Device() => Pick(Devices);

    private string Own() => Is6
        ? Pick($"fd0{_random.Next(1, 8)}::{Pick(1, 1, 2)}", $"2001:db8:{_random.Next(1, 8)}::1", $"2001:db8:5::{_random.Next(1, 8)}", $"2001:db8:ff::{_random.Next(1, 8)}")
        : Pick($"10.{_random.Next(1, 8)}.0.{Pick(1, 1, 2)}", $"172.16.{_random.Next(1, 8)}.1", $"192.168.5.{_random.Next(1, 8)}", $"198.18.0.{_random.Next(1, 8)}");

    private string Prefix() => Is6
        ? Pick("::/0", "::/0", "2000::/3", "fc00::/7", "fd01::/64", $"fd0{_random.Next(1, 8)}::/{Pick(16, 48, 64)}", $"2001:db8:{_random.Next(1, 8)}::/48", "2001:db8:99::5/128", "2001:db8:99::/64")
        : Pick("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", $"10.{_random.Next(1, 8)}.0.0/{Pick(16, 24)}", $"10.{_random.Next(1, 8)}.0.77/32", "192.168.0.0/16", "203.0.113.0/24", "203.0.113.5/32");

    private string Destination() => Is6
        ? Pick($"fd0{_random.Next(1, 8)}::{_random.Next(1, 3):x}", $"fd0{_random.Next(1, 8)}::77", $"2001:db8:{_random.Next(1, 8)}::{_random.Next(1, 3)}", "2001:db8:99::5", "2001:db8:99::6", "fd99::1", "3fff::1", "fe80::99", Own())
        : Pick($"10.{_random.Next(1, 8)}.0.{Pick(1, 77, 78, 255)}", $"172.16.{_random.Next(101, 108)}.3", "192.168.5.50", "192.168.7.7", "203.0.113.5", "203.0.113.6", "8.8.8.8", "198.51.100.1", Own());

    private void Add(string command) => (Is6 ? Commands6 : Commands).Add(command);

    private bool Chance(int odds) => _random.Next(odds) == 0;

    private void Sometimes(int odds, string command) => (Is6 ? Commands6 : Commands).AddRange(Chance(odds) ? [command] : []);

    private void Repeat(int least, int most, Action action)
    {
        for (int i = _random.Next(least, most + 1); i > 0; i--)
        {
            action();
        }
    }

    private T Pick<T>(params T[] among) => among[_random.Next(among.Length)];

    private static string Format(string text, string type, string way) =>
        text.Replace("{0}", type, StringComparison.Ordinal).Replace("{1}", way, StringComparison.Ordinal);
}
