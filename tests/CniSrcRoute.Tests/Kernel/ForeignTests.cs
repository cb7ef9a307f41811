using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What does not carry our protocol number is reported where it matters, and never touched.</summary>
public sealed class ForeignTests
{
    [KernelTheory]
    [InlineData("{}")]
    [InlineData("""{ "rulePriority": 32700 }""")]
    public void What_is_for_the_node_itself_stays_there_where_the_table_local_is_asked_late(string config)
    {
        using Node node = Topology.TwoCards();
        node.Ip("rule add lookup local priority 32765\nrule del priority 0");
        node.Configure(config);
        Assert.StartsWith("local ", node.Sh("ip route get 192.168.1.100 from 10.0.0.1"), StringComparison.Ordinal);
        node.Srcroute("bootstrap").Quietly();

        Assert.StartsWith("local ", node.Sh("ip route get 192.168.1.100 from 10.0.0.1"), StringComparison.Ordinal);
        Assert.StartsWith("local ", node.Sh("ip route get 10.0.0.1 from 10.0.0.1"), StringComparison.Ordinal);
        node.Ip("rule add lookup local priority 0\nrule del priority 32765 table local");
        node.Srcroute("sync").Quietly();
        Assert.Equal(config.Length > 2, node.Sh("ip rule").Contains("32700:\tfrom 10.0.0.1 iif lo", StringComparison.Ordinal));
    }

    [KernelFact]
    public void What_is_for_the_node_itself_stays_there_also_by_a_table_of_somebody_else_that_gets_copies()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Ip("""
            rule add lookup local priority 32765
            rule del priority 0
            route add 10.0.0.0/24 dev eth1 table 700
            rule add from 10.0.0.1 lookup 700 priority 20000
            """);
        node.Configure("""{ "extend": [700] }""");
        Assert.StartsWith("local ", node.Sh("ip route get 10.254.1.1 from 10.0.0.1"), StringComparison.Ordinal);
        node.Srcroute("bootstrap").Succeeded();

