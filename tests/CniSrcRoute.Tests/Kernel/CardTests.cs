using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Cards that go down, come back, come late or go for good.</summary>
public sealed class CardTests
{
    [KernelFact]
    public void A_card_that_is_down_costs_its_own_rule_alone_and_is_served_again_when_it_is_up()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        string tables = node.Table("1000") + node.Table("1001") + node.Table6("1002");
        node.Ip("link set eth1 down");

        Outcome sync = node.Srcroute("sync").Succeeded();
        Assert.Equal("srcroute: warning: 10.0.0.1 is not served: its card eth1 is down\n", sync.Error);
        Assert.DoesNotContain("10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Outcome status = node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.Contains("not served", status.Output, StringComparison.Ordinal);

        // The kernel takes IPv6 addresses from a card that goes down.
        node.Ip("link set eth1 up\naddress add 2001:db8:2::1/64 dev eth1 nodad");
        node.Srcroute("sync").Quietly();
        Assert.Equal("dev eth1", node.Way("10.0.0.9", "10.0.0.1"));
        Assert.Equal(tables, node.Table("1000") + node.Table("1001") + node.Table6("1002"));
        node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public void Pods_behind_a_VXLAN_of_any_name_are_reached_as_without_us()
    {
        using Node node = Topology.TwoCards();
        node.Ip("""
            link add vxlan0 up type vxlan id 4096 dstport 4789 local 192.168.1.100 nolearning dev eth0
            address add 10.244.1.0/32 dev vxlan0
            route add 10.244.2.0/24 via 10.244.2.0 dev vxlan0 onlink
            """);
        string[] sources = ["192.168.1.100", "10.0.0.1"];
        Assert.All(sources, source => Assert.Equal("via 10.244.2.0 dev vxlan0", node.Way("10.244.2.5", source)));
        node.Srcroute("bootstrap").Quietly();

        Assert.All(sources, source => Assert.Equal("via 10.244.2.0 dev vxlan0", node.Way("10.244.2.5", source)));
        Assert.Equal(["src-10.0.0.1", "src-192.168.1.100"], node.Sh("awk '!/^#/ { print $2 }' /etc/iproute2/rt_tables.d/srcroute.conf | sort").Split('\n')[..^1]);
        node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public void What_the_kernel_flushed_with_a_card_is_put_back_when_the_card_is_back()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        string table = node.Table("1000");
        node.Ip("""
            link set flannel.1 down
            link set flannel.1 up
            route add 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink
            link set eth0 down
            link set eth0 up
            route add default via 192.168.1.1
            """);
        Assert.NotEqual(table, node.Table("1000"));

        node.Srcroute("sync").Quietly();
        Assert.Equal(table, node.Table("1000"));
    }

    [KernelFact]
    public void A_card_that_is_down_is_no_error_for_a_source_with_a_configured_gateway()
    {
        using Node node = Topology.TwoCards();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254", "routes": [{ "to": "172.16.0.0/12" }] }] }""");
        node.Srcroute("bootstrap").Quietly();
        string table = node.Table("1000");
        node.Ip("link set eth1 down");

        Assert.Equal("srcroute: warning: 10.0.0.1 is not served: its card eth1 is down\n", node.Srcroute("sync").Succeeded().Error);
        Assert.Equal("", node.Srcroute("sync --dry-run").Succeeded().Output);
        node.Ip("link set eth1 up");
        node.Srcroute("sync").Quietly();
        Assert.Equal(table, node.Table("1000"));
    }

    [KernelFact]
    public void A_way_to_pods_by_two_cards_goes_on_by_the_one_that_is_up()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.AddCard("eth2", "172.16.0.1/24");
        node.Ip("route add 10.254.7.0/24 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 10.0.0.7 dev eth1 weight 5");
        node.Srcroute("bootstrap").Quietly();
        string table = node.Table("src-172.16.0.1");
        node.Ip("link set eth1 down");

