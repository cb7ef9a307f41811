using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Watch;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What of main is copied into a card's table, and what its default says as well.</summary>
public class MainFilterTests
{
    [Fact]
    public void Routes_by_the_router_of_the_default_are_not_copied_others_and_what_lies_in_them_are() => Assert.Equal(
        [
            "throw 10.244.0.0/16 metric 4294967295",
            "192.168.1.0/24 dev eth0 scope link src 192.168.1.100",
            "198.18.0.0/15 via 192.168.1.9 dev eth0",
            "198.18.4.0/24 via 192.168.1.1 dev eth0",
            "203.0.113.0/24 via 192.168.1.1 dev eth0 mtu 1400",
            "default via 192.168.1.1 dev eth0",
        ],
        Node.TwoCards()
            .Main("198.51.100.0/24 via 192.168.1.1 dev eth0")
            .Main("198.18.0.0/15 via 192.168.1.9 dev eth0")
            .Main("198.18.4.0/24 via 192.168.1.1 dev eth0")
            .Main("203.0.113.0/24 via 192.168.1.1 dev eth0 mtu 1400")
            .Table("192.168.1.100"));

    [Fact]
    public void Where_a_card_has_no_default_its_routes_are_all_there_is() => Assert.Contains(
        "198.51.100.0/24 via 10.0.0.9 dev eth1",
        new Node()
            .Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/24")
            .Main("192.168.1.0/24 dev eth0").Main("10.0.0.0/24 dev eth1").Main("default via 192.168.1.1 dev eth0")
            .Main("198.51.100.0/24 via 10.0.0.9 dev eth1")
            .Table("10.0.0.1"));

    [Fact]
    public void As_many_networks_as_anybody_has_on_a_link_are_copied_and_none_of_more_than_that()
    {
        NodeState state = new Node().Card("eth0", "2001:db8:1::5/64").Card("eth1", "2001:db8:2::5/64")
            .Main("2001:db8:1::/64 dev eth0").Main("2001:db8:2::/64 dev eth1").State;
        var planner = new Planner(Node.Parse("{}"), state, new Cause(CauseKind.Start, "started"));
        var writer = new Copies();
        Run();
        for (int i = 0; i < 255; i++)
        {
            planner.Handle(Announced(i, removed: false));
        }

        Run();
        Assert.Equal(256, writer.Count);
        planner.Handle(Announced(255, removed: false));
        planner.Handle(Announced(256, removed: false));
        Run();
        Assert.Equal(1, writer.Count);
        planner.Handle(Announced(7, removed: true));
        planner.Handle(Announced(9, removed: true));
        Run();
        Assert.Equal(256, writer.Count);

        void Run()
        {
            Assert.Equal(Extent.Whole, planner.Look());
            Assert.Empty(planner.Apply(writer, planner.Plan(Extent.Whole, out _)));
        }

        RouteEvent Announced(int i, bool removed) => new(removed, Replaces: false, new TableId(Family.IPv6, TableId.Main), new Route
        {
            Destination = Text.Prefix($"fdbb:0:0:{i:x}::/64"),
            Metric = 256,
            Protocol = 2,
            Nexthops = [new Nexthop { Oif = state.Links.Single(link => link.Name == "eth1").Index }],
        });
    }

    /// <summary>Counts the networks on eth1's link in its table.</summary>
    private sealed class Copies : INodeWriter
    {
        public int Count { get; private set; }

        public IReadOnlyList<Refusal> Write(IReadOnlyList<Change> run)
        {
            foreach (RouteChange change in run.OfType<RouteChange>().Where(change => change.Route.Destination.Length == 64 && change.Table.Number == 1001))
            {
                Count += change.Kind switch { ChangeKind.Add => 1, ChangeKind.Remove => -1, _ => 0 };
            }

            return [];
        }
    }
}
