using Xunit;

namespace CniSrcRoute.Tests.Kernel;

public sealed class BootstrapTests
{
    [KernelFact]
    public void Each_address_gets_a_table_with_its_cards_routes_the_ways_to_pods_and_the_guard()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("""
            default via 192.168.1.1 dev eth0 proto srcroute
            throw 10.254.0.0/16 proto srcroute metric 4294967295
            10.254.1.0/24 dev cni0 proto srcroute scope link src 10.254.1.1 metric *
            10.254.2.0/24 via 10.254.2.0 dev flannel.1 proto srcroute metric * onlink
            192.168.1.0/24 dev eth0 proto srcroute scope link src 192.168.1.100
            """, node.Table("1000"));
        Assert.Equal("""
            10.0.0.0/24 dev eth1 proto srcroute scope link src 10.0.0.1
            throw 10.254.0.0/16 proto srcroute metric 4294967295
            10.254.1.0/24 dev cni0 proto srcroute scope link src 10.254.1.1 metric *
            10.254.2.0/24 via 10.254.2.0 dev flannel.1 proto srcroute metric * onlink
            """, node.Table("1001"));
        Assert.Equal("""
            0:	from all lookup local
            500:	from all fwmark 0/0x7f goto 502 proto srcroute
            500:	from all fwmark 0x40/0x40 iif lo goto 502 proto srcroute
            500:	from all fwmark 0x20/0x7f iif eth0 goto 502 proto srcroute
            500:	from all fwmark 0x21/0x7f iif eth1 goto 502 proto srcroute
            501:	from all fwmark 0x20/0x7f lookup src-192.168.1.100 proto srcroute
            501:	from all fwmark 0x60/0x7f lookup src-192.168.1.100 proto srcroute
            501:	from all fwmark 0x21/0x7f lookup src-10.0.0.1 proto srcroute
            501:	from all fwmark 0x61/0x7f lookup src-10.0.0.1 proto srcroute
            502:	from all nop proto srcroute
            32764:	from all fwmark 0x40/0x7f lookup main proto srcroute
            32764:	from all iif lo lookup main suppress_prefixlength 0 proto srcroute
            32765:	from 192.168.1.100 iif lo lookup src-192.168.1.100 proto srcroute
            32765:	from 10.0.0.1 iif lo lookup src-10.0.0.1 proto srcroute
            32766:	from all lookup main
            32767:	from all lookup default

            """, node.Sh("ip rule"));
    }

    [KernelFact]
    public void Each_IPv6_address_gets_a_table_as_well()
    {
        using Node node = Topology.TwoCards6().WithFlannel6();
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("""
            2001:db8:1::/64 dev eth0 proto srcroute metric 256 pref medium
            fd00:254:0:1:: dev flannel-v6.1 proto srcroute metric 256 pref medium
            fd00:254:0:1::/64 dev cni0 proto srcroute metric 256 pref medium
            fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 proto srcroute metric 1024 onlink pref medium
            throw fd00:254::/48 dev lo proto srcroute metric 4294967295 pref medium
            fe80::/64 dev eth0 proto srcroute metric 256 pref medium
            default via 2001:db8:1::1 dev eth0 proto srcroute metric 1024 pref medium
            """, node.Table6("1000"));
        Assert.Equal("""
            2001:db8:2::/64 dev eth1 proto srcroute metric 256 pref medium
            fd00:254:0:1:: dev flannel-v6.1 proto srcroute metric 256 pref medium
            fd00:254:0:1::/64 dev cni0 proto srcroute metric 256 pref medium
            fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 proto srcroute metric 1024 onlink pref medium
            throw fd00:254::/48 dev lo proto srcroute metric 4294967295 pref medium
            fe80::/64 dev eth1 proto srcroute metric 256 pref medium
            """, node.Table6("1001"));
        Assert.Equal("""
            0:	from all lookup local
            500:	from all fwmark 0/0x7f goto 502 proto srcroute
            500:	from all fwmark 0x40/0x40 iif lo goto 502 proto srcroute
            500:	from all fwmark 0x20/0x7f iif eth0 goto 502 proto srcroute
            500:	from all fwmark 0x21/0x7f iif eth1 goto 502 proto srcroute
            501:	from all fwmark 0x20/0x7f lookup src-2001:db8:1::100 proto srcroute
            501:	from all fwmark 0x60/0x7f lookup src-2001:db8:1::100 proto srcroute
            501:	from all fwmark 0x21/0x7f lookup src-2001:db8:2::1 proto srcroute
            501:	from all fwmark 0x61/0x7f lookup src-2001:db8:2::1 proto srcroute
            502:	from all nop proto srcroute
            32764:	from all fwmark 0x40/0x7f lookup main proto srcroute
            32764:	from all iif lo lookup main suppress_prefixlength 0 proto srcroute
            32765:	from 2001:db8:1::100 iif lo lookup src-2001:db8:1::100 proto srcroute
            32765:	from 2001:db8:2::1 iif lo lookup src-2001:db8:2::1 proto srcroute
            32766:	from all lookup main

            """, node.Sh("ip -6 rule"));
    }

    [KernelFact]
    public void Answers_leave_by_the_card_of_their_address_and_pods_stay_reachable()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        Assert.Equal("dev eth1", node.Way("10.0.0.100", "192.168.1.100"));
        Assert.Equal("dev eth1", node.Way("2001:db8:2::100", "2001:db8:1::100"));
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.100", "192.168.1.100"));
        Assert.Equal("dev eth0", node.Way("192.168.1.7", "192.168.1.100"));
        Assert.Equal("dev eth1", node.Way("10.0.0.100", "10.0.0.1"));
        Assert.Equal("via 2001:db8:1::1 dev eth0", node.Way("2001:db8:2::100", "2001:db8:1::100"));
        Assert.Equal("dev eth1", node.Way("2001:db8:2::100", "2001:db8:2::1"));
        foreach (string address in (string[])["192.168.1.100", "10.0.0.1"])
        {
            Assert.Equal("dev cni0", node.Way("10.254.1.9", address));
            Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.9", address));
        }

        foreach (string address in (string[])["2001:db8:1::100", "2001:db8:2::1"])
        {
            Assert.Equal("dev cni0", node.Way("fd00:254:0:1::9", address));
            Assert.Equal("via fd00:254:0:2:: dev flannel-v6.1", node.Way("fd00:254:0:2::9", address));
        }
    }

    [KernelFact]
    public void A_pod_whose_route_is_not_copied_yet_is_reached_by_main_and_not_by_the_card()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("""
            route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink
            route add fd00:254:0:3::/64 via fd00:254:0:3:: dev flannel-v6.1 onlink
            """);

        Assert.Equal("via 10.254.3.0 dev flannel.1", node.Way("10.254.3.9", "192.168.1.100"));
        Assert.Equal("via fd00:254:0:3:: dev flannel-v6.1", node.Way("fd00:254:0:3::9", "2001:db8:1::100"));
    }

    [KernelFact]
    public void A_second_bootstrap_says_that_there_is_nothing_to_do_and_changes_nothing()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        Assert.EndsWith("22 routes added, 26 rules added, 1 table of nftables added\n", node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        string first = node.Snapshot();

        Assert.EndsWith("nothing to do\n", node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(first, node.Snapshot());
    }

    [KernelFact]
    public void Tables_and_the_protocol_are_known_to_ip_by_name()
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal(node.Table("1000"), node.Table("src-192.168.1.100"));
        Assert.Equal(node.Table6("1003"), node.Table6("src-2001:db8:2::1"));
        Assert.Contains("from 10.0.0.1 iif lo lookup src-10.0.0.1 proto srcroute", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_node_with_one_subnet_needs_nothing_and_is_told_so()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24", "192.168.1.200/32", "2001:db8:1::100/64");
        node.WithFlannel();
        string before = node.Snapshot();

        Assert.Equal(
            "this node has a single external subnet, so every answer leaves by the right card already and there is nothing to do\nnothing to do\n",
            node.Srcroute("bootstrap").Quietly().Output);
        Assert.Equal(before, node.Snapshot());
        Assert.Contains("single external subnet", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void The_binary_needs_nothing_but_the_kernel()
    {
        using Node node = Topology.TwoCards();
        node.Sh($"mkdir -p /run/empty; cp {Requirements.Binary} /run/empty/srcroute");

        Assert.StartsWith("srcroute ", node.Start(["chroot", "/run/empty", "/srcroute", "version"]).Finish().Quietly().Output, StringComparison.Ordinal);
        node.Start(["chroot", "/run/empty", "/srcroute", "bootstrap"]).Finish().Quietly();
        Assert.Contains("default via 192.168.1.1 dev eth0", node.Table("1000"), StringComparison.Ordinal);
        Assert.Contains("fwmark 0x20/0x7f lookup 1000", node.Sh("ip rule"), StringComparison.Ordinal);
    }
}
