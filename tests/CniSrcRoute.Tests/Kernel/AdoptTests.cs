using System.Text.Json.Nodes;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What people have made by hand is taken over, or left alone with the routes to pods in it.</summary>
public sealed class AdoptTests
{
    private const string ByHand = """
        mkdir -p /etc/iproute2/rt_tables.d; echo '101 T1' >/etc/iproute2/rt_tables.d/mine.conf
        ip route add 10.0.0.0/24 dev eth1 table T1
        ip route add default via 10.0.0.254 dev eth1 table T1
        ip rule add from 10.0.0.1 lookup T1 priority 200
        rm -f /etc/network; mkdir /etc/network
        printf 'iface eth1 inet static\n  up ip rule add from 10.0.0.1 lookup T1\n' >/etc/network/interfaces
        """;

    private const string Rules = "ip -N rule | grep -Ev 'fwmark|nop'";

    [KernelFact]
    public void A_table_of_others_that_is_extended_gets_the_ways_to_pods_and_keeps_its_rule_and_routes()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(ByHand);
        string before = node.Sh("ip route show table 101");
        node.Configure("""{ "extend": ["T1"] }""");
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("""
            default via 10.0.0.254 dev eth1
            10.0.0.0/24 dev eth1 scope link
            throw 10.254.0.0/16 proto srcroute metric 4294967295
            10.254.1.0/24 dev cni0 proto srcroute scope link src 10.254.1.1 metric *
            10.254.2.0/24 via 10.254.2.0 dev flannel.1 proto srcroute metric * onlink
            """.Split('\n').Order(), node.Table("101").Split('\n').Order());
        Assert.Equal("""
            0:	from all lookup 255
            200:	from 10.0.0.1 lookup 101
            32764:	from all iif lo lookup 254 suppress_prefixlength 0 proto 206
            32765:	from 192.168.1.100 iif lo lookup 1000 proto 206
            32766:	from all lookup 254
            32767:	from all lookup 253

            """, node.Sh(Rules));
        Assert.Equal("dev cni0", node.Way("10.254.1.2", "10.0.0.1"));
        Assert.Contains("extended", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.EndsWith("nothing to do\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);

        node.Srcroute("teardown").Quietly();
        Assert.Equal(before, node.Sh("ip route show table 101"));
    }

    [KernelFact]
    public void Marks_lead_to_an_extended_table_only_where_it_knows_the_neighbours()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(ByHand);
        node.Configure("""{ "extend": [101] }""");
        node.Srcroute("bootstrap").Quietly();
        Assert.Contains("lookup 101 proto 206", node.Sh("ip -N rule"), StringComparison.Ordinal);

        // A neighbour would be answered by the router, though main reaches it.
        node.Sh("ip route del 10.0.0.0/24 dev eth1 table 101");
        Assert.Contains("to change that: ip route add ", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("lookup 101 proto 206", node.Sh("ip -N rule"), StringComparison.Ordinal);
        Assert.Equal("dev cni0", node.Way("10.254.1.2", "10.0.0.1"));

        node.Sh(JsonNode.Parse(node.Srcroute("status -o json").Output)!["findings"]!.AsArray()
            .Single(finding => finding!["code"]!.GetValue<string>() == "extended-table-lacks-route")!["cure"]!.GetValue<string>());
        node.Srcroute("sync").Quietly();
        Assert.Contains("lookup 101 proto 206", node.Sh("ip -N rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_source_whose_routes_are_in_a_table_of_networkd_is_led_to_extend_and_answered_with_it()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("""
            ip addr del 10.0.0.1/24 dev eth1; ip addr add 10.0.0.1/24 dev eth1 noprefixroute
            ip route add 10.0.0.0/24 dev eth1 table 100 proto dhcp; ip route add default via 10.0.0.254 dev eth1 table 100 proto dhcp
            ip rule add from 10.0.0.1 lookup 100 proto dhcp
            """);
        Assert.Contains("put \"extend\": [100] into /etc/srcroute/config.json", node.Srcroute("status").Output, StringComparison.Ordinal);
        Assert.Contains("\"extend\": [100]", node.Srcroute("adopt --dry-run").Error, StringComparison.Ordinal);
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("10.254.2.7", "10.0.0.1"));

        node.Configure("""{ "extend": [100] }""");
        node.Srcroute("sync").Quietly();
        Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.7", "10.0.0.1"));
        node.Srcroute("status").Quietly();
    }

    [KernelTheory]
    [InlineData("""{ "extend": ["T9"] }""", "extend[0]: no file of iproute2 knows a table T9")]
    public void A_table_that_serves_no_source_cannot_be_extended(string config, string sentence)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(ByHand);
        string before = node.Snapshot();
        node.Configure(config);
        Outcome outcome = node.Srcroute("sync");
        Assert.Equal((1, $"srcroute: /etc/srcroute/config.json: {sentence}\n"), (outcome.ExitStatus, outcome.Error));
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void A_source_whose_old_table_knows_more_is_left_alone_and_the_line_for_the_config_is_shown()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(ByHand);
        string before = node.Sh("ip rule show priority 200; ip route show table 101");
        Outcome outcome = node.Srcroute("adopt");
        Assert.Equal(2, outcome.ExitStatus);
        Assert.Contains(
            """put { "address": "10.0.0.1", "gateway": "10.0.0.254" } under "sources" of /etc/srcroute/config.json""",
            outcome.Error,
            StringComparison.Ordinal);
        Assert.Equal(before, node.Sh("ip rule show priority 200; ip route show table 101"));
    }

    [KernelFact]
    public void Adopted_the_old_rule_and_table_are_gone_and_the_file_that_makes_them_is_named()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(ByHand);
        node.Sh("ip rule add from 198.51.100.0/24 lookup 77 priority 300; ip route add 198.51.100.0/24 dev eth0 table 77");
        node.Configure("""{ "sources": [ { "address": "10.0.0.1", "gateway": "10.0.0.254" } ] }""");
        Outcome plan = node.Srcroute("adopt --dry-run");
        Assert.Equal(2, plan.ExitStatus);
        Assert.Contains("- ip rule del from 10.0.0.1 lookup 101 priority 200\n", plan.Output, StringComparison.Ordinal);

        Outcome outcome = node.Srcroute("adopt");
        Assert.Equal(0, outcome.ExitStatus);
        Assert.Contains("/etc/network/interfaces, line 2: up ip rule add from 10.0.0.1 lookup T1\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("""
            0:	from all lookup 255
            300:	from 198.51.100.0/24 lookup 77
            32764:	from all iif lo lookup 254 suppress_prefixlength 0 proto 206
            32765:	from 10.0.0.1 iif lo lookup 1000 proto 206
            32765:	from 192.168.1.100 iif lo lookup 1001 proto 206
            32766:	from all lookup 254
            32767:	from all lookup 253

            """, node.Sh(Rules));
        Assert.Equal("", node.Sh("ip route show table 101 2>/dev/null || true"));
        Assert.NotEqual("", node.Sh("ip route show table 77"));
        Assert.Contains("default via 10.0.0.254 dev eth1", node.Table("1000"), StringComparison.Ordinal);
        Assert.Equal(0, node.Srcroute("adopt").ExitStatus);
    }
}
