using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What holds of the tables' numbers and contents on any node.</summary>
public class TableProperties
{
    [Fact]
    public void No_two_sources_of_a_family_share_a_table_and_none_has_one_of_the_kernels_own() => AnyNode.Always(node =>
    {
        IReadOnlyList<SourceTable> tables = Derive.From(node.Config, node.State).Tables;
        Assert.Equal(tables.Count, tables.Select(table => table.Id).Distinct().Count());
        Assert.DoesNotContain(tables, table => TableId.IsReserved(table.Number));
    });

    [Fact]
    public void Table_numbers_and_names_stay_through_repeated_runs() => AnyNode.Always(node =>
    {
        DesiredState first = Derive.From(node.Config, node.State);
        NodeState after = PlanProperties.Apply(node.State, Diff.Between(first, node.State)).State;
        DesiredState second = Derive.From(node.Config, after);
        Assert.Equal(Names(first), Names(second));

        // Also when only the file of names is left, as after a reboot; but a number that others use as well was kept for its rule alone.
        if (!first.Tables.Any(table => IsUsedByOthers(node.State, table.Number)))
        {
            var rebooted = new NodeState
            {
                Links = after.Links,
                Addresses = after.Addresses,
                FlannelNetworks = after.FlannelNetworks,
                ForeignTableNames = after.ForeignTableNames,
                TableNamesFile = after.TableNamesFile,
                Tables = after.Tables.ToDictionary(table => table.Key, table => table.Value.Where(route => route.Protocol != Ownership.Protocol).ToList()),
                Rules = [.. node.State.Rules.Where(rule => rule.Protocol != Ownership.Protocol)],
            };
            Assert.Equal(Names(first), Names(Derive.From(node.Config, rebooted)));
        }

        static IEnumerable<(string, uint, string)> Names(DesiredState desired) =>
            desired.Tables.Select(table => (table.Source.Prefix.ToString(), table.Number, table.Name));
    });

    [Fact]
    public void Copies_of_a_prefix_that_main_has_several_times_keep_its_metrics_and_so_its_order() => AnyNode.Always(node =>
    {
        foreach (SourceTable table in Derive.From(node.Config, node.State).Tables)
        {
            IReadOnlyList<Route> main = node.State.Main(table.Source.Family);
            Assert.All(
                table.Copies.Where(copy => main.Count(route => Selects(route) == Selects(copy)) > 1),
                copy => Assert.Contains(main, route => route.Metric == copy.Metric && IsCopy(copy, route)));
        }

        static (IpPrefix, IpPrefix, byte) Selects(Route route) => (route.Destination, route.Source, route.Tos);
    });

    [Fact]
    public void A_copy_differs_from_its_original_in_protocol_and_metric_alone() => AnyNode.Always(node =>
    {
        foreach (SourceTable table in Derive.From(node.Config, node.State).Tables)
        {
            Assert.All(table.Copies, copy => Assert.Contains(node.State.Main(table.Source.Family), route => IsCopy(copy, route)));
        }
    });

    [Fact]
    public void A_default_route_leaves_by_the_sources_own_card_and_is_never_a_copy() => AnyNode.Always(node =>
    {
        foreach (SourceTable table in Derive.From(node.Config, node.State).Tables)
        {
            Assert.DoesNotContain(table.Copies, copy => copy.Destination.IsDefault);
            Assert.All(table.CardRoutes.SelectMany(route => route.Nexthops), hop => Assert.Equal(table.Source.Card.Index, hop.Oif));
        }
    });

    [Fact]
    public void Every_table_has_a_guard_for_every_overlay_network_unless_a_copy_of_the_whole_network_stands_in_its_place() => AnyNode.Always(node =>
    {
        IReadOnlyList<IpPrefix> networks = node.Config.OverlayNetworks ?? node.State.FlannelNetworks;
        foreach (SourceTable table in Derive.From(node.Config, node.State).Tables)
        {
            Assert.All(networks.Where(network => network.Family == table.Source.Family), network => Assert.Contains(
                table.Routes,
                route => route.Destination == network &&
                    route is { Tos: 0, Metric: uint.MaxValue } &&
                    (route.Type == RouteType.Throw || table.Copies.Contains(route))));
        }
    });

    [Fact]
    public void All_of_the_desired_state_carries_our_protocol() => AnyNode.Always(node =>
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        Assert.All(desired.Tables.SelectMany(table => table.Routes), route => Assert.Equal(Ownership.Protocol, route.Protocol));
        Assert.All(desired.Rules, rule => Assert.Equal(Ownership.Protocol, rule.Protocol));
    });

    [Fact]
    public void Rules_for_marks_go_ahead_of_everybody_elses_that_leave_room_and_rules_for_addresses_ask_main_first() => AnyNode.Always(node =>
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        foreach (IGrouping<Family, Rule> rules in desired.Rules.GroupBy(rule => rule.Family))
        {
            Rule[] forAddresses = [.. rules.Where(rule => rule.Table == TableId.Main || rule.From.IsSet)];
            uint last = node.Config.RulePriority;
            bool isShared = node.State.Rules.Any(rule => rule.Family == rules.Key && rule.Protocol != Ownership.Protocol && rule.Priority == last);
            Assert.All(forAddresses, rule => Assert.Equal(rule.Table == TableId.Main && !isShared ? last - 1 : last, rule.Priority));
            Assert.DoesNotContain(forAddresses.SkipWhile(rule => rule.Table == TableId.Main), rule => rule.Table == TableId.Main);
            uint least = node.State.Rules.Where(rule => rule.Family == rules.Key && rule.Protocol != Ownership.Protocol && rule.Priority > 0)
                .Select(rule => rule.Priority).DefaultIfEmpty(uint.MaxValue).Min();
            Assert.All(rules.Except(forAddresses), rule => Assert.True(rule.Priority > 0 && (rule.Priority < least || least < 4), $"{rule.Priority} {least}"));
        }

        // Nothing that is not the node's own is sent anywhere but by its mark.
        Assert.All(desired.Rules, rule => Assert.True(rule.MarkMask != 0 || rule.Action == Rule.ActionNop || rule.Selectors.Span.IndexOf("lo"u8) > 0));
    });

    private static bool IsUsedByOthers(NodeState state, uint number) =>
        state.Rules.Any(rule => rule.Protocol != Ownership.Protocol && rule.Table == number) ||
        state.Tables.Any(table => table.Key.Number == number && table.Value.Exists(route => route.Protocol != Ownership.Protocol));

    private static bool IsCopy(Route copy, Route original) => copy.Equals(original with { Protocol = Ownership.Protocol, Metric = copy.Metric });
}
