using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Pods of other nodes that are reached without a tunnel, by routes over a card (flannel's host-gw, Calico without encapsulation).</summary>
public sealed class HostGatewayTests
{
    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_pod_on_the_other_node_is_answered_by_the_card_of_the_request(int filter)
    {
        using Neighbourhood place = Prepare(filter);
        await AssertAnsweredAsync(place);
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
        place.Node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public async Task Beside_firewalld_as_well()
    {
        using Neighbourhood place = Prepare(1);
        Firewalld.Load(place.Node);
        await AssertAnsweredAsync(place);
    }

    private static async Task AssertAnsweredAsync(Neighbourhood place)
    {
        place.Forget();
        foreach (bool ipv6 in (bool[])[false, true])
        {
            await place.AssertAnsweredAsync("pod-b", Published.Elsewhere, Flow.Of(ipv6));
            await place.AssertAnsweredAsync("pod-a", Published.Cluster, Flow.Of(ipv6));
        }

        string[] ways = [.. place.Sent().Where(IsForPodB).Select(packet => $"{packet.Way} to {packet.Destination}").Distinct().Order()];
        Assert.Equal([$"eth0 65 to {Neighbourhood.PodB4}", $"eth0 65 to {Neighbourhood.PodB6}"], ways);
    }

    private static bool IsForPodB(Packet packet) => packet.Destination is Neighbourhood.PodB4 or Neighbourhood.PodB6;

    private static Neighbourhood Prepare(int filter)
    {
        var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh("""
            ip link del flannel.1
            ip link del flannel-v6.1
            ip -n node2 link del flannel.1
            ip -n node2 link del flannel-v6.1
            ip route add 10.254.2.0/24 via 192.168.1.101 dev eth0
            ip route add fd00:254:0:2::/64 via 2001:db8:1::101 dev eth0
            ip -n node2 route add 10.254.1.0/24 via 192.168.1.100
            ip -n node2 route add fd00:254:0:1::/64 via 2001:db8:1::100
            """);
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Srcroute("bootstrap").Quietly();
        return place;
    }
}
