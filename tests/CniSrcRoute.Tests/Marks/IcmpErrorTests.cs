using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// What the node itself has to say of a connection to a pod, or the pod about one to it: it takes the way of the answers,
/// and comes from the address that was asked.
/// </summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class IcmpErrorTests(Backends backends) : IClassFixture<Backends>
{
    // ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH, ICMPV6_PKT_TOOBIG, ICMPV6_PORT_UNREACH as type and code.
    private static readonly (int Type, int Code) TooBig = (3, 4), Unreachable = (3, 3), TooBig6 = (2, 0), Unreachable6 = (1, 4);

    public static TheoryData<int, bool, int> Modes
    {
        get
        {
            TheoryData<int, bool, int> rows = [];
            foreach (int port in (int[])[Published.ByHostPort, Published.Cluster])
            {
                foreach (bool ipv6 in (bool[])[false, true])
                {
                    rows.Add(port, ipv6, 0);
                    rows.Add(port, ipv6, 1);
                    rows.Add(port, ipv6, 2);
                }
            }

            return rows;
        }
    }

    [KernelTheory]
    [MemberData(nameof(Modes))]
    public async Task A_connection_through_a_narrow_place_is_told_so_by_its_own_way_and_does_not_hang(int port, bool ipv6, int filter)
    {
        Neighbourhood place = Prepare(filter);
        (Flow Flow, Client Client)[] clients = [.. Flow.Of(ipv6).Select(flow => (flow, place.Open(flow.From, flow.To, port)))];
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync(length: 100_000))), Assert.NotNull);
        AssertTold(place, clients, ipv6 ? TooBig6 : TooBig);
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_does_not_fit_into_the_tunnel_is_told_so_by_its_own_way(bool ipv6)
    {
        Neighbourhood place = Prepare(2);
        (Flow Flow, Client Client)[] clients = [.. Flow.Of(ipv6).Select(flow => (flow, place.Open(flow.From, flow.To, Published.Elsewhere)))];
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync(length: 100_000))), Assert.NotNull);
        AssertTold(place, clients, ipv6 ? TooBig6 : TooBig);
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_too_large_is_refused_by_its_own_way(bool ipv6)
    {
        Neighbourhood place = Prepare(2);
        (Flow Flow, Client Client)[] clients =
            [.. Flow.Of(ipv6).Select(flow => (flow, place.Open(flow.From, flow.To, Published.ByHostPort, ProtocolType.Udp)))];
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync(length: 1450))), Assert.Null);
        AssertTold(place, clients, ipv6 ? TooBig6 : TooBig);
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync())), Assert.NotNull);
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pod_that_does_not_listen_says_so_by_the_way_of_the_request(bool ipv6)
    {
        Neighbourhood place = Prepare(2);
        place.Node.Start(["nft", "-f", "-"], """
            table inet silent {
                chain prerouting {
                    type nat hook prerouting priority -100;
                    udp dport 7777 dnat ip to 10.254.1.2:7777
                    udp dport 7777 dnat ip6 to [fd00:254:0:1::2]:7777
                }
            }
            """).Finish().Succeeded();
        (Flow Flow, Client Client)[] clients = [.. Flow.Of(ipv6).Select(flow => (flow, place.Open(flow.From, flow.To, 7777, ProtocolType.Udp)))];
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync())), Assert.Null);
        AssertTold(place, clients, ipv6 ? Unreachable6 : Unreachable);
        place.Node.Sh("nft delete table inet silent");
    }

    private static void AssertTold(Neighbourhood place, (Flow Flow, Client Client)[] clients, (int Type, int Code) what)
    {
        Packet[] errors = [.. place.Sent().Where(packet => packet.IsIcmpError)];
        foreach ((Flow flow, Client client) in clients)
        {
            Packet[] own = [.. errors.Where(packet => packet.Inner?.SourcePort == client.Port)];
            Assert.Equal(
                [$"{flow.From} is told by {flow.To}, {flow.Way}: {what}, of what was for {flow.To}"],
                own.Select(packet => $"{flow.From} is told by {packet.Source}, {packet.Way}: {(packet.SourcePort, packet.DestinationPort)}, " +
                    $"of what was for {packet.Inner!.Destination}").Distinct());
        }
    }

    private Neighbourhood Prepare(int filter)
    {
        Neighbourhood place = backends["nftables"];
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Srcroute("sync").Quietly();

        // The pod would state the bridge's 1450 bytes by itself. What was learned about the way is to be learned anew.
        place.Node.Sh("""
            ip -n pod-a link set eth0 mtu 1500
            ip -n pod-b link set eth0 mtu 1500
            ip -n node2 link set cni0 mtu 1500
            for name in client far node2; do ip -n $name route flush cache; ip -n $name -6 route flush cache; done
            """);
        place.Forget();
        return place;
    }
}
