using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>What changes in main is in every source table before anybody asks.</summary>
public sealed class FollowedTests
{
    [KernelFact]
    public void A_peer_that_comes_moves_and_goes_is_followed_in_every_table()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        AssertFollowed(watcher, "ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink", "10.254.3.0/24", "routes_added=2");
        AssertInBoth(node, "10.254.3.0/24 via 10.254.3.0 dev flannel.1 proto srcroute metric * onlink");
        AssertFollowed(watcher, "ip route replace 10.254.3.0/24 via 10.254.3.9 dev flannel.1 onlink", "10.254.3.0/24", "routes_changed=2");
        AssertInBoth(node, "10.254.3.0/24 via 10.254.3.9 dev flannel.1 proto srcroute metric * onlink");
        AssertFollowed(watcher, "ip route change 10.254.3.0/24 via 192.168.1.7 dev eth0 mtu 1400", "10.254.3.0/24", "routes_changed=2");
        AssertInBoth(node, "10.254.3.0/24 via 192.168.1.7 dev eth0 proto srcroute metric * mtu 1400");
        AssertFollowed(watcher, "ip route del 10.254.3.0/24", "10.254.3.0/24", "routes_removed=2");
        Assert.DoesNotContain("10.254.3.0", node.Sh("ip route show table all"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void An_IPv6_peer_that_comes_moves_and_goes_is_followed_in_every_table()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        AssertFollowed(watcher, "ip route add fd00:254:0:3::/64 via fd00:254:0:3:: dev flannel-v6.1 onlink", "fd00:254:0:3::/64", "routes_added=2");
        AssertInBoth6(node, "fd00:254:0:3::/64 via fd00:254:0:3:: dev flannel-v6.1 proto srcroute metric 1024 onlink pref medium");
        AssertFollowed(watcher, "ip route replace fd00:254:0:3::/64 via fd00:254:0:3::9 dev flannel-v6.1 onlink", "fd00:254:0:3::/64", "routes_changed=2");
        AssertInBoth6(node, "fd00:254:0:3::/64 via fd00:254:0:3::9 dev flannel-v6.1 proto srcroute metric 1024 onlink pref medium");
        AssertFollowed(watcher, "ip route change fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0 mtu 1400", "fd00:254:0:3::/64", "routes_changed=2");
        AssertInBoth6(node, "fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0 proto srcroute metric 1024 mtu 1400 pref medium");
        AssertFollowed(watcher, "ip -6 route del fd00:254:0:3::/64", "fd00:254:0:3::/64", "routes_removed=2");
        Assert.DoesNotContain("fd00:254:0:3:", node.Sh("ip -6 route show table all"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ip route add 10.254.1.9 dev veth0 scope host")]
    [InlineData("ip route add blackhole 10.254.66.0/24")]
    [InlineData("ip route add 10.254.3.0/24 via 10.0.0.7 dev eth1")]
    [InlineData("ip route add 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink metric 7")]
    [InlineData("ip route add fd00:254:0:1::9 dev veth0")]
    [InlineData("ip route add unreachable fd00:254:0:66::/64")]
    [InlineData("ip route add fd00:254:0:2::/64 via fd00:254:0:2::9 dev flannel-v6.1 onlink metric 7")]
    public void Every_kind_of_way_to_pods_is_followed_when_it_comes_and_when_it_goes(string add)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        Assert.StartsWith("followed ", watcher.SeesOnce(add), StringComparison.Ordinal);
        Assert.StartsWith("followed ", watcher.SeesOnce(add.Replace("route add", "route del", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ip route add 10.254.3.0/24 nexthop via 192.168.1.7 dev eth0 weight 2 nexthop via 10.0.0.7 dev eth1")]
    [InlineData("ip route add 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink tos 0x10")]
    public void A_way_whose_source_is_not_certain_has_everything_planned_when_it_comes_and_when_it_goes(string add)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        foreach (string script in new[] { add, add.Replace("route add", "route del", StringComparison.Ordinal) })
        {
            Assert.Contains(watcher.WorksOff(script), line => line.StartsWith("repaired cause=\"main's routes to 10.254.", StringComparison.Ordinal));
        }
    }

    [KernelTheory]
    [InlineData("a second route with the same key, gone again", "ip route append 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink; ip route del 10.254.2.0/24 via 10.254.2.9")]
    [InlineData("one before it, and it gone", "ip route prepend 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink; ip route del 10.254.2.0/24 via 10.254.2.0")]
    [InlineData("one hop more", "ip -6 route append fd00:254:0:2::/64 via fd00:254:0:2::9 dev flannel-v6.1 onlink")]
    [InlineData("another metric", "ip route add 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink metric 9; ip route del 10.254.2.0/24 metric 0")]
    [InlineData("another metric in IPv6", "ip route add fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 onlink metric 9; ip route del fd00:254:0:2::/64 metric 1024")]
    [InlineData("several ways instead of one", "ip route replace 10.254.2.0/24 nexthop via 192.168.1.7 dev eth0 nexthop via 10.0.0.7 dev eth1")]
    [InlineData("several ways instead of one in IPv6", "ip -6 route replace fd00:254:0:2::/64 nexthop via 2001:db8:1::7 dev eth0 nexthop via 2001:db8:2::7 dev eth1")]
    [InlineData("another type", "ip route replace blackhole 10.254.2.0/24")]
    [InlineData("all peers gone", "ip route flush dev flannel.1; ip -6 route flush dev flannel-v6.1")]
    [InlineData("gone and back", "ip route del 10.254.2.0/24; ip route add 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink")]
    public void Whatever_is_done_to_the_routes_of_a_peer_every_table_ends_right(string what, string script)
    {
        Assert.NotEmpty(what);
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees(script);
        watcher.AssertTrue();
        node.AssertTablesEqualMain();
    }

    [KernelFact]
    public void Of_several_routes_with_one_key_the_first_is_the_one_that_counts()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip route append 10.254.2.0/24 via 10.254.2.8 dev flannel.1 onlink");
        watcher.AssertTrue();
        Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.9", "10.0.0.1"));
        _ = watcher.Sees("ip route prepend 10.254.2.0/24 via 10.254.2.7 dev flannel.1 onlink");
        watcher.AssertTrue();
        Assert.Equal("via 10.254.2.7 dev flannel.1", node.Way("10.254.2.9", "10.0.0.1"));
        Assert.Equal("via 10.254.2.7 dev flannel.1", node.Way("10.254.2.9", "192.168.1.100"));
    }

    [KernelFact]
    public void A_hop_less_and_a_second_route_less_are_followed()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink
            route append 10.254.3.0/24 via 10.254.3.9 dev flannel.1 onlink
            route add fd00:254:0:3::/64 nexthop via 2001:db8:1::7 dev eth0 nexthop via 2001:db8:1::8 dev eth0 nexthop via 2001:db8:2::7 dev eth1
            """);
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip route del 10.254.3.0/24 via 10.254.3.0");
        watcher.AssertTrue();
        AssertInBoth(node, "10.254.3.0/24 via 10.254.3.9 dev flannel.1 proto srcroute metric * onlink");
        _ = watcher.Sees("ip -6 route del fd00:254:0:3::/64 via 2001:db8:1::8");
        watcher.AssertTrue();
        _ = watcher.Sees("ip -6 route del fd00:254:0:3::/64 via 2001:db8:2::7");
        watcher.AssertTrue();
        AssertInBoth6(node, "fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0 proto srcroute metric 1024 pref medium");
    }

    [KernelTheory]
    [InlineData("the others are deleted", "ip -6 route del fd00:254:0:3::/64", "dev eth0")]
    [InlineData("one of the others is deleted", "ip -6 route del fd00:254:0:3::/64 via 2001:db8:1::7", "dev eth0")]
    [InlineData("the others are replaced and deleted", "ip -6 route replace fd00:254:0:3::/64 via 2001:db8:1::9; ip -6 route del fd00:254:0:3::/64 via 2001:db8:1::9", "dev eth0")]
    [InlineData("it is replaced itself", "ip -6 route replace fd00:254:0:3::/64 dev eth0 mtu 1400", "")]
    public void A_device_route_that_stands_unlisted_between_the_hops_of_others_is_reckoned_with(string what, string script, string way)
    {
        Assert.NotEmpty(what);
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            route add fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0
            route append fd00:254:0:3::/64 dev eth0
            route append fd00:254:0:3::/64 via 2001:db8:1::8 dev eth0
            """);
        Assert.DoesNotContain("fd00:254:0:3::/64 dev eth0", node.Table6("main"), StringComparison.Ordinal);
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees(script);
        watcher.AssertTrue();
        AssertInBoth6(node, $"fd00:254:0:3::/64 {way} proto srcroute metric 1024 pref medium".Replace("  ", " ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void What_is_no_way_to_pods_is_no_reason_to_say_or_do_anything()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        Assert.Empty(watcher.Sees("ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink table 77"));
        Assert.Empty(watcher.Sees(
            "ip route add 169.254.0.0/16 dev cni0; ip route del 169.254.0.0/16 dev cni0; ip neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1"));
        watcher.AssertTrue();
    }

    private static void AssertFollowed(Watcher watcher, string script, string destination, string counts)
    {
        string line = watcher.SeesOnce(script);
        Assert.StartsWith($"followed cause=\"main's routes to {destination} changed\" {counts} ms=", line, StringComparison.Ordinal);
    }

    private static void AssertInBoth(Node node, string route)
    {
        Assert.Contains(route, node.Table("src-192.168.1.100").Split('\n'));
        Assert.Contains(route, node.Table("src-10.0.0.1").Split('\n'));
    }

    private static void AssertInBoth6(Node node, string route)
    {
        Assert.Contains(route, node.Table6("src-2001:db8:1::100").Split('\n'));
        Assert.Contains(route, node.Table6("src-2001:db8:2::1").Split('\n'));
    }
}
