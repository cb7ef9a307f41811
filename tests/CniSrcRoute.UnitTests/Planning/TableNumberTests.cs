using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Which number and name a source's table gets.</summary>
public class TableNumberTests
{
    private const byte Ours = Ownership.Protocol;

    [Fact]
    public void Free_numbers_are_given_from_1000_up_in_the_order_of_the_sources() =>
        Assert.Equal(["192.168.1.100 1000 src-192.168.1.100", "10.0.0.1 1001 src-10.0.0.1"], Tables(Node.TwoCards()));

    [Fact]
    public void The_table_base_says_where_free_numbers_begin_and_the_kernels_own_are_skipped() =>
        Assert.Equal(["192.168.1.100 252 src-192.168.1.100", "10.0.0.1 256 src-10.0.0.1"], Tables(Node.TwoCards(), """{"tableBase":252}"""));

    [Fact]
    public void Numbers_that_others_use_in_rules_routes_or_names_are_skipped() =>
        Assert.Equal(
            ["192.168.1.100 1003 src-192.168.1.100", "10.0.0.1 1004 src-10.0.0.1"],
            Tables(Node.TwoCards().Rule("10.9.9.9", 1000, 5).In(1001, "10.0.0.0/8 dev eth0").Named("theirs", 1002)));

    [Fact]
    public void The_rule_that_stands_decides_before_the_file_of_names() =>
        Assert.Equal(
            ["192.168.1.100 1007 src-192.168.1.100", "10.0.0.1 1008 src-10.0.0.1"],
            Tables(Node.TwoCards().Rule("192.168.1.100", 1007, 32765, Ours).NamesFile("1000 src-192.168.1.100\n1008 src-10.0.0.1\n")));

    [Fact]
    public void The_config_decides_before_the_rule() =>
        Assert.Equal(
            ["192.168.1.100 500 src-192.168.1.100", "10.0.0.1 1000 src-10.0.0.1"],
            Tables(Node.TwoCards().Rule("192.168.1.100", 1007, 32765, Ours), """{"sources":[{"address":"192.168.1.100","table":500}]}"""));

    [Fact]
    public void A_configured_name_that_the_administrator_has_numbered_has_that_number_and_is_not_written_by_us()
    {
        DesiredState desired = Node.TwoCards().Named("office", 77).Derive("""{"sources":[{"address":"192.168.1.100","table":"office"}]}""");
        Assert.Equal((77u, "office"), (desired.Tables[0].Number, desired.Tables[0].Name));
        Assert.DoesNotContain("office", desired.TableNamesFile, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configured_name_that_nobody_has_numbered_gets_a_free_number_under_that_name() => Assert.Equal(
        ["192.168.1.100 1000 office", "10.0.0.1 1001 src-10.0.0.1"],
        Tables(Node.TwoCards(), """{"sources":[{"address":"192.168.1.100","table":"office"}]}"""));

    [Fact]
    public void A_number_already_decided_is_not_given_to_a_new_source_before_it() =>
        Assert.Equal(["192.168.1.100 1001 src-192.168.1.100", "10.0.0.1 1000 src-10.0.0.1"], Tables(Node.TwoCards().Rule("10.0.0.1", 1000, 32765, Ours)));

    [Theory]
    [InlineData(0u)]
    [InlineData(253u)]
    [InlineData(254u)]
    [InlineData(255u)]
    public void A_reserved_number_in_our_rule_or_our_file_of_names_is_not_believed(uint number) =>
        Assert.All(
            Node.TwoCards().Rule("10.0.0.1", number, 32765, Ours).NamesFile($"{number} src-192.168.1.100\n").Derive().Tables,
            table => Assert.False(TableId.IsReserved(table.Number)));

    [Theory]
    [InlineData(0u)]
    [InlineData(253u)]
    [InlineData(254u)]
    [InlineData(255u)]
    public void A_name_that_the_administrator_gave_to_a_table_of_the_kernels_own_is_refused(uint number)
    {
        DesiredState desired = Node.TwoCards().Named("office", number).Derive("""{"sources":[{"address":"192.168.1.100","table":"office"}]}""");
        Assert.DoesNotContain(desired.Tables, table => TableId.IsReserved(table.Number));
        Assert.Contains(desired.Problems(), problem => problem.Contains("sources[0].table", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_sources_with_one_named_table_are_a_problem() => Assert.Equal(
        ["/etc/srcroute/config.json: sources[1].table: office is the table of 192.168.1.100 as well; every source needs one of its own"],
        Node.TwoCards()
            .Named("office", 77)
            .Derive("""{"sources":[{"address":"192.168.1.100","table":77},{"address":"10.0.0.1","table":"office"}]}""").Problems());

    [Fact]
    public void A_rule_of_ours_that_selects_by_more_than_the_source_decides_nothing() => Assert.Equal(
        ["192.168.1.100 1000 src-192.168.1.100", "10.0.0.1 1001 src-10.0.0.1"],
        Tables(Node.TwoCards().Rule(new Rule
        {
            Family = Family.IPv4,
            From = Text.Prefix("192.168.1.100"),
            Table = 1009,
            Protocol = Ours,
            Selectors = new OpaqueBytes([8, 0, 10, 0, 1, 0, 0, 0]),
        })));

    [Fact]
    public void The_families_tables_are_numbered_apart_so_that_one_name_has_one_number() =>
        Assert.Equal([1000u, 1001u, 1002u], Node.TwoCards().Address("eth1", "fd02::1/64").Derive().Tables.Select(table => table.Number));

    [Fact]
    public void The_file_of_names_has_a_line_for_every_source() => Assert.Equal(
        "# Written by srcroute, and removed by `srcroute teardown`.\n900 src-10.0.0.1 # mark 0x20/0x7f\n1000 src-192.168.1.100 # mark 0x21/0x7f\n",
        Node.TwoCards().Derive("""{"sources":[{"address":"10.0.0.1","table":900}]}""").TableNamesFile);

    [Fact]
    public void Two_families_in_one_number_have_a_name_each() => Assert.Equal(
        "# Written by srcroute, and removed by `srcroute teardown`.\n500 src-10.0.0.1 # mark 0x20/0x7f\n500 src-fd02::1 # mark 0x20/0x7f\n",
        Node.TwoCards()
            .Address("eth1", "fd02::1/64")
            .Derive("""{"discover":false,"sources":[{"address":"10.0.0.1","table":500},{"address":"fd02::1","table":500}]}""").TableNamesFile);

    [Fact]
    public void One_name_for_two_families_is_one_number() => Assert.Equal(
        "# Written by srcroute, and removed by `srcroute teardown`.\n1000 office # mark 0x20/0x7f\n",
        Node.TwoCards()
            .Address("eth1", "fd02::1/64")
            .Derive("""{"discover":false,"sources":[{"address":"10.0.0.1","table":"office"},{"address":"fd02::1","table":"office"}]}""").TableNamesFile);

    [Fact]
    public void The_protocols_name_is_written_when_there_is_a_table() =>
        Assert.Equal("# Written by srcroute, and removed by `srcroute teardown`.\n206 srcroute\n", Node.TwoCards().Derive().ProtocolNamesFile);

    private static IEnumerable<string> Tables(Node node, string config = "{}") =>
        node.Derive(config).Tables
            .OrderBy(table => table.Source.Prefix != Text.Prefix("192.168.1.100"))
            .Select(table => $"{table.Source.Prefix} {table.Number} {table.Name}");
}
