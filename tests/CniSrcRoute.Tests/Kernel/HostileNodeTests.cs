using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Nodes that are not as one would like them: nothing that worked before may stop working.</summary>
public sealed class HostileNodeTests
{
    [KernelFact]
    public void Who_comes_by_a_tunnel_that_ends_on_the_node_is_answered_by_it()
    {
        using Node node = Topology.TwoCards();
        node.Sh("ip tuntap add tun0 mode tun; ip addr add 10.8.0.1/24 dev tun0; ip link set tun0 up");
        node.Srcroute("bootstrap").Succeeded();
        Assert.Equal("dev tun0", node.Way("10.8.0.5", "192.168.1.100"));
        Assert.DoesNotContain("10.8.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_blackhole_above_another_cards_subnet_hides_nothing()
    {
        using Node node = Topology.TwoCards();
        node.Sh("ip route add blackhole 192.168.0.0/16 metric 500");
        string before = node.Way("192.168.1.50", "10.0.0.1");
        node.Srcroute("bootstrap").Succeeded();
        Assert.Equal(before, node.Way("192.168.1.50", "10.0.0.1"));
    }

    [KernelFact]
    public void A_pods_bridge_inside_a_large_subnet_of_a_card_is_copied()
    {
        using Node node = Topology.TwoCards();
        node.Sh("ip addr add 172.16.0.1/12 dev eth1; ip link add cni0 type bridge; ip addr add 172.20.0.1/16 dev cni0; ip link set cni0 up");
        node.Srcroute("bootstrap").Succeeded();
        Assert.Equal("dev cni0", node.Way("172.20.0.2", "192.168.1.100"));
    }

    [KernelFact]
    public void A_route_to_pods_that_the_kernel_would_not_take_again_costs_no_source_its_rule()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("ip addr add 192.168.7.2/24 dev eth0; ip route add 10.254.8.0/24 via 192.168.7.1; ip addr del 192.168.7.2/24 dev eth0");
        Outcome outcome = node.Srcroute("bootstrap");
        Assert.Equal(1, outcome.ExitStatus);
        Assert.Contains("Nexthop has invalid gateway", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(13, node.Sh("ip -N rule").Split('\n').Count(line => line.Contains("proto 206", StringComparison.Ordinal)));
    }

    [KernelFact]
    public void A_source_keeps_its_table_when_the_new_one_cannot_be_completed()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Succeeded();
        node.Configure("""{ "sources": [{ "address": "2001:db8:1::100", "table": 2000, "routes": [{ "to": "2001:db8:77::/48", "via": "ff02::1" }] }] }""");
        Assert.Equal(1, node.Srcroute("sync").ExitStatus);
        Assert.Contains("from 2001:db8:1::100 iif lo lookup 1002", node.Sh("ip -N -6 rule"), StringComparison.Ordinal);
        Assert.StartsWith("via 2001:db8:1::1 dev eth0", node.Way("2001:db8:9::9", "2001:db8:1::100"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_multipath_copy_with_a_dead_hop_can_be_removed()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("ip route add 10.254.9.0/24 nexthop via 192.168.1.7 dev eth0 nexthop via 10.0.0.7 dev eth1");
        node.Srcroute("bootstrap").Succeeded();
        node.Sh("ip link set eth0 down");
        node.Srcroute("teardown").Succeeded();
        Assert.Equal("", node.Sh("ip route show table all proto 206"));
    }

    [KernelFact]
    public void A_pipe_in_the_place_of_flannels_file_keeps_nobody()
    {
        using Node node = Topology.TwoCards();
        node.Sh($"rm -f /run/flannel/subnet.env; mkfifo /run/flannel/subnet.env; timeout 60 {Requirements.Binary} bootstrap");
    }

    [KernelFact]
    public void Teardown_beside_a_watcher_is_refused()
    {
        using Node node = Topology.TwoCards();
        using var watcher = Watcher.Start(node);
        string before = node.Snapshot();
        Assert.Contains("stop it first", node.Srcroute("teardown").Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void A_source_stays_one_while_the_others_are_gone()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Succeeded();
        node.Sh("ip addr flush dev eth1");
        node.Srcroute("sync").Succeeded();
        Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.DoesNotContain("from 10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }
}
