using System.Globalization;
using System.Net.Sockets;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>UDP servers that are bound to no address answer with the one that was asked, by the card of the request.</summary>
public sealed class UdpServerTests
{
    private const int Wildcard = 5300;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [KernelTheory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task Near_far_and_in_pods_clients_get_their_answer(int filter, bool ipv6)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        Flow[] flows = Flow.Of(ipv6);
        string[] addresses = ipv6 ? [Neighbourhood.Office6, Neighbourhood.Dmz6] : [Neighbourhood.Office4, Neighbourhood.Dmz4];

        // The pod of the other node asks without encapsulation, and a strict check drops that, whatever it asks: TCP to its own link's address shows it.
        (string From, string To)[] pods = [.. from pod in (string[])["pod-a", "pod-b"] from address in addresses select (pod, address)];
        bool isHeard = (await AskAllAsync(place, [("pod-b", addresses[0])], filter != 1 ? Job.Patience : Short, ProtocolType.Tcp))[0] is not null;
        Assert.Equal(filter != 1, isHeard);
        pods = [.. pods.Where(pod => isHeard || pod.From == "pod-a")];

        // Without us: the control.
        (string From, string To)[] lost = [.. flows.Where(flow => flow.Way[..4] != flow.UsualWay[..4]).Select(flow => (flow.From, flow.To)), .. pods];
        Assert.Equal(3 + pods.Length, lost.Length);
        Assert.All(await AskAllAsync(place, lost, Short), Assert.Null);
        Assert.All(
            await AskAllAsync(place, [.. flows.Select(flow => (flow.From, flow.To)).Except(lost)], Job.Patience),
            Assert.NotNull);

        place.Node.Srcroute("bootstrap").Quietly();
        place.Forget();
        Client[] clients = [.. flows.Select(flow => place.Open(flow.From, flow.To, Wildcard, ProtocolType.Udp))];
        string?[] answers = await Task.WhenAll(clients.Select(client => client.AskAsync()));
        Assert.Equal(
            flows.Select(flow => $"{flow.From} -> {flow.To}: wildcard by {flow.Way}"),
            flows.Select((flow, i) => $"{flow.From} -> {flow.To}: {answers[i]?.Split(' ')[0] ?? "no answer"} by {string.Join(" and ", place.WaysTo(clients[i]))}"));
        Assert.All(await AskAllAsync(place, pods, Job.Patience), Assert.NotNull);

        place.Node.Srcroute("teardown").Quietly();
        Assert.Equal("", Ruleset.Ours(place.Node));
    }