        Assert.StartsWith("local ", node.Sh("ip route get 10.254.1.1 from 10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("dev cni0", node.Sh("ip route get 10.254.1.9 from 10.0.0.1"), StringComparison.Ordinal);
        Assert.Equal("nothing to do\n", node.Srcroute("sync").Succeeded().Output);
    }

    // Whoever numbers his rules from 1 up leaves no room ahead of them.
    [KernelTheory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("4")]
    [InlineData("1 2")]
    [InlineData("2 3")]
    [InlineData("1 2 3 4 5")]
    [InlineData("2 500 501")]
    public void Rules_of_others_are_asked_as_before_however_early_they_stand(string priorities)
    {
        using Node node = Topology.TwoCardsDual();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
        node.Ip("route add default via 10.0.0.254 dev eth1 table 77\nroute add default via 2001:db8:2::254 dev eth1 table 77");
        string add = $"for n in {priorities}; do for ip in 'ip -4' 'ip -6'; do $ip rule add priority $n uidrange 10$n-10$n lookup 77; done; done";
        string ask = $"for n in {priorities}; do for to in 198.51.100.9 2001:db8:9::9; do ip route get $to uid 10$n; done; done | grep -o 'via [^ ]* dev [^ ]*'";
        node.Sh(add);
        string before = node.Sh(ask);
        Assert.DoesNotContain("eth0", before, StringComparison.Ordinal);

        // In both orders, and what is marked goes ahead of all but who was at the very first number before.
        node.Srcroute("bootstrap").Succeeded();
        AssertAsked();
        node.Srcroute("teardown").Succeeded();
        node.Sh(add.Replace("rule add", "rule del", StringComparison.Ordinal));
        node.Srcroute("bootstrap").Succeeded();
        node.Sh(add);
        node.Srcroute("sync").Succeeded();
        AssertAsked();

        void AssertAsked()
        {
            Assert.Equal(before, node.Sh(ask));
            node.Sh("ip rule add priority 600 lookup main");
            Assert.Equal("via 10.0.0.254 dev eth1", node.Way("198.51.100.9", "10.0.0.1"));
            node.Sh("ip rule del priority 600");
        }
    }

    [KernelTheory]
    [InlineData("default", "ip route replace default via 192.168.1.2 dev eth0 table 1000 proto static")]
    [InlineData("192.168.1.0/24", "ip route replace 192.168.1.0/24 dev eth1 table 1000")]
    [InlineData("10.254.0.0/16", "ip route replace unreachable 10.254.0.0/16 metric 4294967295 table 1000 proto bird")]
    [InlineData("2001:db8:1::/64", "ip route del 2001:db8:1::/64 table 1002 proto 206; ip route add 2001:db8:1::/64 dev eth1 metric 256 table 1002 proto static")]
    public void Route_of_somebody_else_in_our_place_is_reported_and_left_alone(string destination, string change)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Sh(change);
        string changed = node.Snapshot();

        Outcome sync = node.Srcroute("sync").Succeeded();
        Assert.Contains($"somebody else's route to {destination} is in the place of ours, and is left alone", sync.Error, StringComparison.Ordinal);
        Assert.Equal(changed, node.Snapshot());
        Outcome status = node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.Contains("somebody else's route", status.Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Route_of_somebody_else_before_ours_is_reported_and_left_alone()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("route prepend default via 192.168.1.2 dev eth0 table 1000 proto static\nroute replace 192.168.1.0/24 dev eth0 table 1000 proto 206");

        Assert.Contains("somebody else's route to default", node.Srcroute("sync").Succeeded().Error, StringComparison.Ordinal);
        Assert.StartsWith("default via 192.168.1.2 dev eth0 proto static\n", node.Table("1000"), StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Succeeded().Output);
    }

    [KernelFact]
    public void Route_of_somebody_else_beside_ours_stays_through_sync_and_teardown()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("""
            route add 203.0.113.0/24 via 192.168.1.9 table 1000 proto static
            route add 192.168.1.0/24 dev eth1 metric 9 table 1000
            """);

        Assert.EndsWith("nothing to do\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        node.Srcroute("teardown").Quietly();
        Assert.Equal("""
            192.168.1.0/24 dev eth1 scope link metric 9
            203.0.113.0/24 via 192.168.1.9 dev eth0 proto static
            """, node.Table("1000"));
    }

    [KernelTheory]
    [InlineData("priority 20000 lookup 77")]
    [InlineData("priority 32765 lookup 77")]
    public void Rule_of_somebody_else_for_the_same_source_is_reported_and_left_alone(string rule)
    {
        using Node node = Topology.TwoCards();
        node.Ip($"rule add from 192.168.1.100 {rule} protocol static");

        string said = node.Srcroute("bootstrap").Quietly().Output;
        Assert.Contains("192.168.1.100: somebody else's rule", said, StringComparison.Ordinal);
        Assert.Contains("programs that are bound to the source follow it; replies do not, unless a warning says so", said, StringComparison.Ordinal);
        string rules = node.Sh("ip rule");
        Assert.Contains("from 192.168.1.100 lookup 77 proto static", rules, StringComparison.Ordinal);
        Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100 proto srcroute", rules, StringComparison.Ordinal);
        Assert.Contains("somebody else's rule", node.Srcroute("status").Succeeded().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Rule_of_somebody_else_in_the_place_of_ours_is_reported_and_left_alone()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("""
            rule del from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206
            rule add from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol static
            """);

        Assert.Contains("192.168.1.100: somebody else's rule", node.Srcroute("sync").Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
        Assert.Equal("", node.Srcroute("sync --dry-run").Succeeded().Output);
        node.Srcroute("teardown").Quietly();
        Assert.Contains("from 192.168.1.100 iif lo lookup 1000 proto static", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Table_made_by_hand_is_not_taken_for_a_source()
    {
        using Node node = Topology.TwoCards();
        node.Ip("""
            route add default via 192.168.1.9 table 1000
            rule add fwmark 1 lookup 1001 priority 100
            route add blackhole ::/0 table 1002
            """);
        node.Sh("mkdir -p /etc/iproute2/rt_tables.d; echo '1003 mine' >/etc/iproute2/rt_tables.d/mine.conf");
        string before = node.Snapshot();

        node.Srcroute("bootstrap").Quietly();
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
        Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal(node.Table("1004"), node.Table("src-192.168.1.100"));
        Assert.Equal("default via 192.168.1.9 dev eth0", node.Table("1000"));
        node.Srcroute("teardown").Quietly();
        Assert.Equal(before, node.Snapshot());
    }
}
