using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Sources that get no rule, rules of others, and what is said of them.</summary>
public class UnservedTests
{
    [Fact]
    public void A_source_whose_card_is_down_gets_no_rule_and_a_warning_and_the_others_go_on()
    {
        DesiredState desired = Node.WithPods().Down("eth1").Derive();
        Assert.Equal(["from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206"], desired.Rules.Where(Node.IsForSource).Select(IpCommand.Format));
        Assert.Equal(["10.0.0.1 is not served: its card eth1 is down"], desired.Warnings());
    }

    [Theory]
    [InlineData("""{"sources":[{"address":"10.0.0.1","gateway":"10.0.0.254"}]}""")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.77.0.0/16","via":"10.0.0.9"}]}]}""")]
    public void No_route_is_written_over_a_card_that_is_down(string config)
    {
        Node node = Node.WithPods().Down("eth1");
        Assert.DoesNotContain(node.Plan(config).Changes.OfType<RouteChange>(), change => change.Route.Nexthops.Any(hop => hop.Oif == node.Index("eth1")));
    }

    [Fact]
    public void A_card_that_goes_down_takes_its_rule_along()
    {
        Node node = Node.WithPods().Rule("10.0.0.1", 1001, 32765, Ownership.Protocol).Down("eth1");
        Assert.Equal("- ip rule del from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206", new IpCommand(node.State).Format(node.Plan().Changes[0]));
    }

    [Fact]
    public void A_card_without_any_route_is_not_served() =>
        Assert.Equal(
            [
                "172.16.0.9 is not served: no route of main leaves by its card eth2; if there is a router, " +
                "put \"sources\": [{ \"address\": \"172.16.0.9\", \"gateway\": \"ROUTER\" }] into /etc/srcroute/config.json",
            ],
            Node.TwoCards().Card("eth2", "172.16.0.9/24").Derive().Warnings());

    [Fact]
    public void A_card_without_a_carrier_is_served_and_noted()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Device("eth1", "", carrier: false, addresses: "10.0.0.1/24")
            .Main("default via 192.168.1.1 dev eth0").Main("default via 10.0.0.254 dev eth1 metric 100").Main("10.0.0.0/24 dev eth1");
        Assert.Equal(2, node.Derive().Rules.Count(Node.IsForSource));
        Assert.Equal(["10.0.0.1: card eth1 has no carrier"], node.Notes());
    }

    [Fact]
    public void A_rule_of_others_for_the_same_source_is_reported_and_not_fought()
    {
        Node node = Node.TwoCards().Rule("10.0.0.1", 100, 200);
        Assert.Equal(
            [
                "10.0.0.1: somebody else's rule 200 \"from 10.0.0.1 lookup 100\" is for the same source and is left alone; " +
                "it comes before ours, and its table has no routes to the pods",
            ],
            node.Derive("""{"marks":false}""").Warnings());
        Assert.Contains(
            "10.0.0.1: somebody else's rule 200 \"from 10.0.0.1 lookup 100\" is for the same source and is left alone; " +
            "programs that are bound to the source follow it; replies do not, unless a warning says so",
            node.Derive().Notes());
        Assert.Equal(2, node.Derive().Rules.Count(Node.IsForSource));
        Assert.DoesNotContain(node.Plan().Changes, change => change is RuleChange { Kind: ChangeKind.Remove });
    }

    [Fact]
    public void A_rule_of_others_behind_ours_is_reported_as_such() => Assert.EndsWith(
        "; ours is asked first",
        Node.TwoCards().Rule("10.0.0.1", 100, 31000).Derive("""{"rulePriority":30000}""").Notes().Single(note => note.StartsWith("10.0.0.1: somebody", StringComparison.Ordinal)),
        StringComparison.Ordinal);

    [Fact]
    public void A_rule_of_others_that_is_ours_but_for_the_protocol_stands_for_it()
    {
        Node node = Node.TwoCards().Rule(new Rule { Family = Family.IPv4, From = Text.Prefix("10.0.0.1"), Table = 900, Priority = 32765, Selectors = RuleSelector.FromNode });
        DesiredState desired = node.Derive("""{"sources":[{"address":"10.0.0.1","table":900}]}""");
        Assert.Equal(["192.168.1.100"], desired.Rules.Where(Node.IsForSource).Select(rule => rule.From.ToString()));
        Assert.All(desired.Tables, table => Assert.Null(table.Unserved));
    }

    [Fact]
    public void A_rule_of_others_at_our_priority_is_no_obstacle()
    {
        DesiredState desired = Node.TwoCards().Rule("10.99.0.0/16", 100, 32765).Rule("10.0.0.1", 100, 32765).Derive();
        Assert.Empty(desired.Problems());
        Assert.Empty(desired.Warnings());
        Assert.Equal(2, desired.Served);
    }

    [Fact]
    public void A_route_of_others_that_stands_where_ours_should_is_left_alone_and_reported()
    {
        Node node = Node.TwoCards().Rule("10.0.0.1", 900, 32765, Ownership.Protocol).In(900, "10.0.0.0/24 via 10.0.0.99 dev eth1");
        Plan plan = node.Plan();
        Assert.Equal(["table src-10.0.0.1: somebody else's route to 10.0.0.0/24 is in the place of ours, and is left alone"], plan.Conflicts.Select(finding => finding.Sentence));
        Assert.DoesNotContain(
            plan.Changes.OfType<RouteChange>(),
            change => change.Table.Number == 900 && change.Route.Destination == Text.Prefix("10.0.0.0/24"));
    }

    [Fact]
    public void A_route_of_others_that_does_what_ours_would_is_enough()
    {
        Node node = Node.TwoCards().Rule("10.0.0.1", 900, 32765, Ownership.Protocol).In(900, "10.0.0.0/24 dev eth1 proto kernel src 10.0.0.1");
        Assert.Empty(node.Plan().Conflicts);
    }

    [Fact]
    public void A_route_of_ours_behind_one_of_others_with_its_key_is_never_replaced_since_the_kernel_would_replace_the_first()
    {
        Node node = Node.TwoCards().Rule("10.0.0.1", 900, 32765, Ownership.Protocol)
            .In(900, "10.0.0.0/24 via 10.0.0.99 dev eth1 proto static").In(900, "10.0.0.0/24 dev eth1 mtu 1300 proto srcroute");
        PlanProperties.AssertForeignIsUntouched(node.State, PlanProperties.Apply(node.State, node.Plan()).State);
    }

    [Fact]
    public void A_route_changed_behind_our_back_is_replaced_in_one_step()
    {
        Node node = Node.TwoCards().Rule("10.0.0.1", 900, 32765, Ownership.Protocol).In(900, "10.0.0.0/24 dev eth1 mtu 1300 proto srcroute");
        Assert.Contains(
            "~ ip route replace 10.0.0.0/24 dev eth1 table 900 protocol 206 scope link src 10.0.0.1  " +
            "# was 10.0.0.0/24 dev eth1 table 900 protocol 206 scope link mtu 1300",
            node.Plan().Changes.Select(new IpCommand(node.State).Format));
    }

    [Fact]
    public void A_table_of_two_keys_alike_is_never_desired()
    {
        string config = """{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.66.0.0/16","via":"10.0.0.9"},{"to":"10.244.0.0/16","metric":4294967294}]}]}""";
        foreach (Node node in new[] { Node.TwoCards().Main("blackhole 10.66.0.0/16"), Node.TwoCards().Main("unreachable 10.244.0.0/16 metric 4294967295") })
        {
            Route[] routes = [.. node.Source("10.0.0.1", config).Routes];
            Assert.Equal(routes.Length, routes.Select(route => route.Key).Distinct().Count());
        }
    }
}
