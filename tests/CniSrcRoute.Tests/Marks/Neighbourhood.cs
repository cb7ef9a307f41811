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

    private const string Network = """
        tune() { ip netns exec $1 sh -euc '
            cd /proc/sys/net
            for all in all default; do
                echo 0 >ipv4/conf/$all/rp_filter
                echo 0 >ipv6/conf/$all/accept_dad
                echo 0 >ipv6/conf/$all/accept_ra
                echo 1 >ipv6/conf/$all/forwarding
            done
            echo 1 >ipv4/ip_forward
            ip link set lo up'; }
        number=200
        plug() { # SEGMENT PLACE CARD LAST-OF-HARDWARE-ADDRESS ADDRESS...: with different numbers at both ends a carrier is there at once
            number=$((number + 1))
            ip -n lan link add $2-$3 index $number up master $1 type veth peer name $3 index $((number + 100)) netns $2
            ip -n $2 link set $3 address 02:00:00:00:00:$4 up
            ip -n $2 address add $5 dev $3
            ip -n $2 address add $6 dev $3 nodad
        }
        for place in gateway client far node2 pod-b; do ip netns add $place; tune $place; done
        for segment in office dmz beyond; do ip -n lan link add $segment up type bridge mcast_snooping 0; done
        ip -n lan link set eth0 master office
        ip -n lan link set eth1 master dmz
        plug office gateway office 01 192.168.1.1/24 2001:db8:1::1/64
        plug dmz gateway dmz fe 10.0.0.254/24 2001:db8:2::2/64
        plug beyond gateway beyond 02 203.0.113.1/24 2001:db8:9::1/64
        plug beyond far eth0 07 203.0.113.7/24 2001:db8:9::7/64
        plug dmz client eth0 64 10.0.0.100/24 2001:db8:2::100/64
        plug office node2 eth0 65 192.168.1.101/24 2001:db8:1::101/64
        for place in client,10.0.0.254,2001:db8:2::2 far,203.0.113.1,2001:db8:9::1 node2,192.168.1.1,2001:db8:1::1; do
            IFS=, read -r name gateway gateway6 <<END
        $place
        END
            ip -n $name route add default via $gateway
            ip -n $name route add default via $gateway6
        done

        # It forwards nothing whose beginning it has not seen: what leaves by another card than it came by breaks here.
        ip netns exec gateway nft -f - <<END
        table inet firewall {
            chain forward {
                type filter hook forward priority filter; policy drop;
                ct state invalid drop
                ct state established,related accept
                ct state new tcp flags & (fin | syn | rst | ack) == syn accept
                ct state new meta l4proto != tcp accept
            }
        }
        END
        for external in 198.51.100.1,192.168.1.100 198.51.100.2,10.0.0.1 2001:db8:8::1,2001:db8:1::100 2001:db8:8::2,2001:db8:2::1; do
            ip -n gateway route add ${external%,*} via ${external#*,}
        done
        ip -n node2 route add 198.51.100.1 via 192.168.1.100
        ip -n client route add 198.51.100.2 via 10.0.0.1
        ip -n node2 route add 2001:db8:8::1 via 2001:db8:1::100
        ip -n client route add 2001:db8:8::2 via 2001:db8:2::1

        # node2's part of the overlay, and its pod.
        ip -n node2 link add cni0 index 401 up type veth peer name eth0 index 501 netns pod-b
        ip -n node2 address add 10.254.2.1/24 dev cni0
        ip -n node2 address add fd00:254:0:2::1/64 dev cni0 nodad
        ip -n pod-b address add 10.254.2.2/24 dev eth0
        ip -n pod-b address add fd00:254:0:2::2/64 dev eth0 nodad
        ip -n pod-b link set eth0 up
        ip -n pod-b route add default via 10.254.2.1
        ip -n pod-b route add default via fd00:254:0:2::1
        vxlan() { # NUMBER PEER IP...: flannel's cards and its one peer
            own=$1 peer=$2
            shift 2
            "$@" link add flannel.1 address 02:00:0a:fe:0$own:00 mtu 1450 up type vxlan id 1 dev eth0 local 192.168.1.$((99 + own)) dstport 8472 nolearning
            "$@" address add 10.254.$own.0/32 dev flannel.1
            "$@" neighbour add 10.254.$peer.0 lladdr 02:00:0a:fe:0$peer:00 dev flannel.1 nud permanent
            "$@" route add 10.254.$peer.0/24 via 10.254.$peer.0 dev flannel.1 onlink
            "$@" link add flannel-v6.1 address 02:06:0a:fe:0$own:00 mtu 1430 up type vxlan id 1 dev eth0 local 2001:db8:1::$((99 + own)) dstport 8472 nolearning
            "$@" address add fd00:254:0:$own::/128 dev flannel-v6.1 nodad
            "$@" neighbour add fd00:254:0:$peer:: lladdr 02:06:0a:fe:0$peer:00 dev flannel-v6.1 nud permanent
            "$@" route add fd00:254:0:$peer::/64 via fd00:254:0:$peer:: dev flannel-v6.1 onlink
        }
        vxlan 1 2 ip
        vxlan 2 1 ip -n node2
        bridge fdb append 02:00:0a:fe:02:00 dev flannel.1 dst 192.168.1.101
        bridge fdb append 02:06:0a:fe:02:00 dev flannel-v6.1 dst 2001:db8:1::101
        bridge -n node2 fdb append 02:00:0a:fe:01:00 dev flannel.1 dst 192.168.1.100
        bridge -n node2 fdb append 02:06:0a:fe:01:00 dev flannel-v6.1 dst 2001:db8:1::100
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
        Node.Sh(Network);
        AwaitBridges();
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
        AwaitBridges();
        Assert.Equal((PodA4, PodA6), (Chain.Address(pod), Chain.Address(pod, ipv6: true)));
        _things.Add(new EchoServer("pod-a", Node.Network("pod-a"), PodPort));
    }

    /// <summary>Makes pod-a without a plugin, as it is when a runtime has called all of them.</summary>
    public void MakePod()
    {
        Node.Sh("""
            ip link add cni0 index 601 type bridge
            ip address add 10.254.1.1/24 dev cni0
            ip address add fd00:254:0:1::1/64 dev cni0 nodad
            ip address add fe80::1/64 dev cni0 nodad
            ip netns add pod-a
            ip link add veth0 index 602 up master cni0 type veth peer name eth0 index 702 netns pod-a
            bridge link set dev veth0 hairpin on
            ip link set cni0 up
            ip netns exec pod-a sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad'
            ip -n pod-a address add 10.254.1.2/24 dev eth0
            ip -n pod-a address add fd00:254:0:1::2/64 dev eth0 nodad
            ip -n pod-a link set eth0 up
            ip -n pod-a route add default via 10.254.1.1
            ip -n pod-a route add default via fd00:254:0:1::1
            """);
        AwaitBridges();
        _things.Add(new EchoServer("pod-a", Node.Network("pod-a"), PodPort));
    }

    /// <summary>
    /// Waits until all bridges forward, all ends of cables answer to IPv6 neighbours, and who hands on packets has addresses to ask for them with: a worker of
    /// the kernel does all that when it gets to it, seconds later on a busy machine, and datagrams that are sent before are lost.
    /// </summary>
    public void AwaitBridges() => Node.Await("""
        ! { bridge link show; bridge -n lan link show; } | grep -v 'state forwarding' || exit 1
        ! { ip -o link show up type veth; for place in $(ls /run/netns); do ip -n $place -o link show up type veth; done; } | grep LOWER_UP | grep -v 'state UP' || exit 1
        ! { ip -n gateway -6 address show tentative; ip -n node2 -6 address show tentative; } | grep . || exit 1
        """);

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
