using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>The plan of the usual node, and its order.</summary>
public class PlanOrderTests
{
    private const byte Ours = Ownership.Protocol;

    [Fact]
    public void The_first_bootstrap_writes_names_then_routes_then_rules_then_the_marks() => Assert.Equal(
        [
            "+ names in /etc/iproute2/rt_tables.d/srcroute.conf",
            "+ names in /etc/iproute2/rt_protos.d/srcroute.conf",
            "+ ip route add throw 10.244.0.0/16 table 1000 metric 4294967295 protocol 206",
            "+ ip route add 10.244.7.0/24 dev cni0 table 1000 metric 13320 protocol 206 scope link src 10.244.7.1",
            "+ ip route add 10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink table 1000 metric 13346 protocol 206",
            "+ ip route add 192.168.1.0/24 dev eth0 table 1000 protocol 206 scope link src 192.168.1.100",
            "+ ip route add default via 192.168.1.1 dev eth0 table 1000 protocol 206",
            "+ ip route add throw 10.244.0.0/16 table 1001 metric 4294967295 protocol 206",
            "+ ip route add 10.244.7.0/24 dev cni0 table 1001 metric 13320 protocol 206 scope link src 10.244.7.1",
            "+ ip route add 10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink table 1001 metric 13346 protocol 206",
            "+ ip route add 10.0.0.0/24 dev eth1 table 1001 protocol 206 scope link src 10.0.0.1",
            "+ ip rule add from all fwmark 0x40/0x7f lookup 254 priority 32764 protocol 206",
            "+ ip rule add from all iif lo lookup 254 suppress_prefixlength 0 priority 32764 protocol 206",
            "+ ip rule add from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206",
            "+ ip rule add from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206",
            "+ ip rule add from all fwmark 0x20/0x7f lookup 1000 priority 501 protocol 206",
            "+ ip rule add from all fwmark 0x60/0x7f lookup 1000 priority 501 protocol 206",
            "+ ip rule add from all fwmark 0x21/0x7f lookup 1001 priority 501 protocol 206",
            "+ ip rule add from all fwmark 0x61/0x7f lookup 1001 priority 501 protocol 206",
            "+ ip rule add from all nop priority 502 protocol 206",
            "+ ip rule add from all fwmark 0x0/0x7f goto 502 priority 500 protocol 206",
            "+ ip rule add from all fwmark 0x40/0x40 iif lo goto 502 priority 500 protocol 206",
            "+ ip rule add from all fwmark 0x20/0x7f iif eth0 goto 502 priority 500 protocol 206",
            "+ ip rule add from all fwmark 0x21/0x7f iif eth1 goto 502 priority 500 protocol 206",
            "+ nft -f - <<'END'",
            "~ # connections that are open keep their way by marks of 0x7f",
        ],
        Steps(Node.WithPods()));

    [Fact]
    public void A_peer_that_left_is_removed_and_one_that_joined_is_added_first()
    {
        Node node = Standing(Node.WithPods());
        node.State.Tables[new TableId(Family.IPv4, TableId.Main)].RemoveAll(route => route.Destination == Text.Prefix("10.244.33.0/24"));
        Assert.Equal(
            [
                "+ ip route add 10.244.34.0/24 via 10.244.34.0 dev flannel.1 onlink table 1000 metric 13347 protocol 206",
                "+ ip route add 10.244.34.0/24 via 10.244.34.0 dev flannel.1 onlink table 1001 metric 13347 protocol 206",
                "- ip route del 10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink table 1000 metric 13346 protocol 206",
                "- ip route del 10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink table 1001 metric 13346 protocol 206",
            ],
            Steps(node.Main("10.244.34.0/24 via 10.244.34.0 dev flannel.1 onlink scope global")));
    }

    [Fact]
    public void A_rule_that_moves_stands_until_the_new_one_does() => Assert.Equal(
        ["+ ip rule add from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206", "- ip rule del from 10.0.0.1 iif lo lookup 1001 priority 29000 protocol 206"],
        Steps(Standing(Node.TwoCards(), """{"rulePriority":29000}""")).Where(step => step.Contains("10.0.0.1 iif lo lookup", StringComparison.Ordinal)));

