using Xunit;

namespace CniSrcRoute.Tests.Kernel;

public sealed class TeardownTests
{
    [KernelFact]
    public void After_teardown_rules_and_routes_of_both_families_are_what_they_were()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            route add default via 10.0.0.254 table 77
            route add throw 10.254.0.0/16 table 77 metric 5
            route add 2001:db8:9::/48 via 2001:db8:2::9 table 77 proto static
            rule add from 10.0.0.1 lookup 77 priority 31000
            rule add fwmark 0x10/0xf0 lookup 77 priority 30001 protocol static
            """);
        node.Sh("ip -6 rule add from 2001:db8:2::1 lookup 77 priority 31000");
        string before = node.Snapshot();
        string names = node.Sh("find /etc/iproute2 -type f | sort");

        node.Srcroute("bootstrap").Succeeded();
        Assert.NotEqual(before, node.Snapshot());
        node.Srcroute("teardown").Quietly();
        Assert.Equal(before, node.Snapshot());
        Assert.Equal(names, node.Sh("find /etc/iproute2 -type f | sort"));
    }

    [KernelFact]
    public void Dry_run_shows_what_would_go_rules_first_and_removes_nothing()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        string before = node.Snapshot();

        Outcome plan = node.Srcroute("teardown --dry-run");
        Assert.Equal(2, plan.ExitStatus);
        Assert.StartsWith("""
            - nft delete table inet srcroute
            - ip rule del from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206

            """, plan.Output, StringComparison.Ordinal);
        Assert.True(plan.Output.LastIndexOf("- ip rule", StringComparison.Ordinal) < plan.Output.IndexOf("- ip route", StringComparison.Ordinal));
        Assert.Contains("- ip route del default via 192.168.1.1 dev eth0 table 1000 protocol 206\n", plan.Output, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void A_second_teardown_has_nothing_to_do()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Srcroute("teardown").Quietly();

        Assert.Equal("nothing to do\n", node.Srcroute("teardown").Quietly().Output);
        Assert.Equal("", node.Srcroute("teardown --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_broken_config_does_not_keep_us_on_the_node()
    {
        using Node node = Topology.TwoCards();
        string before = node.Snapshot();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("{ broken");

        node.Srcroute("teardown").Quietly();
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void Routes_that_went_by_themselves_and_tables_of_old_sources_are_no_obstacle()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("""
            link set eth1 down
            address del 192.168.1.100/24 dev eth0
            link del cni0
            """);

        node.Srcroute("teardown").Quietly();
        Assert.DoesNotContain("srcroute", node.Sh("ip rule; ip route show table all; ip -6 route show table all"), StringComparison.Ordinal);
        Assert.DoesNotContain("proto 206", node.Snapshot(), StringComparison.Ordinal);
    }
}
