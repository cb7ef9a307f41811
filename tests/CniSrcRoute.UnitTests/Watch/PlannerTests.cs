using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Watch;
using Xunit;

namespace CniSrcRoute.UnitTests.Watch;

/// <summary>What the watcher's planner reads the node anew for, and what not.</summary>
public class PlannerTests
{
    [Theory]
    [InlineData(Link.FlagUp, Extent.Whole)]
    [InlineData(0u, Extent.Reading)]
    public void A_card_of_a_source_that_loses_its_carrier_keeps_its_routes_and_one_that_goes_down_does_not(uint flags, Extent extent)
    {
        NodeState state = Node.WithPods().State;
        var planner = new Planner(Node.Parse("{}"), state, new Cause(CauseKind.Start, "started"));
        planner.Plan(Extent.Reading, out _);
        planner.Handle(new LinkEvent(false, Card(state) with { Flags = flags }));
        Assert.Equal(extent, planner.Look());
    }

    private static Link Card(NodeState state) => state.Links.Single(link => link.Name == "eth1");
}
