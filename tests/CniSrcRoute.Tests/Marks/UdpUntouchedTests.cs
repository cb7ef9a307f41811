using System.Net;
using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Datagrams that are not translated although a server on every address could have them, and servers for whom it makes no difference.</summary>
public sealed class UdpUntouchedTests
{
    private const int Port = 5300;

    // The control: what is translated is seen to be.
    [KernelTheory]
    [InlineData("pod-a", Neighbourhood.Office4, "10.254.1.1")]
    [InlineData("client", Neighbourhood.Office4, Neighbourhood.Dmz4)]
    [InlineData("far", Neighbourhood.Dmz6, Neighbourhood.Office6)]
    [InlineData("pod-a", Neighbourhood.Dmz6, "fd00:254:0:1::1")]
    public async Task A_server_that_looks_sees_the_address_that_it_answers_from(string from, string to, string seen)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port);
        place.Node.Srcroute("bootstrap").Quietly();
        using Client client = place.Open(from, to, Port, ProtocolType.Udp);
        Assert.Equal(seen, await client.AskAsync());
        Assert.EndsWith($":{client.Port} asked {seen}", await server.HearAsync(), StringComparison.Ordinal);
        Assert.NotEqual("", Translated(place, Port));
    }

    // What is translated to an address is for the server that is bound to it. The last: the address is not one that an answer would come from.
    [KernelTheory]
    [InlineData("client", Neighbourhood.Office4, Neighbourhood.Dmz4, Neighbourhood.Office4)]
    [InlineData("far", Neighbourhood.Dmz6, Neighbourhood.Office6, Neighbourhood.Dmz6)]
    [InlineData("pod-a", Neighbourhood.Dmz4, "10.254.1.1", Neighbourhood.Dmz4)]
    [InlineData("pod-a", Neighbourhood.Dmz4, Neighbourhood.Office4, "10.254.1.1")]
    public async Task Of_two_servers_at_a_port_each_gets_its_own_requests(string from, string to, string bound, string asked)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port);
        using Socket other = place.Node.Network().In(() =>
        {
            var address = IPAddress.Parse(bound);
            var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, Port));
            return socket;
        });
        await HearsAsync(to);
        place.Node.Srcroute("bootstrap").Quietly();
        await HearsAsync(asked);
        Assert.Equal(0, other.Available);

        async Task HearsAsync(string address)
        {
            using Client client = place.Open(from, to, Port, ProtocolType.Udp);
            Task<string?> answer = client.AskAsync(TimeSpan.FromSeconds(1));
            Assert.EndsWith($":{client.Port} asked {address}", await server.HearAsync(), StringComparison.Ordinal);
            _ = await answer;
        }
    }

    // The routing tables are asked with the asked address as source, and so is such a rule; the kernel chooses the answer's source without.
    [KernelTheory]
    [InlineData(Neighbourhood.Office4, "10.0.0.254", false)]
    [InlineData(Neighbourhood.Office4, "10.0.0.254", true)]
    [InlineData(Neighbourhood.Office6, "2001:db8:2::2", false)]
    [InlineData(Neighbourhood.Office6, "2001:db8:2::2", true)]
    public async Task An_address_for_which_somebody_has_a_rule_answers_as_without_us(string to, string router, bool isFirst)
    {
        using Neighbourhood place = Prepare();
        using var server = new EchoServer("wildcard", place.Node.Network(), Port);
        string ip = to.Contains(':', StringComparison.Ordinal) ? "ip -6" : "ip";
        string rule = $"{ip} route add default via {router} table 77; {ip} rule add from {to} lookup 77 pref 100";
        if (!isFirst)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        place.Node.Sh(rule);
        if (isFirst)
        {
            // The control.
            await AskAsync();
        }

        place.Node.Srcroute("sync").Succeeded();
        await AskAsync();

        async Task AskAsync()
        {
            foreach (string from in (string[])["node2", "far"])
            {
                using Client client = place.Open(from, to, Port, ProtocolType.Udp);
                Assert.NotNull(await client.AskAsync(TimeSpan.FromSeconds(10)));
            }
        }
    }

    [KernelTheory]
    [InlineData("224.0.0.251")]
    [InlineData("239.1.2.3")]
    [InlineData("10.0.0.255")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::fb")]
    [InlineData("ff05::1:3")]
    public async Task Groups_and_broadcasts_are_heard_as_such(string group)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port);
        var address = IPAddress.Parse(group);
        if (address.IsIPv6Multicast || address.GetAddressBytes()[0] is 224 or 239)
        {
            server.Join(group, int.Parse(place.Node.Sh("ip -o link show eth1").Split(':')[0], System.Globalization.CultureInfo.InvariantCulture));
        }

        place.Node.Srcroute("bootstrap").Quietly();
        using Socket client = place.Node.Network("client").In(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        client.EnableBroadcast = true;
        client.Bind(new IPEndPoint(IPAddress.Parse(address.AddressFamily == AddressFamily.InterNetwork ? "10.0.0.100" : "2001:db8:2::100"), 0));
        client.SendTo([1], new IPEndPoint(address, Port));
        Assert.EndsWith($" asked {group}", await server.HearAsync(), StringComparison.Ordinal);
        Assert.Equal("", Translated(place, Port));
    }

    [KernelTheory]
    [InlineData(67)]
    [InlineData(69)]
    [InlineData(500)]
    [InlineData(547)]
    [InlineData(1701)]
    [InlineData(4500)]
    [InlineData(4789)]
    [InlineData(6081)]
    public async Task Ports_at_which_the_address_is_part_of_what_is_said_are_kept(int port)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), port);
        place.Node.Srcroute("bootstrap").Quietly();
        foreach (string address in (string[])[Neighbourhood.Office4, Neighbourhood.Dmz6])
        {
            using Client client = place.Open("pod-a", address, port, ProtocolType.Udp);
            Task<string?> answer = client.AskAsync(TimeSpan.FromSeconds(1));
            Assert.EndsWith($" asked {address}", await server.HearAsync(), StringComparison.Ordinal);
            Assert.Null(await answer);
        }

        Assert.Equal("", Translated(place, port));
    }

    [KernelFact]
    public async Task A_server_on_one_address_and_one_that_is_connected_hear_their_own()
    {
        using Neighbourhood place = Prepare();
        using var bound = new EchoServer("bound", place.Node.Network(), Port, Neighbourhood.Office4, Neighbourhood.Office6);
        using var everywhere = new AskedServer(place.Node.Network(), Port + 1);
        using Client friend = place.Open("client", Neighbourhood.Dmz4, Port + 1, ProtocolType.Udp);
        using Socket connected = place.Node.Network().In(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            return socket;
        });
        connected.Bind(new IPEndPoint(IPAddress.Any, Port + 2));
        connected.Connect(IPAddress.Parse("10.0.0.100"), friend.Port);
        place.Node.Srcroute("bootstrap").Quietly();
        foreach ((string from, string to) in ((string, string)[])[("client", Neighbourhood.Office4), ("pod-a", Neighbourhood.Office4), ("client", Neighbourhood.Office6), ("pod-a", Neighbourhood.Office6)])
        {
            using Client client = place.Open(from, to, Port, ProtocolType.Udp);
            Assert.StartsWith("bound ", await client.AskAsync(), StringComparison.Ordinal);
        }

        using Client again = place.Open("client", Neighbourhood.Dmz4, Port + 2, ProtocolType.Udp, sharedPort: friend.Port);
        Task<string?> answer = again.AskAsync();
        byte[] heard = new byte[16];
        using var end = new CancellationTokenSource(Job.Patience);
        Assert.Equal(2, await connected.ReceiveAsync(heard, end.Token));
        await connected.SendAsync("connected\n"u8.ToArray());
        Assert.Equal("connected", await answer);
        Assert.Equal("", Translated(place, Port) + Translated(place, Port + 2));
    }

    // Answers leave by the socket's card, from an address there: the table cannot tell, so the port is left alone.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_on_one_card_answers_as_without_us(bool withUs)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port, "eth1");
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        foreach ((string from, string to) in ((string, string)[])[("client", Neighbourhood.Dmz4), ("far", Neighbourhood.Dmz4), ("node2", Neighbourhood.Dmz4), ("far", Neighbourhood.Dmz6)])
        {
            using Client client = place.Open(from, to, Port, ProtocolType.Udp);
            Assert.Equal(to, await client.AskAsync());
        }
    }

    // To connection tracking two conversations of one client port are one and the same behind the translation; it gives the second another port on the node.
    [KernelTheory]
    [InlineData("client", Neighbourhood.Dmz4, Neighbourhood.Office4)]
    [InlineData("far", Neighbourhood.Office4, Neighbourhood.Dmz4)]
    [InlineData("far", Neighbourhood.Office6, Neighbourhood.Dmz6)]
    [InlineData("pod-a", Neighbourhood.Office4, Neighbourhood.Dmz4)]
    public async Task One_socket_of_a_client_asks_for_several_addresses(string from, string first, string second)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port);
        place.Node.Srcroute("bootstrap").Quietly();
        using Client one = place.Open(from, first, Port, ProtocolType.Udp);
        using Client other = place.Open(from, second, Port, ProtocolType.Udp, sharedPort: one.Port);
        for (int round = 0; round < 2; round++)
        {
            Assert.NotNull(await one.AskAsync());
            Assert.NotNull(await other.AskAsync());
        }
    }

    [KernelTheory]
    [InlineData("client", "10.0.0.100", Neighbourhood.Office4)]
    [InlineData("far", "203.0.113.7", Neighbourhood.Dmz4)]
    [InlineData("far", "2001:db8:9::7", Neighbourhood.Dmz6)]
    public async Task A_peer_that_the_server_has_asked_before_asks_for_another_address(string from, string peer, string address)
    {
        using Neighbourhood place = Prepare();
        using var server = new AskedServer(place.Node.Network(), Port);
        place.Node.Srcroute("bootstrap").Quietly();
        using Client client = place.Open(from, address, Port, ProtocolType.Udp);
        server.Send(peer, client.Port);

        // What the server has sent by itself may be heard first.
        string? answer = await client.AskAsync();
        Assert.NotNull(answer == "-" ? await client.AskAsync() : answer);
    }

    [KernelFact]
    public async Task A_published_port_leads_to_its_pod_although_a_server_of_the_node_listens_there()
    {
        using Neighbourhood place = Prepare();
        Published.ByNftables(place.Node);
        using var server = new AskedServer(place.Node.Network(), Published.ByHostPort);
        place.Node.Srcroute("bootstrap").Quietly();
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, Flow.Of(ipv6: false));
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, Flow.Of(ipv6: true));
    }

    // nft(8) and many handbooks translate at 0: chains of the type nat are called one after another, in the order of their priorities, until one of them translates.
    [KernelTheory]
    [InlineData("dstnat")]
    [InlineData("0")]
    [InlineData("2147483646")]
    public async Task Nor_does_it_if_somebody_publishes_the_port_at_another_priority(string priority)
    {
        using Neighbourhood place = Prepare();
        place.Node.Start(
            ["nft", "-f", "-"],
            $$"""
            table inet nat-of-others {
                chain prerouting {
                    type nat hook prerouting priority {{priority}};
                    fib daddr type local udp dport {{Port}} dnat ip to {{Neighbourhood.PodA4}}:80
                    fib daddr type local udp dport {{Port}} dnat ip6 to [{{Neighbourhood.PodA6}}]:80
                }
            }
            """).Finish().Succeeded();
        using var server = new AskedServer(place.Node.Network(), Port);

        // The control.
        await AssertPodAnswersAsync();
        place.Node.Srcroute("bootstrap").Quietly();
        await AssertPodAnswersAsync();

        async Task AssertPodAnswersAsync()
        {
            foreach (Flow flow in (Flow[])[.. Flow.Of(ipv6: false), .. Flow.Of(ipv6: true)])
            {
                using Client client = place.Open(flow.From, flow.To, Port, ProtocolType.Udp);
                Assert.StartsWith("pod-a ", await client.AskAsync(), StringComparison.Ordinal);
            }
        }
    }

    [KernelFact]
    public async Task NodeLocal_DNSCache_stays_untracked()
    {
        using Neighbourhood place = Prepare();
        place.Node.Sh("""
            ip address add 169.254.20.10/32 dev lo
            iptables-nft -t raw -A PREROUTING -d 169.254.20.10 -p udp --dport 53 -j NOTRACK
            iptables-nft -t raw -A OUTPUT -s 169.254.20.10 -p udp --sport 53 -j NOTRACK
            """);
        using var cache = new EchoServer("cache", place.Node.Network(), 53, "169.254.20.10");
        place.Node.Srcroute("bootstrap").Succeeded();
        using Client client = place.Open("pod-a", "169.254.20.10", 53, ProtocolType.Udp);
        Assert.Equal($"cache {Neighbourhood.PodA4}", await client.AskAsync());
        Assert.Equal("", place.Node.Sh("conntrack -L -p udp --orig-port-dst 53 2>/dev/null"));
    }

    [KernelFact]
    public void A_tunnel_of_the_kernel_is_not_translated()
    {
        using Neighbourhood place = Prepare();
        place.Node.Sh("""
            ip link add others up type vxlan id 9 dstport 4800 dev eth1 remote 10.0.0.100
            ip address add 172.30.0.1/24 dev others
            ip -n client link add others up type vxlan id 9 dstport 4800 dev eth0 remote 192.168.1.100
            ip -n client address add 172.30.0.2/24 dev others
            """);
        place.Node.Srcroute("bootstrap").Quietly();
        place.Node.Await("ip netns exec client sh -c 'echo | socat -t1 -T1 - UDP4:172.30.0.1:9' 2>/dev/null; conntrack -L -p udp --orig-port-dst 4800 2>/dev/null | grep -q 'dst=192.168.1.100 '");
        Assert.Equal("", Translated(place, 4800));
    }

    // TFTP answers from a port of its own, so that nothing but a helper can tell the two belong together.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TFTP_answers_from_the_address_that_was_asked(bool hasHelper)
    {
        using Neighbourhood place = Prepare();
        if (hasHelper)
        {
            place.Node.Start(["nft", "-f", "-"], """
                table inet helpers {
                    ct helper tftp {
                        type "tftp" protocol udp
                    }
                    chain prerouting {
                        type filter hook prerouting priority -190;
                        udp dport 69 ct helper set "tftp"
                    }
                }
                """).Finish().Succeeded();
        }

        using Socket server = place.Node.Network().In(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        server.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        server.Bind(new IPEndPoint(IPAddress.Any, 69));
        place.Node.Srcroute("bootstrap").Quietly();
        using Socket client = place.Node.Network("client").In(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        client.SendTo([0, 1, (byte)'f', 0, .. "octet"u8, 0], new IPEndPoint(IPAddress.Parse(Neighbourhood.Office4), 69));

        byte[] buffer = new byte[64];
        using var end = new CancellationTokenSource(Job.Patience);
        SocketReceiveMessageFromResult request = await server.ReceiveMessageFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), end.Token);
        using Socket transfer = place.Node.Network().In(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        transfer.Bind(new IPEndPoint(request.PacketInformation.Address, 0));
        await transfer.SendToAsync(new byte[] { 0, 3, 0, 1, 7 }, request.RemoteEndPoint);
        SocketReceiveFromResult answer = await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), end.Token);
        Assert.Equal(Neighbourhood.Office4, ((IPEndPoint)answer.RemoteEndPoint).Address.ToString());
    }

    private static Neighbourhood Prepare()
    {
        var place = new Neighbourhood();
        place.MakePod();
        return place;
    }

    // The connections for a port whose destination was translated.
    private static string Translated(Neighbourhood place, int port) => place.Node.Sh($"conntrack -L -p udp --dst-nat --orig-port-dst {port} 2>/dev/null; conntrack -L -f ipv6 -p udp --dst-nat --orig-port-dst {port} 2>/dev/null");
}
