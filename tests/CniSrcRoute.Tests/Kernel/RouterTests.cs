using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Several routers of one card, and routers outside of every subnet: the source table does what main does.</summary>
public sealed class RouterTests
{
    [KernelFact]
    public void A_dead_router_is_left_for_the_next_of_the_same_metric_as_main_leaves_it()
    {
        using Node node = Topology.TwoCards();
        node.Ip("""
            route del default
            route append default via 10.0.0.254 dev eth1
            route append default via 10.0.0.253 dev eth1
            """);
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);

        // The kernel has found out that the first does not answer.
        node.Sh("ip neigh replace 10.0.0.254 dev eth1 nud failed; ip neigh replace 10.0.0.253 lladdr 02:00:00:00:00:53 dev eth1 nud reachable");
        Assert.Contains("via 10.0.0.253 dev eth1", node.Sh("ip route get 203.0.113.7"), StringComparison.Ordinal);
        Assert.Equal("via 10.0.0.253 dev eth1", node.Way("203.0.113.7", "10.0.0.1"));

        node.Ip("route del default via 10.0.0.253 dev eth1");
        node.Srcroute("sync").Quietly();
        Assert.Equal(
            ["default via 10.0.0.254 dev eth1 proto srcroute"],
            node.Table("src-10.0.0.1").Split('\n').Where(line => line.StartsWith("default", StringComparison.Ordinal)));
        node.Srcroute("status").Quietly();
    }

    [KernelTheory]
    [InlineData("10.9.0.7/32", "172.31.2.1", "203.0.113.7")]
    [InlineData("2001:db8:3::7/128", "2001:db8:9::1", "2001:db8:99::7")]
    [InlineData("2001:db8:3::7/128", "2001:db8:1::1", "2001:db8:99::7")]
    public void A_configured_router_outside_of_the_subnet_is_used_at_once(string address, string router, string client)
    {
        using Node node = Topology.TwoCardsDual();
        node.AddCard("eth2", address);
        string source = address.Split('/')[0];
        node.Configure($$"""{ "sources": [{ "address": "{{source}}", "gateway": "{{router}}" }] }""");
        node.Srcroute("sync").Quietly();

        Assert.Equal($"via {router} dev eth2", node.Way(client, source));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public void A_second_card_in_a_subnet_without_a_route_of_its_own_is_served()
    {
        using Node node = new();
        node.AddCard("eth0", "10.0.1.10/24", "2001:db8:1::10/64");
        node.AddCard("eth1");
        node.Ip("""
            address add 10.0.1.50/24 dev eth1 noprefixroute
            address add 2001:db8:1::50/64 dev eth1 noprefixroute nodad
            route add default via 10.0.1.1 dev eth0
            route add default via 2001:db8:1::1 dev eth0
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 10.0.1.1 dev eth1", node.Way("203.0.113.7", "10.0.1.50"));
        Assert.Equal("via 2001:db8:1::1 dev eth1", node.Way("2001:db8:99::7", "2001:db8:1::50"));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        node.Srcroute("status").Quietly();
    }

    [KernelTheory]
    [InlineData("10.77.0.0/16", "10.0.1.9", "10.77.0.5", "10.0.1.50")]
    [InlineData("2001:db8:77::/48", "2001:db8:1::9", "2001:db8:77::5", "2001:db8:1::50")]
    [InlineData("2001:db8:77::/48", "fe80::9", "2001:db8:77::5", "2001:db8:1::50")]
    public void Two_cards_in_one_subnet_share_every_router_there(string network, string router, string client, string second)
    {
        using Node node = new();
        node.AddCard("eth0", "10.0.1.10/24", "2001:db8:1::10/64");
        node.AddCard("eth1", "10.0.1.50/24", "2001:db8:1::50/64");
        node.Ip($"""
            route add default via 10.0.1.1 dev eth0
            route add default via 2001:db8:1::1 dev eth0
            route add {network} via {router} dev eth0
            """);
        Assert.Equal($"via {router} dev eth0", node.Way(client, second));
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal($"via {router} dev eth1", node.Way(client, second));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        node.Srcroute("status").Quietly();
    }

    [KernelTheory]
    [InlineData("default", "203.0.113.7")]
    [InlineData("172.31.0.0/16", "172.31.0.5")]
    public void A_router_within_a_larger_subnet_of_another_card_is_not_shared(string network, string client)
    {
        using Node node = new();
        node.AddCard("eth0", "10.0.0.10/8");
        node.AddCard("eth1", "10.1.1.10/24");
        node.Ip($"route add {network} via 10.1.1.1 dev eth1");
        Assert.Equal("via 10.1.1.1 dev eth1", node.Way(client, "10.0.0.10"));
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 10.1.1.1 dev eth1", node.Way(client, "10.0.0.10"));
    }
}
