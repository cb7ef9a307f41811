using System.Net;
using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// A node with two cards and all that is around it, for the packets of published ports:
/// <code>
///   client ----+-- dmz --+-- gateway --+-- office --+---- node2 ---- pod-b
///   10.0.0.100 |      .254|   stateful  |.1          |  192.168.1.101   :
///              +---- eth1 +     :       +------------+ eth0             : VXLAN
///             10.0.0.1        far                     192.168.1.100     :
///                        203.0.113.7     node ....................................: ---- pod-a
/// </code>
/// </summary>
internal sealed class Neighbourhood : IDisposable
{
    /// <summary>Both ways to ask for an address of the node from everywhere: main knows a wrong way back for some of each family.</summary>
    public const string Office4 = "192.168.1.100", Dmz4 = "10.0.0.1", Office6 = "2001:db8:1::100", Dmz6 = "2001:db8:2::1";

    public const string PodA4 = "10.254.1.2", PodA6 = "fd00:254:0:1::2", PodB4 = "10.254.2.2", PodB6 = "fd00:254:0:2::2";

    /// <summary>Addresses that are on no card; the gateway has them by the office, or by the dmz.</summary>
    public const string External4 = "198.51.100.1", ExternalDmz4 = "198.51.100.2", External6 = "2001:db8:8::1", ExternalDmz6 = "2001:db8:8::2";

    /// <summary>Where pods listen, and the hostNetwork pods of node and node2.</summary>
    public const int PodPort = 80, HostPort = 9080;

    /// <summary>Who is around the node, and in which networks: the last byte of the card's hardware address, and its addresses.</summary>
    private static readonly (string Segment, string Place, string Card, string Last, string Address4, string Address6)[] Cables =
    [
        ("office", "gateway", "office", "01", "192.168.1.1/24", "2001:db8:1::1/64"),
        ("dmz", "gateway", "dmz", "fe", "10.0.0.254/24", "2001:db8:2::2/64"),
        ("beyond", "gateway", "beyond", "02", "203.0.113.1/24", "2001:db8:9::1/64"),
        ("beyond", "far", "eth0", "07", "203.0.113.7/24", "2001:db8:9::7/64"),
        ("dmz", "client", "eth0", "64", "10.0.0.100/24", "2001:db8:2::100/64"),
        ("office", "node2", "eth0", "65", "192.168.1.101/24", "2001:db8:1::101/64"),
    ];

    /// <summary>Routes of those, and node2's part of the overlay with its pod: lines of `ip -batch`.</summary>
    private static readonly (string Place, string Lines)[] Neighbours =
    [
        ("gateway", """
            route add 198.51.100.1 via 192.168.1.100
            route add 198.51.100.2 via 10.0.0.1
            route add 2001:db8:8::1 via 2001:db8:1::100
            route add 2001:db8:8::2 via 2001:db8:2::1
            """),
        ("client", """
            route add default via 10.0.0.254
            route add default via 2001:db8:2::2
            route add 198.51.100.2 via 10.0.0.1
            route add 2001:db8:8::2 via 2001:db8:2::1
            """),
        ("far", """
            route add default via 203.0.113.1
            route add default via 2001:db8:9::1
            """),
        ("node2", $"""
            route add default via 192.168.1.1
            route add default via 2001:db8:1::1
            route add 198.51.100.1 via 192.168.1.100
            route add 2001:db8:8::1 via 2001:db8:1::100
            link add cni0 index 401 up type veth peer name eth0 index 501 netns pod-b
            address add 10.254.2.1/24 dev cni0
            address add fd00:254:0:2::1/64 dev cni0 nodad
            {Overlay(2, 1)}
            """),
        ("pod-b", """
            address add 10.254.2.2/24 dev eth0
            address add fd00:254:0:2::2/64 dev eth0 nodad
            link set eth0 up
            route add default via 10.254.2.1
            route add default via fd00:254:0:2::1
            """),
    ];

    /// <summary>It forwards nothing whose beginning it has not seen: what leaves by another card than it came by breaks there.</summary>
    private const string StatefulGateway = """
        table inet firewall {
            chain forward {
                type filter hook forward priority filter; policy drop;
                ct state invalid drop
                ct state established,related accept
                ct state new tcp flags & (fin | syn | rst | ack) == syn accept
                ct state new meta l4proto != tcp accept
            }
        }
        """;

    private readonly List<IDisposable> _things = [];
    private readonly Capture[] _captures;

    /// <summary>Builds all but pod-a.</summary>
    public Neighbourhood()
    {
        Node = Topology.TwoCardsDual();
        _things.Add(Node);
        Node.Ip("""
            route add default via 10.0.0.254 metric 100
            route add default via 2001:db8:2::2 metric 2048
            """);
        Node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        Connect();
        _captures = [new Capture(Node, "eth0"), new Capture(Node, "eth1")];
        _things.AddRange(_captures);
        _things.Add(new EchoServer("pod-b", Node.Network("pod-b"), PodPort));
        _things.Add(new EchoServer("node", Node.Network(), HostPort, Office4, Office6));
        _things.Add(new EchoServer("node2", Node.Network("node2"), HostPort));
    }

