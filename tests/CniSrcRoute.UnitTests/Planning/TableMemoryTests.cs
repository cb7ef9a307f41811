using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Sources that go and come again: connections carry their marks meanwhile.</summary>
public class TableMemoryTests
{
    private const string Header = "# Written by srcroute, and removed by `srcroute teardown`.\n";
    private const string Gone = "# Gone; their numbers and marks are kept, for connections live on. The latest is the last:\n";

    private static readonly Address Newcomer = new() { Link = 2, Local = Text.Address("10.77.0.1"), Subnet = Text.Prefix("10.77.0.1/24") };

    [Fact]
    public void A_source_that_returns_has_its_number_and_its_mark_again_whoever_came_meanwhile() => AnyNode.Always(node =>
    {
        NodeState first = Applied(node.Config, node.State);
        SourceTable[] before = [.. Derive.From(node.Config, first).Tables.Where(table => table is { Unserved: null, Mark: not 0, Source.Extends: 0 })];
        foreach (SourceTable table in before)
        {
            // Nobody remembers a number that the administrator has named, and a mask may have too few marks to keep one for later.
            Address[] held = [.. first.Addresses.Where(address => table.Source.Prefix == IpPrefix.Host(address.Local))];
            if (held.Length != 1 || node.Config.MarkMask.Capacity < 20 || first.ForeignTableNames.Values.Contains(table.Number) || before.Count(other => other.Name == table.Name) > 1)
            {
                continue;
            }

            NodeState without = Applied(node.Config, first.With(addresses: [.. first.Addresses.Except(held)]));
            NodeState between = Applied(node.Config, without.With(addresses: [Newcomer, .. without.Addresses]));
            NodeState back = between.With(addresses: [Newcomer, .. first.Addresses]);
            SourceTable? again = Derive.From(node.Config, back).Tables.FirstOrDefault(other => other.Source.Prefix == table.Source.Prefix);
            Assert.Equal((table.Number, table.Mark), (again?.Number, again?.Mark));
        }
    });

    [Fact]
    public void Rules_that_somebody_removed_come_back_with_the_marks_they_had_though_a_source_before_them_has_gone()
    {
        Node node = Node.WithPods().NamesFile($"{Header}1001 src-10.0.0.1 # mark 0x21/0x7f\n1002 src-192.168.1.100 # mark 0x22/0x7f\n{Gone}# 1000 src-10.9.0.1 # mark 0x20/0x7f\n");
        Assert.Equal((1002u, 0x22u), (node.Source("192.168.1.100").Number, node.Source("192.168.1.100").Mark));
        Assert.Equal((1001u, 0x21u), (node.Source("10.0.0.1").Number, node.Source("10.0.0.1").Mark));
    }

    [Fact]
    public void Who_comes_takes_neither_the_number_nor_the_mark_of_who_has_gone()
    {
        Node node = Node.WithPods().NamesFile($"{Header}{Gone}# 1000 src-10.9.0.1 # mark 0x20/0x7f\n");
        Assert.Equal((1001u, 0x21u), (node.Source("192.168.1.100").Number, node.Source("192.168.1.100").Mark));
        Assert.Equal(
            $"{Header}1002 src-10.0.0.1 # mark 0x22/0x7f\n1001 src-192.168.1.100 # mark 0x21/0x7f\n{Gone}# 1000 src-10.9.0.1 # mark 0x20/0x7f\n",
            node.Derive().TableNamesFile);
    }

    [Fact]
    public void When_no_other_mark_is_left_the_one_of_who_has_been_gone_longest_is_taken()
    {
        Node node = Node.WithPods().NamesFile($"{Header}{Gone}# 1000 src-10.9.0.1 # mark 0x2/0x7\n# 1001 src-10.9.0.2 # mark 0x3/0x7\n# 1002 src-10.9.0.3 # mark 0x1/0x7\n");
        const string ThreeMarks = """{ "marks": { "mask": "0x7" } }""";
        Assert.Equal((0x2u, 0x3u), (node.Source("192.168.1.100", ThreeMarks).Mark, node.Source("10.0.0.1", ThreeMarks).Mark));
    }

    [Fact]
    public void What_was_a_mark_by_another_mask_is_none() => Assert.Equal(
        0x40u, Node.WithPods().NamesFile($"{Header}1000 src-10.0.0.1 # mark 0x20/0x7f\n").Source("10.0.0.1", """{ "marks": { "mask": "0xf0" } }""").Mark);

    [Fact]
    public void An_address_that_was_a_source_is_one_as_soon_as_it_is_back_though_it_is_the_first()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Main("default via 192.168.1.1 dev eth0").Main("192.168.1.0/24 dev eth0");
        Assert.Empty(node.Derive().Tables);
        Assert.Equal(1004u, node.NamesFile($"{Header}{Gone}# 1004 src-192.168.1.100\n").Source("192.168.1.100").Number);
    }

    [Fact]
    public void A_mark_waits_while_there_is_no_nftables()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/24").Main("192.168.1.0/24 dev eth0").Main("10.0.0.0/24 dev eth1")
            .NamesFile($"{Header}1000 src-10.0.0.1 # mark 0x2a/0x7f\n1001 src-192.168.1.100\n").Nftables(null, "nobody answers");
        Assert.Equal((0u, node.State.TableNamesFile), (node.Source("10.0.0.1").Mark, node.Derive().TableNamesFile));
    }

    [Fact]
    public void Only_the_latest_are_remembered()
    {
        string names = Header + Gone + string.Concat(Enumerable.Range(1, 40).Select(number => $"# {2000 + number} src-10.9.0.{number}\n"));
        string[] lines = Node.WithPods().NamesFile(names).Derive().TableNamesFile.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            Enumerable.Range(9, 32).Select(number => $"# {2000 + number} src-10.9.0.{number}"),
            lines.Where(line => line.StartsWith("# 2", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_may_not_write_the_file_is_told_what_should_stand_in_it()
    {
        Node node = Node.WithPods();
        Config config = Node.Parse("{}");
        NodeState state = node.State.With(remembered: $"{Header}1005 src-10.0.0.1 # mark 0x25/0x7f\n");
        SourceTable table = Derive.From(config, state).Tables.Single(table => table.Number == 1005);
        Assert.Equal(0x25u, table.Mark);
        Assert.Contains(Diff.Between(Derive.From(config, state), state).Changes, change => change is NamesChange { File: NamesFileKind.Tables });
    }

    [Fact]
    public void A_rule_of_somebody_else_that_comes_for_a_mark_of_ours_has_the_table_get_another()
    {
        Node node = Node.WithPods().Rule("192.168.1.100", 1000, 32765, Ownership.Protocol).Rule("10.0.0.1", 1001, 32765, Ownership.Protocol)
            .Rule(new Rule { Family = Family.IPv4, Mark = 0x20, MarkMask = 0x7f, Table = 1000, Priority = 30001, Protocol = Ownership.Protocol })
            .Rule(new Rule { Family = Family.IPv4, Mark = 0x20, MarkMask = 0x3f, Table = 78, Priority = 101 });
        Assert.Equal((0x21u, 0x22u), (node.Source("192.168.1.100").Mark, node.Source("10.0.0.1").Mark));
    }

    private static NodeState Applied(Config config, NodeState state) => PlanProperties.Apply(state, Diff.Between(Derive.From(config, state), state)).State;
}
