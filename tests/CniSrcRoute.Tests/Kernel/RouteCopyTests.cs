using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Which routes of main every source table gets, and that they arrive whole.</summary>
public sealed class RouteCopyTests
{
    [KernelTheory]
    [InlineData("10.254.7.0/24 via 192.168.1.7 dev eth0", "10.254.7.0/24 via 192.168.1.7 dev eth0 proto srcroute metric *")]
    [InlineData("10.254.7.0/24 via 10.0.0.7 dev eth1", "10.254.7.0/24 via 10.0.0.7 dev eth1 proto srcroute metric *")]
    [InlineData("10.254.7.0/24 via 192.168.1.7 dev eth0 mtu 1400 advmss 1300", "10.254.7.0/24 via 192.168.1.7 dev eth0 proto srcroute metric * mtu 1400 advmss 1300")]
    [InlineData("10.254.7.0/24 via 192.168.1.7 dev eth0 mtu lock 1400 initcwnd 20", "10.254.7.0/24 via 192.168.1.7 dev eth0 proto srcroute metric * mtu lock 1400 initcwnd 20")]
    [InlineData("10.254.7.0/24 via 192.168.1.7 dev eth0 tos 0x10", "10.254.7.0/24 tos 0x10 via 192.168.1.7 dev eth0 proto srcroute metric *")]
    [InlineData("10.254.7.0/24 via inet6 2001:db8:1::7 dev eth0", "10.254.7.0/24 via inet6 2001:db8:1::7 dev eth0 proto srcroute metric *")]
    [InlineData("10.254.7.0/24 dev flannel.1 scope link src 10.254.1.0", "10.254.7.0/24 dev flannel.1 proto srcroute scope link src 10.254.1.0 metric *")]
    [InlineData("10.254.1.9 dev veth0 scope host", "10.254.1.9 dev veth0 proto srcroute scope host metric *")]
    [InlineData("blackhole 10.254.7.0/24", "blackhole 10.254.7.0/24 proto srcroute")]
    [InlineData("unreachable 203.0.113.0/24 metric 8", "unreachable 203.0.113.0/24 proto srcroute metric 8")]
    [InlineData("prohibit 203.0.113.0/24", "prohibit 203.0.113.0/24 proto srcroute")]
    [InlineData("throw 203.0.113.0/24", "throw 203.0.113.0/24 proto srcroute")]
    public void Way_to_pods_is_copied_faithfully_into_every_table(string route, string copy)
    {
        using Node node = Topology.TwoCardsDual().WithFlannel();
        node.Ip($"route add {route}");
        node.Srcroute("bootstrap").Quietly();

        Assert.Contains(copy, node.Table("src-192.168.1.100").Split('\n'));
        Assert.Contains(copy, node.Table("src-10.0.0.1").Split('\n'));
        node.Srcroute("sync --dry-run").Quietly();
    }

    [KernelTheory]
    [InlineData("fd00:254:0:7::/64 via 2001:db8:1::7 dev eth0", "fd00:254:0:7::/64 via 2001:db8:1::7 dev eth0 proto srcroute metric 1024 pref medium")]
    [InlineData("fd00:254:0:7::/64 via 2001:db8:1::7 dev eth0 mtu 1400 advmss 1300 pref high", "fd00:254:0:7::/64 via 2001:db8:1::7 dev eth0 proto srcroute metric 1024 mtu 1400 advmss 1300 pref high")]
    [InlineData("fd00:254:0:1::9 dev veth0", "fd00:254:0:1::9 dev veth0 proto srcroute metric 1024 pref medium")]
    [InlineData("unreachable 2001:db8:9::/48", "unreachable 2001:db8:9::/48 dev lo proto srcroute metric 1024 pref medium")]
    [InlineData("blackhole fd00:254:0:7::/64 metric 5", "blackhole fd00:254:0:7::/64 dev lo proto srcroute metric 5 pref medium")]
    [InlineData("prohibit 2001:db8:9::/48", "prohibit 2001:db8:9::/48 dev lo proto srcroute metric 1024 pref medium")]
    public void IPv6_way_to_pods_is_copied_faithfully_into_every_table(string route, string copy)
    {
        using Node node = Topology.TwoCards6().WithFlannel6();
        node.Ip($"route add {route}");
        node.Srcroute("bootstrap").Quietly();

        Assert.Contains(copy, node.Table6("src-2001:db8:1::100").Split('\n'));
        Assert.Contains(copy, node.Table6("src-2001:db8:2::1").Split('\n'));
        node.Srcroute("sync --dry-run").Quietly();
    }

