using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Which addresses become sources, and by which router they answer.</summary>
public sealed class SourcesTests
{
    [KernelFact]
    public void Several_addresses_of_one_card_have_a_table_each()
    {
        using Node node = Topology.TwoCardsDual();
        node.Ip("""
            address add 192.168.1.101/24 dev eth0
            address add 192.168.1.102/32 dev eth0
            address add 2001:db8:1::101/64 dev eth0 nodad
            """);
        node.Srcroute("bootstrap").Succeeded();

        foreach (string address in (string[])["192.168.1.100", "192.168.1.101", "192.168.1.102"])
        {
            Assert.Contains("default via 192.168.1.1 dev eth0", node.Table($"src-{address}"), StringComparison.Ordinal);
        }

        Assert.Contains("default via 2001:db8:1::1 dev eth0", node.Table6("src-2001:db8:1::101"), StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
        Assert.Equal(4 + 3, node.Sh("ip rule | grep 'from [0-9]'; ip -6 rule | grep 'from [0-9]'").Split("proto srcroute").Length - 1);
    }

    [KernelFact]
    public void Two_subnets_on_one_card_answer_by_their_own_routers()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24", "10.0.0.1/24", "2001:db8:1::100/64", "2001:db8:2::1/64");
        node.Ip("""
            route add default via 192.168.1.1 metric 100
            route add default via 10.0.0.254 metric 200
            route add default via 2001:db8:1::1 metric 100
            route add default via 2001:db8:2::2 metric 200
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Assert.Equal("via 10.0.0.254 dev eth0", node.Way("203.0.113.7", "10.0.0.1"));
        Assert.Equal("via 2001:db8:1::1 dev eth0", node.Way("2001:db8:9::7", "2001:db8:1::100"));
        Assert.Equal("via 2001:db8:2::2 dev eth0", node.Way("2001:db8:9::7", "2001:db8:2::1"));
    }

    [KernelFact]
    public void Two_cards_in_one_subnet_share_its_router_and_answer_by_their_own_cable()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24", "2001:db8:1::100/64");
        node.AddCard("eth1", "192.168.1.200/24", "2001:db8:1::200/64");
        node.Ip("""
            route add default via 192.168.1.1 dev eth0
            route add default via fe80::1 dev eth0
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Assert.Equal("via 192.168.1.1 dev eth1", node.Way("203.0.113.7", "192.168.1.200"));
        Assert.Equal("dev eth1", node.Way("192.168.1.7", "192.168.1.200"));
        Assert.Equal("via fe80::1 dev eth0", node.Way("2001:db8:9::7", "2001:db8:1::100"));
        Assert.Equal("via fe80::1 dev eth1", node.Way("2001:db8:9::7", "2001:db8:1::200"));
        Assert.Equal("dev eth1", node.Way("2001:db8:1::7", "2001:db8:1::200"));
    }

    [KernelFact]
    public void Each_card_keeps_its_own_defaults_of_main_and_the_lowest_metric_wins()
    {
        using Node node = Topology.TwoCardsDual();
        node.Ip("""
            route del default
            route add default via 192.168.1.1 dev eth0 metric 100
            route add default via 192.168.1.2 dev eth0 metric 50
            route add default via 10.0.0.254 dev eth1 metric 10
            route add default via 2001:db8:2::2 dev eth1 metric 10
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 192.168.1.2 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.7", "10.0.0.1"));
        Assert.Contains("default via 192.168.1.1 dev eth0 proto srcroute metric 100", node.Table("1000"), StringComparison.Ordinal);
        Assert.Equal("via 2001:db8:1::1 dev eth0", node.Way("2001:db8:9::7", "2001:db8:1::100"));
        Assert.Equal("via 2001:db8:2::2 dev eth1", node.Way("2001:db8:9::7", "2001:db8:2::1"));
    }

    [KernelFact]
    public void A_gateway_that_changes_in_main_is_followed()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("route replace default via 192.168.1.2");

        node.Srcroute("sync").Quietly();
        Assert.Equal("via 192.168.1.2 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
    }

    [KernelFact]
    public void A_default_by_two_cards_at_once_gives_each_table_its_own_hop_alone()
    {
        using Node node = new();
        node.AddCard("eth0", "192.168.1.100/24", "2001:db8:1::100/64");
        node.AddCard("eth1", "10.0.0.1/24", "2001:db8:2::1/64");
        node.Ip("""
            route add default nexthop via 192.168.1.1 dev eth0 weight 3 nexthop via 10.0.0.254 dev eth1 weight 1
            route add default nexthop via 2001:db8:1::1 dev eth0 weight 3 nexthop via 2001:db8:2::2 dev eth1 weight 1
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Contains("default via 192.168.1.1 dev eth0 proto srcroute\n", node.Table("1000"), StringComparison.Ordinal);
        Assert.Contains("default via 10.0.0.254 dev eth1 proto srcroute\n", node.Table("1001"), StringComparison.Ordinal);
        Assert.EndsWith("default via 2001:db8:1::1 dev eth0 proto srcroute metric 1024 pref medium", node.Table6("1002"), StringComparison.Ordinal);
        Assert.EndsWith("default via 2001:db8:2::2 dev eth1 proto srcroute metric 1024 pref medium", node.Table6("1003"), StringComparison.Ordinal);
        node.Srcroute("sync --dry-run").Quietly();
    }

    [KernelFact]
    public void Static_routes_of_main_go_into_the_table_of_the_card_they_leave_by()
    {
        using Node node = Topology.TwoCards();
        node.Ip("""
            route add 172.16.0.0/12 via 10.0.0.254
            route add 198.51.100.0/24 dev eth0 src 192.168.1.100
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.DoesNotContain("172.16", node.Table("1000"), StringComparison.Ordinal);
        Assert.Contains("198.51.100.0/24 dev eth0 proto srcroute scope link src 192.168.1.100", node.Table("1000"), StringComparison.Ordinal);
        Assert.Contains("172.16.0.0/12 via 10.0.0.254 dev eth1 proto srcroute", node.Table("1001"), StringComparison.Ordinal);
        Assert.DoesNotContain("198.51", node.Table("1001"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void An_address_that_goes_takes_its_table_and_rule_with_it_and_the_others_keep_their_numbers()
    {
        using Node node = Topology.TwoCards();
        node.AddCard("eth2", "172.16.0.1/24");
        node.Srcroute("bootstrap").Quietly();
        node.Ip("address del 10.0.0.1/24 dev eth1");

        node.Srcroute("sync").Quietly();
        Assert.DoesNotContain("10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Contains("from 172.16.0.1 iif lo lookup src-172.16.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal(node.Table("1002"), node.Table("src-172.16.0.1"));
        Assert.DoesNotContain("table 1001", node.Sh("ip route show table all"), StringComparison.Ordinal);
    }
}
