using CniSrcRoute.Planning;
using CniSrcRoute.Tests.Core;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The plan for a change of main's routes to one destination, without the kernel.</summary>
public sealed class FollowTests
{
    private const string Peer = "10.244.40.0/24 via 10.244.40.0 dev flannel.1 onlink scope global";

    private static readonly Dictionary<TableId, HashSet<RouteKey>> Nobody = [];

    [Fact]
    public void A_route_that_comes_is_added_to_every_table_of_its_family() =>
        Assert.Equal(["Add 1000 10.244.40.0/24", "Add 1001 10.244.40.0/24"], Steps(Node.WithPods(), [], [Peer])!);

    [Fact]
    public void A_route_that_goes_is_removed_from_every_table() =>
        Assert.Equal(["Remove 1000 10.244.40.0/24", "Remove 1001 10.244.40.0/24"], Steps(Node.WithPods(), [Peer], [])!);

    [Fact]
    public void A_route_that_changes_is_replaced_where_it_stands() =>
        Assert.Equal(
            ["Replace 1000 10.244.40.0/24", "Replace 1001 10.244.40.0/24"],
            Steps(Node.WithPods(), [Peer], [Peer.Replace("40.0 dev", "40.9 dev", StringComparison.Ordinal)])!);

    [Fact]
    public void A_route_that_is_the_same_afterwards_is_no_work() => Assert.Empty(Steps(Node.WithPods(), [Peer], [Peer])!);

    [Fact]
    public void What_is_new_comes_before_what_goes() =>
        Assert.Equal(
            [
                "Add 1000 10.244.40.0/24",
                "Add 1000 10.244.40.0/24",
                "Add 1001 10.244.40.0/24",
                "Add 1001 10.244.40.0/24",
                "Remove 1000 10.244.40.0/24",
                "Remove 1001 10.244.40.0/24",
            ],
            Steps(Node.WithPods(), [Peer], [$"{Peer} metric 5", $"{Peer} metric 6"])!);

    [Theory]
    [InlineData("default via 192.168.1.2 dev eth0")]
    [InlineData("198.51.100.0/24 via 192.168.1.9 dev eth0")]
    [InlineData("198.51.100.0/24 nexthop via 192.168.1.9 dev eth0 nexthop dev cni0")]
    public void What_concerns_a_card_of_a_source_is_for_the_whole_plan(string route)
    {
        Assert.Null(Steps(Node.WithPods(), [], [route]));
        Assert.Null(Steps(Node.WithPods(), [route], []));
    }

    [Fact]
    public void A_router_that_a_source_may_share_with_a_card_that_has_none_is_for_the_whole_plan()
    {
        Node node = Node.WithPods().Card("eth2", "192.168.1.7/24", "10.9.0.7/24").Main("192.168.1.0/24 dev eth2");
        const string Config = """{"discover":false,"sources":[{"address":"192.168.1.100"}]}""";
        Assert.Null(Steps(node, [], ["198.51.100.0/24 via 192.168.1.9 dev eth2"], config: Config));
        Assert.Empty(Steps(node, [], ["198.51.100.0/24 via 10.9.0.9 dev eth2"], config: Config)!);
    }

    [Theory]
    [InlineData("10.244.40.0/24 via 192.168.1.7 dev eth0")]
    [InlineData("blackhole 10.244.66.0/24")]
    [InlineData("10.244.7.9 dev cni0 scope host")]
    public void Ways_to_pods_by_any_card_are_followed(string route) => Assert.Equal(2, Steps(Node.WithPods(), [], [route])!.Length);

    [Theory]
    [InlineData("169.254.0.0/16 dev cni0")]
    [InlineData("192.168.0.0/16 dev flannel.1")]
    public void What_is_no_way_to_pods_on_a_card_of_theirs_is_no_work(string route) => Assert.Empty(Steps(Node.WithPods(), [], [route])!);

    [Theory]
    [InlineData("blackhole 10.66.0.0/16")]
    [InlineData("unreachable 192.168.0.0/16 metric 500")]
    public void What_is_rejected_besides_pods_is_for_the_whole_plan_to_weigh(string route) => Assert.Null(Steps(Node.WithPods(), [], [route]));

    [Fact]
    public void A_route_of_another_family_concerns_the_tables_of_that_family() =>
        Assert.Empty(Steps(Node.WithPods(), [], ["2001:db8:9::/64 dev cni0 metric 256"])!);

    [Fact]
    public void Where_somebody_else_stands_in_the_way_the_whole_plan_decides()
    {
        Node node = Node.WithPods();
        Route copy = node.Main(Peer).Source("10.0.0.1").Copies.Single(route => node.Format(route).StartsWith("10.244.40.0/24", StringComparison.Ordinal));
        var foreign = new Dictionary<TableId, HashSet<RouteKey>> { [new TableId(Family.IPv4, 1001)] = [copy.Key] };
        Assert.Null(Steps(Node.WithPods(), [], [Peer], foreign));

        foreign = new Dictionary<TableId, HashSet<RouteKey>> { [new TableId(Family.IPv4, 1001)] = [copy.Key with { Metric = 1 }] };
        Assert.NotNull(Steps(Node.WithPods(), [], [Peer], foreign));
    }

    [Fact]
    public void A_node_with_nothing_to_do_has_nothing_to_follow() =>
        Assert.True(Follow.Steps(new DesiredState(), Nobody, [], [Text.Route(Peer, Node.WithPods().Index)]) is null or { Count: 0 });

    [Fact]
    public void The_steps_are_those_that_the_whole_plan_would_take()
    {
        Node node = Node.WithPods();
        DesiredState before = node.Derive();
        Dictionary<TableId, SourceTable> after = node.Main(Peer).Derive().Tables.ToDictionary(table => table.Id);
        Assert.Equal(
            before.Tables.SelectMany(table => after[table.Id].Copies.Except(table.Copies)),
            Follow.Steps(before, Nobody, [], [Text.Route(Peer, node.Index)])!.Cast<RouteChange>().Select(change => change.Route));
    }

    private static string[]? Steps(Node node, string[] before, string[] after, Dictionary<TableId, HashSet<RouteKey>>? foreign = null, string config = "{}")
    {
        Route[] Parsed(string[] routes) => [.. routes.Select(route => Text.Route(route, node.Index))];
        return Follow.Steps(node.Derive(config), foreign ?? Nobody, Parsed(before), Parsed(after))?
            .Cast<RouteChange>()
            .Select(change => $"{change.Kind} {change.Table.Number} {change.Route.Destination}")
            .ToArray();
    }
}
