using System.Net;
using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// What comes out of a tunnel still has the mark of the packet that it came in: the kernel takes it off at the border of a network namespace alone. It is not
/// what the inner packet is to be routed by.
/// </summary>
public sealed class DecapsulationTests
{
    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_a_node_hands_on_for_another_ones_pods_leaves_by_mains_card(int filter)
    {
        using Neighbourhood place = Prepare(filter);
        place.Node.Sh("""
            ip route add 203.0.113.0/24 via 10.0.0.254
            ip route add 2001:db8:9::/64 via 2001:db8:2::2
            ip -n node2 route add 203.0.113.0/24 via 10.254.1.0 dev flannel.1 onlink
            ip -n node2 route add 2001:db8:9::/64 via fd00:254:0:1:: dev flannel-v6.1 onlink
            """);
        string[] usual = WaysToFar(place);
        Assert.Equal(["eth1 fe to 2001:db8:9::7", "eth1 fe to 203.0.113.7"], usual);

        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(usual, WaysToFar(place));
    }

    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_is_for_the_node_reaches_it_where_the_rule_for_local_is_behind_ours(int filter)
    {
        using Neighbourhood place = Prepare(filter);
        place.Node.Sh("for family in -4 -6; do ip $family rule add lookup local priority 32765; ip $family rule del priority 0; done");
        using var server = new EchoServer("bridge", place.Node.Network(), Neighbourhood.PodPort, "10.254.1.1", "fd00:254:0:1::1");
        await AssertAnsweredAsync(place);

        place.Node.Srcroute("bootstrap").Quietly();
        await AssertAnsweredAsync(place);
    }

    [KernelTheory]
    [InlineData(0)]
    [InlineData(2)]
    public void What_others_mark_with_a_value_among_our_bits_that_is_none_of_ours_keeps_their_way(int filter)
    {
        using Neighbourhood place = Prepare(filter);
        place.Node.Sh("""
            nft 'table inet others { chain prerouting { type filter hook prerouting priority -150; iifname { "flannel.1", "flannel-v6.1" } meta mark set 1; }; }'
            for family in -4 -6; do ip $family rule add fwmark 1 lookup 99 priority 7000; done
            ip route add default via 10.0.0.254 table 99
            ip route add default via 2001:db8:2::2 table 99
            ip -n node2 route add 203.0.113.0/24 via 10.254.1.0 dev flannel.1 onlink
            ip -n node2 route add 2001:db8:9::/64 via fd00:254:0:1:: dev flannel-v6.1 onlink
            """);
        string[] usual = WaysToFar(place);
        Assert.Equal(["eth1 fe to 2001:db8:9::7", "eth1 fe to 203.0.113.7"], usual);

        // It warns of the bits.
        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.Equal(usual, WaysToFar(place));
    }

    private static async Task AssertAnsweredAsync(Neighbourhood place)
    {
        foreach (string address in (string[])["10.254.1.1", "fd00:254:0:1::1"])
        {
            using Client client = place.Open("pod-b", address, Neighbourhood.PodPort);
            for (int i = 0; i < 3; i++)
            {
                Assert.StartsWith("bridge ", await client.AskAsync(), StringComparison.Ordinal);
            }
        }
    }

    // Several, since the first of a connection is looked at by other rules. All of them leave; when, is up to the kernels on their way.
    private static string[] WaysToFar(Neighbourhood place)
    {
        const int Packets = 8;
        place.Forget();
        foreach (string address in (string[])["203.0.113.7", "2001:db8:9::7"])
        {
            var far = IPAddress.Parse(address);
            using Socket socket = place.Node.Network("pod-b").In(() => new Socket(far.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
            for (int i = 0; i < Packets; i++)
            {
                socket.SendTo([0], new IPEndPoint(far, 9));
                Thread.Yield();
            }
        }

        Packet[] sent = [];
        Assert.True(
            SpinWait.SpinUntil(() => (sent = [.. place.Sent().Where(packet => packet.DestinationPort == 9)]).Length >= 2 * Packets, Job.Patience),
            $"only {sent.Length} have left");
        return [.. sent.Select(packet => $"{packet.Way} to {packet.Destination}").Distinct().Order(StringComparer.Ordinal)];
    }

    private static Neighbourhood Prepare(int filter)
    {
        var place = new Neighbourhood();
        place.MakePod();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        return place;
    }
}
