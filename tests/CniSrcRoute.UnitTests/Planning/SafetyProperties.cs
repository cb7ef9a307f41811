using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>
/// Every prefix of a plan is safe. A destination counts as held when a route of the table is for exactly it, whatever its metric or next hop: what a
/// step may change is the way, never whether there is one.
/// </summary>
public class SafetyProperties
{
    [Fact]
    public void A_rule_is_made_only_when_its_table_holds_all_it_shall_hold() => AnyNode.Always(node => EveryStep(node, (desired, _, kernel, change) =>
    {
        if (change is RuleChange { Kind: ChangeKind.Add } added && !TableId.IsReserved(added.Rule.Table))
        {
            SourceTable table = desired.Tables.Single(table => table.Id == new TableId(added.Rule.Family, added.Rule.Table));
            Assert.Subset(Held(kernel.Table(table.Id)), Held(table.Routes));
        }
    }));

    [Fact]
    public void While_a_rule_leads_to_a_table_that_stays_its_table_loses_nothing_it_shall_hold() =>
        AnyNode.Always(node => EveryStep(node, (desired, before, kernel, _) =>
        {
            foreach (Rule rule in kernel.Rules.Where(rule => desired.Rules.Contains(rule) && !TableId.IsReserved(rule.Table)))
            {
                var id = new TableId(rule.Family, rule.Table);
                HashSet<object> kept = Held(before.Table(id));
                kept.IntersectWith(Held(desired.Tables.Single(table => table.Id == id).Routes));
                Assert.Subset(Held(kernel.Table(id)), kept);
            }
        }));

    [Fact]
    public void While_a_rule_stands_that_will_go_its_table_is_as_it_was() => AnyNode.Always(node => EveryStep(node, (desired, before, kernel, _) =>
    {
        foreach (Rule rule in kernel.Rules.Where(rule => rule.Protocol == Ownership.Protocol && !desired.Rules.Contains(rule)))
        {
            var id = new TableId(rule.Family, rule.Table);

            // Where it is still the table of the same source, that source's own changes are no harm to it.
            SourceTable? same = desired.Tables.FirstOrDefault(table => table.Id == id && (rule.MarkMask != 0 || table.Source.Prefix == rule.From));
            HashSet<object> kept = Held(before.Table(id));
            if (same is not null)
            {
                kept.IntersectWith(Held(same.Routes));
            }

            Assert.Subset(Held(kernel.Table(id)), kept);
        }
    }));

    [Fact]
    public void A_source_with_a_rule_before_and_after_has_one_all_the_time() => AnyNode.Always(node =>
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        HashSet<IpPrefix> served = [.. node.State.Rules.Where(rule => IsOurs(rule) && !IsWantedByAnother(rule, desired)).Select(rule => rule.From)];
        served.IntersectWith(desired.Rules.Where(IsOurs).Select(rule => rule.From));
        EveryStep(node, (_, _, kernel, change) =>
        {
            // Of one priority the rule that was made first is asked first: one that has to come behind another is made anew, in the next step.
            if (change is RuleChange { Kind: ChangeKind.Remove } removed && desired.Rules.Contains(removed.Rule))
            {
                return;
            }

            Assert.Superset(served, kernel.Rules.Where(IsOurs).Select(rule => rule.From).ToHashSet());
        });
    });

    [Fact]
    public void A_rule_for_a_mark_that_stands_before_and_after_stands_all_the_time() => AnyNode.Always(node =>
    {
        Rule[] kept = [.. Derive.From(node.Config, node.State).Rules.Where(rule => rule.MarkMask != 0 && rule.Table != TableId.Main && node.State.Rules.Contains(rule))];
        EveryStep(node, (_, _, kernel, _) => Assert.All(kept, rule => Assert.Contains(rule, kernel.Rules)));
    });

    [Fact]
    public void Connections_are_marked_only_while_there_are_rules_for_their_marks() => AnyNode.Always(node =>
    {
        DesiredState wanted = Derive.From(node.Config, node.State);
        EveryStep(node, (desired, _, kernel, change) =>
        {
            if (change is MarkTableChange { Table: not null })
            {
                Assert.All(desired.Rules.Where(rule => rule.MarkMask != 0), rule => Assert.Contains(rule, kernel.Rules));
            }
        });

        // A table that goes goes first.
        IReadOnlyList<Change> changes = Diff.Between(wanted, node.State).Changes;
        Assert.All(changes, change => Assert.True(change is not MarkTableChange { Table: null } || change == changes[0]));
        IReadOnlyList<Change> teardown = Diff.Between(new DesiredState(), node.State).Changes;
        Assert.Equal(node.State.Nftables.Table is not null, teardown.FirstOrDefault() is MarkTableChange);
    });

    [Fact]
    public void Teardown_takes_every_rule_before_the_first_route() => AnyNode.Always(node =>
    {
        IReadOnlyList<Change> changes = Diff.Between(new DesiredState(), node.State).Changes;
        Assert.DoesNotContain(changes.SkipWhile(change => change is not RouteChange), change => change is RuleChange);
    });

    [Fact]
    public void A_plan_cut_off_anywhere_is_finished_by_the_next_one() => AnyNode.Always(node =>
    {
        var kernel = new ModelKernel(node.State);
        IReadOnlyList<Change> changes = PlanProperties.PlanFor(node).Changes;
        foreach (Change change in changes.Take(changes.Count / 2))
        {
            kernel.Apply(change);
        }

        ModelKernel finished = PlanProperties.Apply(kernel.State, PlanProperties.PlanFor(node with { State = kernel.State }));
        Assert.Empty(PlanProperties.PlanFor(node with { State = finished.State }).Changes);
    });

    private static void EveryStep(AnyNode node, Action<DesiredState, NodeState, ModelKernel, Change> check)
    {
        DesiredState desired = Derive.From(node.Config, node.State);
        var kernel = new ModelKernel(node.State);
        foreach (Change change in Diff.Between(desired, node.State).Changes)
        {
            kernel.Apply(change);
            check(desired, node.State, kernel, change);
        }
    }

    private static HashSet<object> Held(IEnumerable<Route> routes) =>
        [.. routes.Select(route => (object)(route.Destination.ToString(), route.Source.ToString(), route.Tos))];

    // The one exception: where the config gives a source's table to another, no order serves both, and main is better than the other's card.
    private static bool IsWantedByAnother(Rule rule, DesiredState desired) =>
        !desired.Rules.Contains(rule) && desired.Tables.Any(table => table.Id == new TableId(rule.Family, rule.Table) && table.Source.Prefix != rule.From);

    private static bool IsOurs(Rule rule) => rule.Protocol == Ownership.Protocol && rule.From.IsSet && rule.IsFor(rule.From);
}