    /// <summary>The node with the two cards.</summary>
    public Node Node { get; }

    /// <summary>Makes pod-a by Debian's bridge plugin, with further plugins behind it, and srcroute at the end.</summary>
    /// <param name="plugins">What stands between the two: JSON objects.</param>
    /// <param name="path">Directories that are searched for programs before all others.</param>
    public void AddPod(IEnumerable<string>? plugins = null, string path = "")
    {
        const string Bridge = """
            { "type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "mtu": 1450,
              "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.254.1.0/24" }], [{ "subnet": "fd00:254:0:1::/64" }]] } }
            """;
        string pod = new Chain(Node, "1.0.0", [Bridge, .. plugins ?? [], """{ "type": "srcroute" }"""]) { ProgramPath = path }.Add("pod-a");

        // Neighbours are asked for from a link-local address, which cards get by themselves everywhere but on this node.
        Node.Ip("address add fe80::1/64 dev cni0 nodad");
        Node.Settle();
        Assert.Equal((PodA4, PodA6), (Chain.Address(pod), Chain.Address(pod, ipv6: true)));
        _things.Add(new EchoServer("pod-a", Node.Network("pod-a"), PodPort));
    }

    /// <summary>Makes pod-a without a plugin, as it is when a runtime has called all of them.</summary>
    public void MakePod()
    {
        Node.AddNetworks("pod-a");
        Node.Ip("""
            link add cni0 index 601 type bridge
            address add 10.254.1.1/24 dev cni0
            address add fd00:254:0:1::1/64 dev cni0 nodad
            address add fe80::1/64 dev cni0 nodad
            link add veth0 index 602 up master cni0 type veth peer name eth0 index 702 netns pod-a
            link set veth0 type bridge_slave hairpin on
            link set cni0 up
            """);
        Node.IpIn("pod-a", """
            address add 10.254.1.2/24 dev eth0
            address add fd00:254:0:1::2/64 dev eth0 nodad
            link set eth0 up
            route add default via 10.254.1.1
            route add default via fd00:254:0:1::1
            """);
        Node.Settle();
        _things.Add(new EchoServer("pod-a", Node.Network("pod-a"), PodPort));
    }

    /// <summary>The same as <see cref="WaysTo(Client)"/>, when something has left: it may be on its way yet.</summary>
    public string[] AwaitWaysTo(Client client)
    {
        string[] ways = [];
        Assert.True(SpinWait.SpinUntil(() => (ways = WaysTo(client)).Length > 0, Job.Patience), $"nothing leaves for {client.Port}");
        return ways;
    }

    /// <summary>Sets rp_filter, and src_valid_mark, of all of the node's cards.</summary>
    public void SetReversePath(int filter, bool sourceValidMark = false) => Node.Sh($"""
        cd /proc/sys/net/ipv4/conf
        for card in *; do echo {filter} >$card/rp_filter; echo 0 >$card/src_valid_mark; done
        echo {(sourceValidMark ? 1 : 0)} >all/src_valid_mark
        """);

    /// <summary>A client's connection.</summary>
    public Client Open(string place, string address, int port, ProtocolType protocol = ProtocolType.Tcp, string from = "", int sharedPort = 0) =>
        new(Node.Network(place), address, port, protocol, from, sharedPort);

    /// <summary>
    /// The packets that have left the node for a client, by the cards that are wires: cut short to card and next hop, each once. All that left before this
    /// was called are among them.
    /// </summary>
    public string[] WaysTo(Client client) => WaysTo(client, Sent());

    /// <summary>The same of packets that have been seen.</summary>
    public static string[] WaysTo(Client client, IEnumerable<Packet> sent) =>
        [.. sent.Where(packet => packet.Inner is null && packet.DestinationPort == client.Port).Select(packet => packet.Way).Distinct()];

    /// <summary>All packets that have left the node before this was called, and since <see cref="Forget"/> was.</summary>
    public Packet[] Sent()
    {
        foreach (Capture capture in _captures)
        {
            AwaitLast(capture);
        }

        return [.. _captures.SelectMany(capture => capture.Packets)];
    }

    /// <summary>Forgets what has left the node so far.</summary>
    public void Forget()
    {
        _ = Sent();
        foreach (Capture capture in _captures)
        {
            capture.Forget();
        }
    }