        node.Srcroute("sync").Succeeded();
        Assert.Equal("via 192.168.1.7 dev eth0", node.Way("10.254.7.9", "172.16.0.1"));
        Assert.Equal("", node.Srcroute("sync --dry-run").Succeeded().Output);
        node.Ip("link set eth1 up");
        node.Srcroute("sync").Quietly();
        Assert.Equal(table, node.Table("src-172.16.0.1"));
    }

    [KernelFact]
    public void A_card_without_carrier_keeps_its_rule_and_is_noted()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("ip -n lan link set eth1 down");
        node.Await("ip route show table 1001 | grep linkdown");

        Assert.Contains("10.0.0.1: card eth1 has no carrier", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_card_that_is_gone_takes_its_source_with_it()
    {
        using Node node = Topology.TwoCards();
        node.AddCard("eth2", "172.16.0.1/24");
        node.Srcroute("bootstrap").Quietly();
        node.Ip("link del eth2");

        node.Srcroute("sync").Quietly();
        Assert.DoesNotContain("172.16.0.1", node.Sh("ip rule; grep -v ^# /etc/iproute2/rt_tables.d/srcroute.conf"), StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
    }

    [KernelTheory]
    [InlineData("10.0.0.1/24", "10.0.0.1", "10.0.0.9")]
    [InlineData("2001:db8:2::1/64", "2001:db8:2::1", "2001:db8:2::9")]
    public void Bootstrap_waits_for_an_address_that_comes_late_and_goes_on_at_once(string late, string address, string client)
    {
        using Node node = Topology.TwoCardsDual();
        node.Ip($"address del {late} dev eth1");
        node.Configure($$"""{ "sources": [{ "address": "{{address}}" }] }""");
        using Job bootstrap = node.Start([Requirements.Binary, "bootstrap", "--wait", "3600"]);

        // Its ear for addresses: a socket of the routing family that is in a multicast group.
        node.Await("awk '$2 == 0 && $4 != \"00000000\" { found = 1 } END { exit !found }' /proc/net/netlink");
        Assert.True(bootstrap.IsRunning);
        node.Ip($"address add {late} dev eth1{Node.NoDad(late)}");

        // An hour later would be too late for us.
        bootstrap.Finish().Quietly();
        Assert.Contains($"from {address} iif lo lookup src-{address}", node.Sh("ip rule; ip -6 rule"), StringComparison.Ordinal);
        Assert.Equal("dev eth1", node.Way(client, address));
    }

    [KernelFact]
    public void Bootstrap_waits_for_a_card_that_is_up_and_has_no_address_yet()
    {
        using Node node = Topology.TwoCards();
        node.Ip("address del 10.0.0.1/24 dev eth1");
        using Job bootstrap = node.Start([Requirements.Binary, "bootstrap", "--wait", "3600"]);
        node.Await("awk '$2 == 0 && $4 != \"00000000\" { found = 1 } END { exit !found }' /proc/net/netlink");
        node.Ip("address add 10.0.0.1/24 dev eth1");

        bootstrap.Finish().Quietly();
        Assert.Contains("from 10.0.0.1 iif lo lookup src-10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_card_that_never_has_an_address_holds_nobody_up_for_long()
    {
        using Node node = Topology.TwoCards();
        node.Ip("address del 10.0.0.1/24 dev eth1");
        Outcome bootstrap = node.Srcroute("bootstrap --wait 3600").Succeeded();
        Assert.Contains("gave up waiting after 5 seconds: card eth1 is up and has no address\n", bootstrap.Error, StringComparison.Ordinal);
    }

    [KernelFact]
    public void When_the_time_is_up_bootstrap_says_what_it_waited_for_and_serves_the_others()
    {
        using Node node = Topology.TwoCards();
        node.Configure("""{ "sources": [{ "address": "172.16.0.1" }] }""");

        Outcome bootstrap = node.Srcroute("bootstrap --wait 1").Succeeded();
        Assert.Contains(
            "gave up waiting after 1 seconds: /etc/srcroute/config.json: sources[0].address: no card has 172.16.0.1",
            bootstrap.Error,
            StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
    }
}