    [Fact]
    public void A_rule_for_main_is_made_again_without_those_behind_it()
    {
        Node node = Standing(Node.TwoCards());
        ((List<Rule>)node.State.Rules).RemoveAll(rule => rule.Table == TableId.Main && rule.Selectors == RuleSelector.FromNodeButDefault);
        Assert.Equal(["+ ip rule add from all iif lo lookup 254 suppress_prefixlength 0 priority 32764 protocol 206"], Steps(node));
    }

    [Fact]
    public void Where_others_have_a_rule_at_our_priority_all_of_ours_come_after_it_and_no_packet_misses_main_meanwhile() => Assert.Equal(
        [
            "+ ip rule add from all fwmark 0x40/0x7f lookup 254 priority 32765 protocol 206",
            "+ ip rule add from all iif lo lookup 254 suppress_prefixlength 0 priority 32765 protocol 206",
            "- ip rule del from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206",
            "+ ip rule add from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206",
            "- ip rule del from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206",
            "+ ip rule add from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206",
            "- ip rule del from all fwmark 0x40/0x7f lookup 254 priority 32764 protocol 206",
            "- ip rule del from all iif lo lookup 254 suppress_prefixlength 0 priority 32764 protocol 206",
        ],
        Steps(Standing(Node.TwoCards()).Rule("10.99.0.0/16", 100, 32765)).Where(step => step.Contains("3276", StringComparison.Ordinal)));

    [Fact]
    public void A_source_that_is_given_up_loses_its_rule_first_and_its_routes_last()
    {
        string[] steps = Steps(
            Standing(Node.TwoCards().Rule("10.5.5.5", 1044, 32765, Ours).In(1044, "10.5.0.0/16 dev eth1 proto srcroute").Main("10.88.0.0/16 dev eth1")));
        Assert.Equal("- ip rule del from 10.5.5.5 iif lo lookup 1044 priority 32765 protocol 206", steps[0]);
        Assert.Equal("- ip route del 10.5.0.0/16 dev eth1 table 1044 protocol 206 scope link", steps[^1]);
    }

    [Fact]
    public void A_duplicate_rule_of_ours_is_taken_away_once() => Assert.Equal(
        ["- ip rule del from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206"],
        Steps(Standing(Node.TwoCards()).Rule("10.0.0.1", 1001, 32765, Ours)));

    [Fact]
    public void Two_sources_that_exchange_their_tables_never_answer_by_the_others_card()
    {
        Node node = Standing(Node.TwoCards());
        string config = """{"sources":[{"address":"192.168.1.100","table":1001},{"address":"10.0.0.1","table":1000}]}""";
        var kernel = new ModelKernel(node.State);
        foreach (Change change in node.Plan(config).Changes)
        {
            kernel.Apply(change);
            foreach (Rule rule in kernel.Rules.Where(Node.IsForSource))
            {
                int card = node.Index(rule.From == Text.Prefix("10.0.0.1") ? "eth1" : "eth0");
                Assert.All(kernel.Table(new TableId(rule.Family, rule.Table)).SelectMany(route => route.Nexthops), hop => Assert.Equal(card, hop.Oif));
            }
        }
    }

    [Fact]
    public void A_new_source_never_gets_the_table_that_the_rule_of_another_still_leads_to()
    {
        // 192.168.1.100 moves from 1000 to 2000 while 172.16.0.9 comes: 1000 is not free before the old rule is gone.
        Node node = Standing(Node.TwoCards()).Card("eth2", "172.16.0.9/24").Main("172.16.0.0/24 dev eth2");
        Assert.NotEqual(1000u, node.Source("172.16.0.9", """{"sources":[{"address":"192.168.1.100","table":2000}]}""").Number);
    }

    private static Node Standing(Node node, string config = "{}")
    {
        DesiredState desired = node.Derive(config);
        foreach (SourceTable table in desired.Tables)
        {
            foreach (Route route in table.Routes)
            {
                node.In(table.Number, node.Format(route) + " proto srcroute" + (route is { Type: RouteType.Unicast, Scope: 0 } ? " scope global" : ""));
            }
        }

        foreach (Rule rule in desired.Rules)
        {
            node.Rule(rule);
        }

        return node.NamesFile(desired.TableNamesFile).ProtocolNames(desired.ProtocolNamesFile).Nftables(desired.MarkTable);
    }

    private static string[] Steps(Node node) => [.. node.Plan().Changes.Select(new IpCommand(node.State).Format).Select(step => step.Split('\n')[0])];
}
