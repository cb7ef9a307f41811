using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Configuration;

/// <summary>Every key of the configuration file.</summary>
public class ConfigParserTests
{
    [Fact]
    public void An_empty_object_is_the_default_configuration()
    {
        Config config = Parse("{}");
        Assert.Equal(("/etc/srcroute/config.json", true, 32765u, 1000u), (config.File, config.Discover, config.RulePriority, config.TableBase));
        Assert.Empty(config.Sources);
        Assert.Null(config.OverlayCards);
        Assert.Null(config.OverlayNetworks);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_allowed() =>
        Assert.Equal(29000u, Parse("// ours\n{ /* first */ \"rulePriority\": 29000, }").RulePriority);

    [Fact]
    public void A_schema_may_be_named() => Assert.Equal(Parse("{}").RulePriority, Parse("""{"$schema":"srcroute.schema.json"}""").RulePriority);

    [Theory]
    [InlineData("2", 2)]
    [InlineData("32764", 32764)]
    public void The_rule_priority_is_before_mains(string text, uint expected) => Assert.Equal(expected, Parse($$"""{"rulePriority":{{text}}}""").RulePriority);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2147483647", 2147483647)]
    public void The_table_base_is_where_free_numbers_begin(string text, uint expected) =>
        Assert.Equal(expected, Parse($$"""{"tableBase":{{text}}}""").TableBase);

    [Fact]
    public void Discovery_can_be_turned_off() => Assert.False(Parse("""{"discover":false}""").Discover);

    [Fact]
    public void Overlay_cards_are_patterns_and_networks_are_prefixes()
    {
        Config config = Parse("""{"overlay":{"cards":["cni*","wg?"],"networks":["10.244.0.0/16","fd44::/56"]}}""");
        Assert.Equal(["cni*", "wg?"], config.OverlayCards!);
        Assert.Equal([Text.Prefix("10.244.0.0/16"), Text.Prefix("fd44::/56")], config.OverlayNetworks!);
    }

    [Fact]
    public void Empty_overlay_lists_say_that_there_are_none()
    {
        Config config = Parse("""{"overlay":{"cards":[],"networks":[]}}""");
        Assert.Empty(config.OverlayCards!);
        Assert.Empty(config.OverlayNetworks!);
    }

    [Fact]
    public void A_source_may_say_card_gateway_table_and_routes()
    {
        SourceConfig source = Parse(
            """
            {"sources":[{"address":"192.168.1.100","card":"eth0","gateway":"192.168.1.1","table":500,
             "routes":[{"to":"10.9.0.0/16","via":"192.168.1.9","metric":4294967294,"mtu":1400},{"to":"0.0.0.0/0"}]}]}
            """).Sources.Single();
        Assert.Equal(("sources[0]", Text.Prefix("192.168.1.100"), false, "eth0"), (source.Key, source.Prefix, source.IsNetwork, source.Card));
        Assert.Equal((Text.Address("192.168.1.1"), 500u, null), (source.Gateway, source.Table, source.TableName));
        Assert.Equal(new RouteConfig { To = Text.Prefix("10.9.0.0/16"), Via = Text.Address("192.168.1.9"), Metric = 4294967294, Mtu = 1400 }, source.Routes[0]);
        Assert.Equal(new RouteConfig { To = Text.Prefix("0.0.0.0/0") }, source.Routes[1]);
    }

    [Fact]
    public void A_source_may_be_a_network_and_a_table_a_name()
    {
        SourceConfig source = Parse("""{"sources":[{"network":"fd01::/64","table":"office"}]}""").Sources.Single();
        Assert.Equal((Text.Prefix("fd01::/64"), true, null, "office"), (source.Prefix, source.IsNetwork, source.Table, source.TableName));
        Assert.False(source.Gateway.IsSet);
        Assert.Null(source.Card);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("252")]
    [InlineData("256")]
    [InlineData("4294967295")]
    public void Any_table_number_but_the_kernels_own_may_be_given(string number) =>
        Assert.Equal(
            number,
            Parse($$"""{"sources":[{"address":"10.0.0.1","table":{{number}}}]}""")
                .Sources[0].Table?.ToString(System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Sources_of_two_families_may_share_a_table_number() =>
        Assert.Equal(2, Parse("""{"sources":[{"address":"10.0.0.1","table":500},{"address":"fd00::1","table":500}]}""").Sources.Count);

    [Fact]
    public void The_sources_stand_in_the_files_order_and_know_their_places() =>
        Assert.Equal(
            ["sources[0] 10.0.0.2", "sources[1] 10.0.0.1"],
            Parse("""{"sources":[{"address":"10.0.0.2"},{"address":"10.0.0.1"}]}""").Sources.Select(source => $"{source.Key} {source.Prefix}"));

    private static Config Parse(string text) => ConfigParser.Parse("/etc/srcroute/config.json", Encoding.UTF8.GetBytes(text));
}