    /// <summary>Asserts that all flows are answered, by the right one and by the right way, TCP and UDP.</summary>
    public async Task AssertAnsweredAsync(string server, int port, Flow[] flows)
    {
        (Flow Flow, Client Client)[] clients =
        [
            .. from flow in flows
               from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
               select (flow, Open(flow.From, flow.To, port, protocol)),
        ];
        string?[] answers = await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync()));
        Packet[] sent = Sent();
        string[] expected = [.. clients.Select(entry => $"{entry.Flow.From} -> {entry.Flow.To}: {server} by {entry.Flow.Way}")];
        string[] actual =
        [
            .. clients.Zip(answers, (entry, answer) =>
                $"{entry.Flow.From} -> {entry.Flow.To}: {answer?.Split(' ')[0] ?? "no answer"} by {string.Join(" and ", WaysTo(entry.Client, sent))}"),
        ];
        foreach ((_, Client client) in clients)
        {
            client.Dispose();
        }

        Assert.Equal(expected, actual);
    }

    public void Dispose()
    {
        for (int i = _things.Count - 1; i >= 0; i--)
        {
            _things[i].Dispose();
        }
    }

    private void Connect()
    {
        Node.AddNetworks("gateway", "client", "far", "node2", "pod-b");

        // With different numbers at both ends a carrier is there at once.
        Node.IpIn("lan", $"""
            link add office up type bridge mcast_snooping 0
            link add dmz up type bridge mcast_snooping 0
            link add beyond up type bridge mcast_snooping 0
            link set eth0 master office
            link set eth1 master dmz
            {Lines(Cables.Select((cable, i) =>
                $"link add {cable.Place}-{cable.Card} index {201 + i} up master {cable.Segment} type veth peer name {cable.Card} index {301 + i} netns {cable.Place}"))}
            """);
        foreach ((string place, string lines) in Neighbours)
        {
            Node.IpIn(place, $"""
                {Lines(Cables.Where(cable => cable.Place == place).Select(cable => $"""
                    link set {cable.Card} address 02:00:00:00:00:{cable.Last} up
                    address add {cable.Address4} dev {cable.Card}
                    address add {cable.Address6} dev {cable.Card} nodad
                    """))}
                {lines}
                """);
        }

        Node.Start(["ip", "netns", "exec", "gateway", "nft", "-f", "-"], StatefulGateway).Finish().Succeeded();
        Node.Ip(Overlay(1, 2));
        Node.Sh("""
            bridge -batch - <<END
            fdb append 02:00:0a:fe:02:00 dev flannel.1 dst 192.168.1.101
            fdb append 02:06:0a:fe:02:00 dev flannel-v6.1 dst 2001:db8:1::101
            END
            bridge -n node2 -batch - <<END
            fdb append 02:00:0a:fe:01:00 dev flannel.1 dst 192.168.1.100
            fdb append 02:06:0a:fe:01:00 dev flannel-v6.1 dst 2001:db8:1::100
            END
            """);
        Node.Settle();
    }

    /// <summary>Flannel's cards on one of the two nodes, and its one peer.</summary>
    private static string Overlay(int own, int peer) => $"""
        link add flannel.1 address 02:00:0a:fe:0{own}:00 mtu 1450 up type vxlan id 1 dev eth0 local 192.168.1.{99 + own} dstport 8472 nolearning
        address add 10.254.{own}.0/32 dev flannel.1
        neighbour add 10.254.{peer}.0 lladdr 02:00:0a:fe:0{peer}:00 dev flannel.1 nud permanent
        route add 10.254.{peer}.0/24 via 10.254.{peer}.0 dev flannel.1 onlink
        link add flannel-v6.1 address 02:06:0a:fe:0{own}:00 mtu 1430 up type vxlan id 1 dev eth0 local 2001:db8:1::{99 + own} dstport 8472 nolearning
        address add fd00:254:0:{own}::/128 dev flannel-v6.1 nodad
        neighbour add fd00:254:0:{peer}:: lladdr 02:06:0a:fe:0{peer}:00 dev flannel-v6.1 nud permanent
        route add fd00:254:0:{peer}::/64 via fd00:254:0:{peer}:: dev flannel-v6.1 onlink
        """;

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);

    // A packet of our own is the last; what is behind it in a capture came later.
    private void AwaitLast(Capture capture)
    {
        const int SOL_SOCKET = 1, SO_BINDTODEVICE = 25;
        int port = 40_000 + Node.NextNumber() % 20_000;
        using Socket socket = Node.Network().In(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.SetRawSocketOption(SOL_SOCKET, SO_BINDTODEVICE, System.Text.Encoding.UTF8.GetBytes(capture.Card));
        socket.SendTo([0], new IPEndPoint(IPAddress.Parse(capture.Card == "eth0" ? "192.168.1.1" : "10.0.0.254"), port));
        Assert.True(
            SpinWait.SpinUntil(() => capture.Packets.Any(packet => packet.DestinationPort == port), Job.Patience),
            $"{capture.Card}: the capture does not end");
    }
}
