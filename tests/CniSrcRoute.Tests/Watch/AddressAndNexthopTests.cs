using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Addresses, cards, nexthop objects and gateways that come, change and go.</summary>
public sealed class AddressAndNexthopTests
{
    [KernelFact]
    public void Copies_with_a_source_that_is_gone_go_as_well()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("address add 192.168.1.200/32 dev eth0\nroute add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink src 192.168.1.200");
        using var watcher = Watcher.StartAnew(node);
        Assert.Contains("src 192.168.1.200", node.Table("src-10.0.0.1"), StringComparison.Ordinal);

        // The kernel removes main's route with it, and leaves the copies.
        _ = watcher.Sees("ip address del 192.168.1.200/32 dev eth0");
        watcher.AssertTrue();
        Assert.DoesNotContain("192.168.1.200", node.Sh("ip route show table all; ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void An_address_that_comes_becomes_a_source_and_one_that_goes_is_none_any_more()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        // The kernel tells of the address and then of its routes: they may come apart.
        Assert.Single(watcher.WorksOff("ip address add 10.0.0.2/24 dev eth1"), line => line.Contains("address 10.0.0.2 came", StringComparison.Ordinal));
        Assert.Contains("from 10.0.0.2 iif lo lookup src-10.0.0.2", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.9", "10.0.0.2"));

        Assert.Single(watcher.WorksOff("ip address del 10.0.0.2/24 dev eth1"), line => line.Contains("address 10.0.0.2 went", StringComparison.Ordinal));
        Assert.DoesNotContain("10.0.0.2", node.Sh("ip rule"), StringComparison.Ordinal);

        _ = watcher.Sees("ip address del 2001:db8:2::1/64 dev eth1");
        watcher.AssertTrue();
        Assert.DoesNotContain("2001:db8:2::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
        _ = watcher.Sees("ip address add 2001:db8:2::1/64 dev eth1 nodad");
        watcher.AssertTrue();
        Assert.Contains("from 2001:db8:2::1 iif lo lookup src-2001:db8:2::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_bridge_that_gets_its_address_late_leads_to_pods_also_inside_a_large_subnet_of_another_card()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24");
        node.AddCard("eth1", "10.0.0.1/8");
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\n");
        node.Ip("link add cni0 type bridge\nlink add veth0 index 50 up master cni0 type veth peer name pod0 index 150 netns lan\nlink set cni0 up");
        node.Sh("ip -n lan link set pod0 up");
        node.Await("ip link show cni0 | grep LOWER_UP");
        using var watcher = Watcher.Start(node);
        _ = watcher.Settle();

        _ = watcher.Sees("ip address add 10.5.0.1/24 dev cni0");
        watcher.AssertTrue();
        Assert.Equal("dev cni0", node.Way("10.5.0.9", "192.168.1.100"));
    }

    [KernelFact]
    public void A_card_that_is_plugged_in_later_becomes_a_source_and_one_that_is_pulled_out_leaves_nothing()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        node.AddCard("eth2", "172.16.0.1/24", "2001:db8:3::1/64");
        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.Contains("from 172.16.0.1 iif lo lookup src-172.16.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Contains("from 2001:db8:3::1 iif lo lookup src-2001:db8:3::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
        Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.9", "172.16.0.1"));

        _ = watcher.Sees("ip link del eth2");
        watcher.AssertTrue();
        Assert.DoesNotContain("172.16.0.1", node.Sh("ip rule; ip route show table all"), StringComparison.Ordinal);
        Assert.DoesNotContain("2001:db8:3::1", node.Sh("ip -6 rule; ip -6 route show table all"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_first_source_makes_a_node_with_one_card_a_node_with_two()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24");
        node.Ip("route add default via 192.168.1.1");
        node.WithFlannel();
        using var watcher = Watcher.Start(node);
        Assert.Empty(watcher.Settle());

        node.AddCard("eth1", "10.0.0.1/24");
        watcher.AssertTrue();
        node.AssertTablesEqualMain();
        Assert.Contains("from 10.0.0.1 iif lo lookup src-10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ip route change default via 192.168.1.2", "default via 192.168.1.2 dev eth0 proto srcroute")]
    [InlineData("ip route replace default via 192.168.1.2", "default via 192.168.1.2 dev eth0 proto srcroute")]
    [InlineData("ip route del default; ip route add default via 192.168.1.3 metric 100", "default via 192.168.1.3 dev eth0 proto srcroute metric 100")]
    [InlineData("ip route add default via 192.168.1.2 metric 50", "default via 192.168.1.2 dev eth0 proto srcroute metric 50")]
    [InlineData("ip route add 198.51.100.0/24 via 192.168.1.9", "198.51.100.0/24 via 192.168.1.9 dev eth0 proto srcroute")]
    public void A_gateway_changed_by_DHCP_is_followed(string script, string expected)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees(script);
        watcher.AssertTrue();
        Assert.Contains(expected, node.Table("src-192.168.1.100").Split('\n'));
        Assert.Equal("dev eth1", node.Way("10.0.0.9", "10.0.0.1"));
    }

    [KernelFact]
    public void A_gateway_of_a_router_advertisement_or_of_the_second_card_is_followed()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees(
            "ip -6 route replace default via fe80::110 dev eth0 proto ra; ip route add default via 10.0.0.254 dev eth1 metric 200; " +
            "ip -6 route add default via 2001:db8:2::fe metric 2048");
        watcher.AssertTrue();
        Assert.Contains("default via fe80::110 dev eth0 proto srcroute", node.Table6("src-2001:db8:1::100"), StringComparison.Ordinal);
        Assert.Contains("default via 10.0.0.254 dev eth1 proto srcroute metric 200", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("default via 2001:db8:2::fe dev eth1 proto srcroute metric 2048", node.Table6("src-2001:db8:2::1"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Nexthop_objects_are_followed_when_they_change_and_when_they_vanish_with_their_routes()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            nexthop add id 7 via 192.168.1.7 dev eth0
            nexthop add id 8 via 10.0.0.8 dev eth1
            nexthop add id 9 group 7/8
            nexthop add id 17 via 2001:db8:1::7 dev eth0
            """);
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees(
            "ip route add 10.254.7.0/24 nhid 7; ip route add 10.254.9.0/24 nhid 9; " +
            "ip route add fd00:254:0:7::/64 nhid 17; ip route add 198.51.100.0/24 nhid 7");
        watcher.AssertTrue();
        Assert.Contains("10.254.9.0/24 nhid 9 proto srcroute", node.Table("src-10.0.0.1"), StringComparison.Ordinal);

        _ = watcher.Sees("ip nexthop replace id 7 via 192.168.1.77 dev eth0; ip nexthop replace id 17 via 2001:db8:1::77 dev eth0");
        watcher.AssertTrue();
        Assert.Equal("via 192.168.1.77 dev eth0", node.Way("10.254.7.5", "10.0.0.1"));
        Assert.Contains("198.51.100.0/24 via 192.168.1.77 dev eth0 proto srcroute", node.Table("src-192.168.1.100"), StringComparison.Ordinal);
        Assert.Equal("via 2001:db8:1::77 dev eth0", node.Way("fd00:254:0:7::5", "2001:db8:2::1"));

        _ = watcher.Sees("ip nexthop del id 7; ip nexthop del id 17");
        watcher.AssertTrue();
        Assert.DoesNotContain("10.254.7.0", node.Sh("ip route show table all"), StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100.0", node.Sh("ip route show table all"), StringComparison.Ordinal);
        Assert.DoesNotContain("fd00:254:0:7:", node.Sh("ip -6 route show table all"), StringComparison.Ordinal);
        _ = watcher.Sees("ip nexthop del id 9");
        watcher.AssertTrue();
        Assert.DoesNotContain(watcher.Lines, line => line.Contains("somebody", StringComparison.Ordinal));
    }
}
