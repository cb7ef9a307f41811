using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Which mark a table gets.</summary>
public class MarkNumberTests
{
    private const byte Ours = Ownership.Protocol;

    [Fact]
    public void Every_marked_table_has_a_mark_of_its_own_within_the_mask() => AnyNode.Always(node =>
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        foreach (IGrouping<Family, SourceTable> tables in desired.Tables.GroupBy(table => table.Source.Family))
        {
            Assert.All(tables, table => Assert.Equal(0u, table.Mark & ~node.Config.MarkMask.TableBits));

            // Only tables of one card with the same routes by it share a mark.
            Assert.All(
                tables.Where(table => table.Mark != 0).GroupBy(table => table.Mark),
                alike => Assert.All(alike, table => Assert.True(
                    alike.First().Source.Card == table.Source.Card && alike.First().CardRoutes.SequenceEqual(table.CardRoutes))));
            int marks = tables.Select(table => table.Mark).Distinct().Count(mark => mark != 0);
            Assert.True(tables.All(table => table.Mark != 0) || marks == 0 || marks == node.Config.MarkMask.Capacity);
        }
    });

    [Fact]
    public void There_are_rules_for_the_marks_of_the_served_tables_and_for_no_others() => AnyNode.Always(node =>
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        SourceTable[] marked = [.. desired.Tables.Where(table => table.Unserved is null && table.Mark != 0)];
        Rule[] rules = [.. desired.Rules.Where(rule => (rule.Mark & node.Config.MarkMask.TableBits) != 0 && rule.Action == Rule.ActionLookup)];
        Assert.Equal(
            marked.SelectMany(table => (string[])[$"{table.Source.Family} {table.Mark}", $"{table.Source.Family} {table.Mark | node.Config.MarkMask.Flag}"])
                .Distinct().Order(),
            rules.Select(rule => $"{rule.Family} {rule.Mark}").Order());
        Assert.All(rules, rule => Assert.Contains(
            marked, table => table.Number == rule.Table && table.Source.Family == rule.Family && table.Mark == (rule.Mark & node.Config.MarkMask.TableBits)));
        Assert.Equal(marked.Length > 0, desired.MarkTable is not null);
        Assert.True(marked.Length == 0 || (node.Config.UseMarks && node.State.Nftables.Obstacle is null));
    });

    [Fact]
    public void A_source_that_comes_takes_nobodys_mark() => AnyNode.Always(node =>
    {
        NodeState after = PlanProperties.Apply(node.State, PlanProperties.PlanFor(node)).State;
        Dictionary<TableId, uint> before = Derive.From(node.Config, node.State).Tables
            .Where(table => table is { Unserved: null, Mark: not 0 })
            .ToDictionary(table => table.Id, table => table.Mark);

        // Before all others in the kernel's list.
        NodeState came = after.With(
            addresses: [new Address { Link = 2, Local = Text.Address("10.77.0.1"), Subnet = Text.Prefix("10.77.0.1/24") }, .. after.Addresses]);
        Assert.All(
            Derive.From(node.Config, came).Tables.Where(table => before.ContainsKey(table.Id) && table.Mark != 0),
            table => Assert.Equal(before[table.Id], table.Mark));
    });

    [Fact]
    public void The_mark_of_a_standing_rule_stays_though_it_is_not_the_lowest()
    {
        Node node = Standing(WithRules(), 0x9, 1001);
        Assert.Equal((0x20u, 0x9u), (node.Source("192.168.1.100").Mark, node.Source("10.0.0.1").Mark));
    }

    [Fact]
    public void A_mark_of_another_mask_or_of_somebody_else_means_nothing()
    {
        var rule = new Rule { Family = Family.IPv4, Mark = 0x9, MarkMask = 0x7f, Table = 1001, Priority = 30001, Protocol = Ours };
        Rule[] others =
        [
            rule with { MarkMask = 0xff },
            rule with { Protocol = 4 },
            rule with { Table = 77 },
            rule with { Family = Family.IPv6 },
        ];
        foreach (Rule other in others)
        {
            Assert.Equal(0x21u, WithRules().Rule(other).Source("10.0.0.1").Mark);
        }
    }

    [Fact]
    public void Two_rules_for_one_mark_give_it_to_one_table()
    {
        Node node = Standing(Standing(WithRules(), 0x1, 1000), 0x1, 1001);
        Assert.Equal((0x1u, 0x20u), (node.Source("192.168.1.100").Mark, node.Source("10.0.0.1").Mark));
    }

    [Fact]
    public void When_the_mask_is_used_up_the_rest_has_none_and_a_note_says_so()
    {
        const string Config = """{ "marks": { "mask": "0x3" } }""";
        Node node = Node.WithPods();
        Assert.Equal((0x1u, 0x0u), (node.Source("192.168.1.100", Config).Mark, node.Source("10.0.0.1", Config).Mark));
        Assert.Contains(
            node.Notes(Config),
            note => note.StartsWith("connections to 1 sources get no mark, so their replies go by their address alone: the mask 0x3 has marks for 1;", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_nftables_and_switched_off_there_are_none()
    {
        Assert.Null(Node.WithPods().Derive("""{ "marks": false }""").MarkTable);
        Assert.Null(Node.WithPods().Nftables(null, "nobody answers").Derive().MarkTable);
        Assert.Contains(
            Node.WithPods().Nftables(null, "nobody answers").Derive().Warnings(),
            note => note.StartsWith("connections are not marked by the card they came in by: nobody answers; ", StringComparison.Ordinal));
    }

    private static Node WithRules() => Node.WithPods().Rule("192.168.1.100", 1000, 32765, Ours).Rule("10.0.0.1", 1001, 32765, Ours);

    private static Node Standing(Node node, uint mark, uint table) => node
        .Rule(new Rule { Family = Family.IPv4, Mark = mark, MarkMask = 0x7f, Table = table, Priority = 30001, Protocol = Ours })
        .Rule(new Rule { Family = Family.IPv4, Mark = mark | 0x40, MarkMask = 0x7f, Table = table, Priority = 29999, Protocol = Ours });

    [Fact]
    public void Where_rules_of_others_ask_for_every_mark_of_a_wide_mask_there_is_none_and_the_search_ends()
    {
        Node node = Node.TwoCards()
            .Rule(new Rule { Family = Family.IPv4, Priority = 50, Mark = 1, MarkMask = 1, Table = 77 })
            .Rule(new Rule { Family = Family.IPv4, Priority = 51, Mark = 0, MarkMask = 1, Table = 78 });
        Assert.All(node.Derive("""{ "marks": { "mask": "0xffffffff" } }""").Tables, table => Assert.Equal(0u, table.Mark));
    }

    [Fact]
    public void Where_IPVS_has_replies_routed_once_more_that_look_up_counts_as_well()
    {
        Assert.Contains(Node.TwoCards().Derive().Rules, IsForFlag);
        Assert.DoesNotContain(Node.TwoCards().Device("kube-ipvs0", "dummy", addresses: "10.96.0.1/32").Derive().Rules, IsForFlag);

        static bool IsForFlag(Rule rule) => rule is { Action: Rule.ActionGoto, Mark: 0x40, MarkMask: 0x40 };
    }
}
