using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What holds of every plan, on any node.</summary>
public class PlanProperties
{
    [Fact]
    public void Applying_the_plan_reaches_the_desired_state() => AnyNode.Always(
        node =>
        {
            DesiredState desired = Derive.From(node.Config, node.State);
            Plan plan = Diff.Between(desired, node.State);
            ModelKernel kernel = Apply(node.State, plan);

            foreach (SourceTable table in desired.Tables)
            {
                RouteKey[] foreign = [.. kernel.Table(table.Id).Where(route => route.Protocol != Ownership.Protocol).Select(route => route.Key)];
                Assert.Equal(
                    Ordered(table.Routes.Where(route => !foreign.Contains(route.Key))),
                    Ordered(kernel.Table(table.Id).Where(route => route.Protocol == Ownership.Protocol)));
            }

            Assert.DoesNotContain(kernel.Tables.Where(table => desired.Tables.All(wanted => wanted.Id != table.Key)).SelectMany(table => table.Value), IsOurs);
            Assert.Equal(desired.Rules.Select(IpCommand.Format).Order(), kernel.Rules.Where(IsOurs).Select(IpCommand.Format).Order());
            Assert.Equal((desired.TableNamesFile, desired.ProtocolNamesFile), (kernel.TableNames, kernel.ProtocolNames));
            Assert.Equal(desired.MarkTable?.ToString(), kernel.MarkTable?.ToString());
            Assert.True(!desired.SetsSrcValidMark || kernel.AllCards.SrcValidMark);
        });

    [Fact]
    public void The_kernel_refuses_no_step() => AnyNode.Always(
        node =>
        {
            var kernel = new ModelKernel(node.State);
            var ip = new IpCommand(node.State);
            Assert.Equal(
                [],
                PlanFor(node).Changes
                    .Select(change => kernel.Apply(change) is { } errno ? $"{ip.Format(change)}: {errno}" : "")
                    .Where(refusal => refusal.Length > 0));
        });

    [Fact]
    public void A_second_plan_is_empty() => AnyNode.Always(
        node =>
        {
            NodeState after = Apply(node.State, PlanFor(node)).State;
            Assert.Empty(PlanFor(node with { State = after }).Changes.Select(new IpCommand(after).Format));
        });

    [Fact]
    public void What_is_foreign_never_appears_in_a_plan_and_is_untouched_after_it() => AnyNode.Always(
        node =>
        {
            Plan plan = PlanFor(node);
            Assert.All(plan.Changes.OfType<RouteChange>(), change => Assert.True(IsOurs(change.Route) && (change.Old is null || IsOurs(change.Old))));
            Assert.All(plan.Changes.OfType<RuleChange>(), change => Assert.Equal(Ownership.Protocol, change.Rule.Protocol));
            AssertForeignIsUntouched(node.State, Apply(node.State, plan).State);
        });

    [Fact]
    public void Teardown_removes_all_that_is_ours_and_nothing_else() => AnyNode.Always(
        node =>
        {
            NodeState standing = Apply(node.State, PlanFor(node)).State;
            Plan teardown = Diff.Between(new DesiredState(), standing);
            ModelKernel kernel = Apply(standing, teardown);
            Assert.All(teardown.Changes, change => Assert.True(change.Kind == ChangeKind.Remove || change is SysctlChange { Value: false }));
            Assert.Equal(node.State.AllCards, kernel.AllCards);
            Assert.DoesNotContain(kernel.Tables.Values.SelectMany(routes => routes), IsOurs);
            Assert.DoesNotContain(kernel.Rules, IsOurs);
            Assert.Equal(("", ""), (kernel.TableNames, kernel.ProtocolNames));
            Assert.Null(kernel.MarkTable);
            AssertForeignIsUntouched(node.State, kernel.State);
        });

    [Fact]
    public void Removing_and_changing_name_what_is_there() => AnyNode.Always(
        node => Assert.All(PlanFor(node).Changes.OfType<RouteChange>(), change =>
        {
            IReadOnlyList<Route> table = node.State.Table(change.Table);
            Assert.Equal(change.Kind == ChangeKind.Replace, change.Old is not null);
            Assert.Equal(change.Kind == ChangeKind.Remove, table.Contains(change.Route));
            Assert.True(change.Old is null || (table.Contains(change.Old) && change.Old.Key == change.Route.Key && !change.Old.Equals(change.Route)));
        }));

    internal static ModelKernel Apply(NodeState state, Plan plan)
    {
        var kernel = new ModelKernel(state);
        foreach (Change change in plan.Changes)
        {
            kernel.Apply(change);
        }

        return kernel;
    }

    internal static Plan PlanFor(AnyNode node) => Diff.Between(Derive.From(node.Config, node.State), node.State);

    internal static void AssertForeignIsUntouched(NodeState before, NodeState after)
    {
        Assert.Equal(before.Rules.Where(rule => !IsOurs(rule)), after.Rules.Where(rule => !IsOurs(rule)));
        foreach (TableId table in before.Tables.Keys.Union(after.Tables.Keys))
        {
            Assert.Equal(before.Table(table).Where(route => !IsOurs(route)), after.Table(table).Where(route => !IsOurs(route)));
        }
    }

    private static bool IsOurs(Route route) => route.Protocol == Ownership.Protocol;

    private static bool IsOurs(Rule rule) => rule.Protocol == Ownership.Protocol;

    private static IEnumerable<Route> Ordered(IEnumerable<Route> routes) =>
        routes.OrderBy(route => route.Destination.ToString(), StringComparer.Ordinal).ThenBy(route => route.Tos).ThenBy(route => route.Metric);
}