    [KernelFact]
    public void A_burst_before_the_first_answer_is_decided_about_once()
    {
        using var place = new Neighbourhood();
        using Job server = place.Node.Start(["socat", "-u", $"UDP4-RECV:{Wildcard}", "OPEN:/run/heard,creat,append"]);
        place.Node.Await("grep -q :14B4 /proc/net/udp");
        place.Node.Srcroute("bootstrap").Quietly();

        // Main itself has the answer leave by the card of the request. With a mark its way would be looked up twice.
        place.Node.Sh($$"""
            ip -n client route add {{Neighbourhood.Office4}} via {{Neighbourhood.Dmz4}}
            ip netns exec client bash -c 'exec 3>/dev/udp/{{Neighbourhood.Office4}}/{{Wildcard}}; for i in 1 2 3; do echo $i >&3; done'
            """);
        place.Node.Await("test $(wc -l </run/heard) = 3");
        Assert.Contains(
            $"src={Neighbourhood.Dmz4} dst=10.0.0.100 ", place.Node.Sh($"conntrack -L -p udp --orig-port-dst {Wildcard} -m 0 2>/dev/null"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("""{ "udp": false }""", false)]
    [InlineData("""{ "udp": { "except": [5300] } }""", false)]
    [InlineData("""{ "udp": { "except": [5301] } }""", true)]
    public async Task The_configuration_may_leave_servers_alone(string config, bool isAnswered)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.Node.Configure(config);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Srcroute("bootstrap").Quietly();
        string?[] answers = await AskAllAsync(place, [("pod-a", Neighbourhood.Office4)], isAnswered ? Job.Patience : Short);
        Assert.Equal(isAnswered, answers[0] is not null);
    }

    [KernelFact]
    public async Task Servers_that_are_bound_to_an_address_and_the_kernels_tunnels_see_what_was_sent()
    {
        using var place = new Neighbourhood();
        place.MakePod();
        using var bound = new EchoServer("bound", place.Node.Network(), Wildcard, Neighbourhood.Office4);
        place.Node.Ip("link add others up type vxlan id 9 dstport 4800 dev eth1");
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.All(await AskAllAsync(place, [("pod-a", Neighbourhood.Office4), ("client", Neighbourhood.Office4)], Job.Patience), Assert.NotNull);
        string translated = place.Node.Sh("grep -c . /proc/net/nf_conntrack 2>/dev/null || :; nft list set inet srcroute kept-ports");
        Assert.Contains("4800", translated, StringComparison.Ordinal);
        Assert.DoesNotContain("5300", translated, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("")]
    [InlineData("ip address add 10.0.0.9/24 dev eth1; ip address add 172.16.0.9/16 dev eth1; ip address add 172.17.0.9/32 dev eth0 scope link")]
    [InlineData("ip route add 172.20.0.0/16 via 10.0.0.254; ip route add 172.20.7.0/24 via 192.168.1.1 src 10.0.0.1; ip route add blackhole 172.20.9.0/24")]
    [InlineData("ip route add 172.20.0.0/16 nexthop via 10.0.0.254 nexthop via 192.168.1.1; ip route add 172.21.0.0/16 nexthop via 10.0.0.254 nexthop via 10.0.0.253")]
    [InlineData("ip route add 10.0.0.0/25 dev eth0; ip route add 0.0.0.0/1 via 10.0.0.254; ip route add 128.0.0.0/1 via 192.168.1.1")]
    [InlineData("ip -6 route add 2001:db8:7::/48 via 2001:db8:2::2; ip -6 route add 2001:db8:7:7::/64 via 2001:db8:1::1; ip address add fd07::1/64 dev eth1 nodad")]
    [InlineData("ip rule add l3mdev priority 1000; ip -6 rule add l3mdev priority 1000")] // as the kernel does for the first VRF
    public void An_address_that_is_put_in_is_the_one_that_the_kernel_chooses(string change)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.Node.Sh(change);
        place.Node.Srcroute("bootstrap").Quietly();
        using NetlinkSocket socket = place.Node.Network().In(() => NetlinkSocket.OfNetfilter());
        var answers = new Answers(new NftNetlink(socket).Read()!);
        int seen = 0;
        foreach (IpAddress client in place.Node.Sh("ip route show table main; ip -6 route show table main").Split('\n').SelectMany(Edges).Distinct())
        {
            // Neither :: nor the node's own addresses nor broadcasts and multicasts are those of a client.
            string way = place.Node.Sh($"ip route get {client} 2>&1 || :");
            string[] words = way.Split(' ');
            int source = Array.IndexOf(words, "src"), card = Array.IndexOf(words, "dev");
            if (client != IpPrefix.Any(client.Family).Address && source > 0 && words[0] is not ("local" or "broadcast" or "multicast") &&
                answers.To(client, int.Parse(place.Node.Sh($"ip -o link show {words[card + 1]}").Split(':')[0], CultureInfo.InvariantCulture)) is { } answer)
            {
                Assert.True(answer == words[source + 1], $"{client}: {answer}, but {way}");
                seen++;
            }
        }

        Assert.True(seen > 10, $"{seen} addresses are too few");
    }

    /// <summary>The first and the last address of a route's destination, and the two beside them.</summary>
    private static IEnumerable<IpAddress> Edges(string route)
    {
        string destination = route.TrimStart().Split(' ')[0];
        if (destination.Length == 0 || !IpPrefix.TryParse(destination == "default" ? "0.0.0.0/0" : destination, out IpPrefix prefix))
        {
            return [];
        }

        return
        [
            prefix.Address, prefix.Last,
            prefix.Address with { Low = unchecked(prefix.Address.Low + 1) },
            .. prefix.Family == Family.IPv4 && prefix.Last.Low < uint.MaxValue ? [prefix.Last with { Low = prefix.Last.Low + 1 }] : Array.Empty<IpAddress>(),
        ];
    }

    private static async Task<string?[]> AskAllAsync(
        Neighbourhood place, (string From, string To)[] flows, TimeSpan patience, ProtocolType protocol = ProtocolType.Udp)
    {
        Client[] clients = [.. flows.Select(flow => place.Open(flow.From, flow.To, Wildcard, protocol))];
        string?[] answers = await Task.WhenAll(clients.Select(client => client.AskAsync(patience)));
        Array.ForEach(clients, client => client.Dispose());
        return answers;
    }
}