    [KernelFact]
    public void Several_ways_to_the_same_pods_are_copied_with_all_hops_and_weights()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            route add 10.254.7.0/24 nexthop via 192.168.1.7 dev eth0 weight 2 nexthop via 10.0.0.7 dev eth1 weight 5
            route add fd00:254:0:7::/64 nexthop via 2001:db8:1::7 dev eth0 weight 2 nexthop via 2001:db8:2::7 dev eth1 weight 5
            """);
        node.Srcroute("bootstrap").Quietly();

        foreach (string address in (string[])["192.168.1.100", "10.0.0.1"])
        {
            Assert.Contains(
                "10.254.7.0/24 proto srcroute metric *\n\tnexthop via 192.168.1.7 dev eth0 weight 2\n\tnexthop via 10.0.0.7 dev eth1 weight 5",
                node.Table($"src-{address}"), StringComparison.Ordinal);
        }

        foreach (string address in (string[])["2001:db8:1::100", "2001:db8:2::1"])
        {
            Assert.Contains(
                "fd00:254:0:7::/64 proto srcroute metric 1024 pref medium\n\tnexthop via 2001:db8:1::7 dev eth0 weight 2\n" +
                "\tnexthop via 2001:db8:2::7 dev eth1 weight 5",
                node.Table6($"src-{address}"), StringComparison.Ordinal);
        }

        node.Srcroute("sync --dry-run").Quietly();
    }

    [KernelFact]
    public void Nexthop_objects_are_copied_as_objects()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            nexthop add id 7 via 192.168.1.7 dev eth0
            nexthop add id 8 via 10.0.0.8 dev eth1
            nexthop add id 9 group 7,3/8,1
            nexthop add id 17 via 2001:db8:1::7 dev eth0
            nexthop add id 18 via 2001:db8:2::8 dev eth1
            nexthop add id 19 group 17/18
            nexthop add id 20 blackhole
            route add 10.254.7.0/24 nhid 7
            route add 10.254.9.0/24 nhid 9
            route add 10.254.20.0/24 nhid 20
            route add fd00:254:0:7::/64 nhid 17
            route add fd00:254:0:9::/64 nhid 19
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Contains("10.254.7.0/24 nhid 7 via 192.168.1.7 dev eth0 proto srcroute", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("10.254.9.0/24 nhid 9 proto srcroute", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("10.254.20.0/24 nhid 20", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("fd00:254:0:7::/64 nhid 17 via 2001:db8:1::7 dev eth0 proto srcroute", node.Table6("src-2001:db8:2::1"), StringComparison.Ordinal);
        Assert.Contains("fd00:254:0:9::/64 nhid 19 proto srcroute", node.Table6("src-2001:db8:2::1"), StringComparison.Ordinal);
        node.Srcroute("sync --dry-run").Quietly();
    }

    [KernelFact]
    public void A_default_or_the_LANs_own_subnet_on_flannels_card_is_never_copied()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            route add default dev flannel.1 metric 200
            route add 192.168.1.0/24 dev flannel.1 metric 200
            route add default dev flannel-v6.1 metric 2000
            route add 2001:db8:1::/64 dev flannel-v6.1 metric 2000
            route add 169.254.0.0/16 dev flannel.1
            """);
        node.Srcroute("bootstrap").Quietly();

        foreach (string line in $"{node.Table("1000")}\n{node.Table("1001")}\n{node.Table6("1002")}\n{node.Table6("1003")}".Split('\n'))
        {
            bool toPods = line.StartsWith("10.254.", StringComparison.Ordinal) || line.StartsWith("fd00:254:", StringComparison.Ordinal);
            Assert.True(toPods || !line.Contains("dev flannel", StringComparison.Ordinal), line);
        }
    }

    [KernelFact]
    public void Hundreds_of_peers_are_copied_and_one_that_leaves_is_removed_from_every_table()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip(string.Join('\n', Enumerable.Range(3, 250).SelectMany(peer => (string[])
        [
            $"route add 10.254.{peer}.0/24 via 10.254.{peer}.0 dev flannel.1 onlink",
            $"route add fd00:254:0:{peer:x}::/64 via fd00:254:0:{peer:x}:: dev flannel-v6.1 onlink",
        ])));
        node.Srcroute("bootstrap").Quietly();
        node.Srcroute("sync --dry-run").Quietly();
        foreach (string address in (string[])["192.168.1.100", "10.0.0.1"])
        {
            Assert.Equal(251, node.Table($"src-{address}").Split("dev flannel.1").Length - 1);
        }

        Assert.Equal(251, node.Table6("src-2001:db8:2::1").Split(" via fd00:254:").Length - 1);
        node.Ip("route del 10.254.77.0/24\nroute del fd00:254:0:4d::/64");
        Assert.EndsWith("4 routes removed\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("10.254.77.0", node.Sh("ip route show table all"), StringComparison.Ordinal);
        Assert.DoesNotContain("fd00:254:0:4d:", node.Sh("ip -6 route show table all"), StringComparison.Ordinal);
    }
}
