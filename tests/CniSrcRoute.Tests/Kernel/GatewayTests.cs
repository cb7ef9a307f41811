using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>The many forms a default route of main can have.</summary>
public sealed class GatewayTests
{
    [KernelTheory]
    [InlineData("route add 10.0.0.254 dev eth1\nroute add default via 10.0.0.254 dev eth1 metric 200")]
    [InlineData("route add default via 10.0.0.254 dev eth1 onlink metric 200")]
    [InlineData("nexthop add id 5 via 10.0.0.254 dev eth1 onlink\nroute add default nhid 5 metric 200")]
    [InlineData("nexthop add id 5 via 10.0.0.254 dev eth1 onlink\nnexthop add id 6 via 192.168.1.9 dev eth0\nnexthop add id 7 group 5/6\nroute add default nhid 7 metric 200")]
    [InlineData("route add default metric 200 nexthop via 10.0.0.254 dev eth1 onlink nexthop via 192.168.1.9 dev eth0")]
    public void An_address_without_a_subnet_answers_by_the_router_of_its_card(string routes)
    {
        using Node node = Topology.TwoCards();
        node.Ip("address del 10.0.0.1/24 dev eth1\naddress add 10.0.0.1/32 dev eth1");
        node.Ip(routes);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.7", "10.0.0.1"));
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelTheory]
    [InlineData(4, "route del default\nroute add default via 192.168.1.1 metric 100\nroute add default via 169.254.9.1 dev eth1 onlink metric 1", "169.254.9.1", "192.168.1.100", "203.0.113.7")]
    [InlineData(6, "route add default via 2001:db8:99::1 dev eth1 onlink metric 1", "2001:db8:99::1", "2001:db8:1::100", "2001:db8:77::7")]
    public void What_a_program_has_bound_to_a_source_reaches_the_router_of_another_card_that_is_in_no_subnet(
        int family, string routes, string router, string source, string far)
    {
        using Node node = family == 4 ? Topology.TwoCards() : Topology.TwoCards6();
        node.Ip(routes);
        string before = node.Sh($"ip -o route get {router} from {source}");
        Assert.Contains("dev eth1", before, StringComparison.Ordinal);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal(before.Split("cache")[0], node.Sh($"ip -o route get {router} from {source}").Split("cache")[0]);
        Assert.Contains("dev eth0", node.Sh($"ip route get {far} from {source}"), StringComparison.Ordinal);
        using var watcher = Watch.Watcher.Start(node);
        node.Sh($"ip -{family} route del default metric 1");
        watcher.AssertTrue();
        Assert.DoesNotContain($"throw {router}", node.Sh($"ip -{family} route show table all type throw"), StringComparison.Ordinal);
        node.Ip(routes.Split('\n')[^1]);
        watcher.AssertTrue();
        Assert.Contains($"throw {router}", node.Sh($"ip -{family} route show table all type throw"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_default_that_routers_advertise_is_followed_without_its_lifetime()
    {
        using Node node = Topology.TwoCards6();
        node.Ip("route add default via fe80::2 dev eth1 proto ra metric 512 expires 600 pref high mtu 1400");
        node.Srcroute("bootstrap").Quietly();

        Assert.EndsWith(
            "default via fe80::2 dev eth1 proto srcroute metric 512 mtu 1400 pref high",
            node.Table6("src-2001:db8:2::1"),
            StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_default_without_a_gateway_is_followed()
    {
        using Node node = Topology.TwoCards();
        node.Ip("route add default dev eth1 metric 200");
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("dev eth1", node.Way("203.0.113.7", "10.0.0.1"));
        Assert.Contains("on the link", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void An_IPv4_default_by_an_IPv6_router_is_followed()
    {
        using Node node = Topology.TwoCards();
        node.Ip("route add 0.0.0.0/0 via inet6 fe80::2 dev eth1 metric 200");
        node.Srcroute("bootstrap").Quietly();

        Assert.Contains("default via inet6 fe80::2 dev eth1 proto srcroute metric 200", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Several_runs_at_once_agree_on_the_outcome()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        Job[] jobs = [.. Enumerable.Range(0, 8).Select(_ => node.Start([Requirements.Binary, "sync"]))];
        foreach (Job job in jobs)
        {
            job.Finish().Quietly();
        }

        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        Assert.Equal(26, node.Sh("ip rule; ip -6 rule").Split("proto srcroute").Length - 1);
    }
}
