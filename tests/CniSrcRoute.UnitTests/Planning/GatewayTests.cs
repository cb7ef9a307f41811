using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>The part of a source table that leaves by the source's own card.</summary>
public class GatewayTests
{
    [Fact]
    public void Main_is_followed_connected_subnet_static_routes_and_the_default() => Assert.Equal(
        ["192.168.1.0/24 dev eth0 scope link src 192.168.1.100", "10.77.0.0/16 via 192.168.1.9 dev eth0 metric 50", "default via 192.168.1.1 dev eth0"],
        Own(Node.TwoCards().Main("10.77.0.0/16 via 192.168.1.9 dev eth0 metric 50"), "192.168.1.100"));

    [Fact]
    public void Several_defaults_of_the_card_keep_their_metrics() => Assert.Equal(
        ["192.168.1.0/24 dev eth0 scope link src 192.168.1.100", "default via 192.168.1.1 dev eth0", "default via 192.168.1.2 dev eth0 metric 200"],
        Own(Node.TwoCards().Main("default via 192.168.1.2 dev eth0 metric 200").Main("default via 10.0.0.254 dev eth1 metric 100"), "192.168.1.100"));

    [Fact]
    public void The_router_of_the_sources_own_subnet_is_preferred_to_that_of_another_on_the_card()
    {
        Node node = Node.TwoCards()
            .Address("eth0", "172.16.0.9/24")
            .Main("172.16.0.0/24 dev eth0 src 172.16.0.9")
            .Main("default via 172.16.0.1 dev eth0 metric 100");
        Assert.Equal(["default via 192.168.1.1 dev eth0"], Defaults(node, "192.168.1.100"));
        Assert.Equal(["default via 172.16.0.1 dev eth0 metric 100"], Defaults(node, "172.16.0.9"));
    }

    [Fact]
    public void A_card_whose_only_router_is_in_another_of_its_subnets_uses_that() =>
        Assert.Equal(["default via 192.168.1.1 dev eth0"], Defaults(Node.TwoCards().Address("eth0", "172.16.0.9/24"), "172.16.0.9"));

    [Fact]
    public void Routers_of_one_metric_all_stand_since_the_kernel_leaves_a_dead_one_for_the_next()
    {
        Node node = Node.TwoCards().Main("default via 10.0.0.254 dev eth1 metric 5").Main("default via 10.0.0.253 dev eth1 metric 5");
        Assert.Equal(["default via 10.0.0.254 dev eth1 metric 5", "default via 10.0.0.253 dev eth1 metric 5"], Defaults(node, "10.0.0.1"));
        node.Rule("10.0.0.1", 900, 30000, Ownership.Protocol).In(900, "10.0.0.0/24 dev eth1 proto srcroute src 10.0.0.1")
            .In(900, "default via 10.0.0.254 dev eth1 metric 5 proto srcroute").In(900, "default via 10.0.0.9 dev eth1 metric 5 proto srcroute");
        Assert.Equal(
            [
                "+ ip route append default via 10.0.0.253 dev eth1 table 900 metric 5 protocol 206",
                "- ip route del default via 10.0.0.9 dev eth1 table 900 metric 5 protocol 206",
            ],
            node.Plan().Changes.OfType<RouteChange>().Where(change => change.Table.Number == 900 && change.Route.Destination.IsDefault)
                .Select(new IpCommand(node.State).Format));
    }

    [Fact]
    public void A_router_that_announced_itself_is_worth_what_its_metric_says()
    {
        Node node = new Node().Card("eth0", "2001:db8:1::100/64", "2001:db8:2::1/64").Card("eth1", "2001:db8:3::1/64")
            .Main("2001:db8:1::/64 dev eth0").Main("2001:db8:2::/64 dev eth0")
            .Main("default via 2001:db8:2::fe dev eth0 metric 100").Main("default via fe80::bad dev eth0 proto 9");
        Assert.Equal(["default via 2001:db8:2::fe dev eth0 metric 100", "default via fe80::bad dev eth0 metric 1024"], Defaults(node, "2001:db8:1::100"));
    }

    [Fact]
    public void Routers_of_one_metric_stand_in_the_order_of_their_preference_and_none_is_left_out()
    {
        Node node = new Node().Card("eth0", "2001:db8:1::100/64").Card("eth1", "2001:db8:3::1/64").Main("2001:db8:1::/64 dev eth0");
        foreach ((string router, byte preference) in new[] { ("fe80::3", (byte)3), ("fe80::2", (byte)0), ("fe80::1", (byte)1) })
        {
            node.Main($"default via {router} dev eth0 proto 9", route => route with { Preference = preference });
        }

        Assert.Equal(
            ["default via fe80::1 dev eth0 metric 1024 pref high", "default via fe80::2 dev eth0 metric 1025", "default via fe80::3 dev eth0 metric 1026 pref low"],
            Defaults(node, "2001:db8:1::100"));
    }

    [Theory]
    [InlineData("203.0.113.77/32", "172.31.2.1", "172.31.2.1 dev eth1 scope link")]
    [InlineData("2001:db8:3::1/128", "2001:db8:9::1", "2001:db8:9::1 dev eth1 metric 1024")]
    public void A_configured_router_outside_of_the_subnet_gets_a_route_of_its_own(string address, string router, string route)
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Card("eth1", address);
        string source = address.Split('/')[0];
        Assert.Equal(route, Own(node, source, $$"""{"sources":[{"address":"{{source}}","gateway":"{{router}}"}]}""")[0]);
    }

    [Fact]
    public void A_router_whose_subnet_was_taken_out_of_main_is_reached_still() => Assert.Equal(
        ["10.0.0.254 dev eth1 scope link", "default via 10.0.0.254 dev eth1 metric 100"],
        Own(new Node().Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/24").Main("default via 10.0.0.254 dev eth1 metric 100"), "10.0.0.1"));

    [Fact]
    public void A_second_card_in_a_subnet_without_a_route_of_its_own_has_the_neighbours_on_its_link_as_well() => Assert.Equal(
        ["10.0.1.0/24 dev eth1 scope link", "default via 10.0.1.1 dev eth1"],
        Own(
            new Node().Card("eth0", "10.0.1.10/24").Card("eth1", "10.0.1.50/24").Main("10.0.1.0/24 dev eth0 src 10.0.1.10").Main("default via 10.0.1.1 dev eth0"),
            "10.0.1.50"));

    [Fact]
    public void A_gateway_that_is_the_node_itself_is_refused_at_once() => Assert.Equal(
        ["10.0.0.1 is not served: its gateway 10.0.0.1 is an address of this node; name the router"],
        Node.TwoCards().Derive("""{"sources":[{"address":"10.0.0.1","gateway":"10.0.0.1"}]}""").Warnings());

    [Fact]
    public void Two_cards_in_one_subnet_share_the_router_that_main_names_for_one()
    {
        Node node = new Node()
            .Card("eth0", "192.168.1.100/24")
            .Card("eth1", "192.168.1.101/24")
            .Main("192.168.1.0/24 dev eth0")
            .Main("192.168.1.0/24 dev eth1 metric 100")
            .Main("default via 192.168.1.1 dev eth0 src 192.168.1.100 metric 100");
        Assert.Equal(["default via 192.168.1.1 dev eth1 metric 100"], Defaults(node, "192.168.1.101"));
        Assert.Equal(["default via 192.168.1.1 dev eth0 metric 100 src 192.168.1.100"], Defaults(node, "192.168.1.100"));
    }

    [Fact]
    public void A_link_local_router_is_shared_by_cards_in_one_subnet_alone()
    {
        Node shared = new Node().Card("eth0", "fd01::1/64").Card("eth1", "fd01::2/64").Card("eth2", "fd02::1/64")
            .Main("fd01::/64 dev eth1").Main("fd02::/64 dev eth2").Main("default via fe80::1 dev eth0");
        Assert.Equal(["default via fe80::1 dev eth1 metric 1024"], Defaults(shared, "fd01::2"));
        Assert.Empty(Defaults(shared, "fd02::1"));
    }

    [Fact]
    public void A_card_without_a_router_has_no_default_and_a_note_names_the_config_line_that_would_give_one()
    {
        DesiredState desired = Node.TwoCards().Derive();
        Assert.Null(desired.Tables[1].DefaultRoute);
        Assert.Empty(desired.Warnings());
        Assert.Equal(
            "10.0.0.1: card eth1 has no gateway of its own: replies to clients beyond 10.0.0.0/24 follow main's default route by another card; " +
            "to change that, put \"sources\": [{ \"address\": \"10.0.0.1\", \"gateway\": \"ROUTER\" }] into /etc/srcroute/config.json",
            Node.TwoCards().Notes()[^1]);
    }

    [Fact]
    public void The_note_names_the_entry_of_a_source_that_is_written_down_and_says_when_main_has_no_default()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Main("192.168.1.0/24 dev eth0");
        Assert.Equal(
            [
                "192.168.1.100: card eth0 has no gateway of its own: replies to clients beyond 192.168.1.0/24 have no route, since main has no default; " +
                "to change that, put \"gateway\": \"ROUTER\" into sources[0] of /etc/srcroute/config.json",
            ],
            node.Notes("""{"sources":[{"address":"192.168.1.100"}]}"""));
    }

    [Fact]
    public void A_configured_gateway_takes_the_place_of_mains() => Assert.Equal(
        ["default via 192.168.1.9 dev eth0"],
        Defaults(Node.TwoCards(), "192.168.1.100", """{"sources":[{"address":"192.168.1.100","gateway":"192.168.1.9"}]}"""));

    [Fact]
    public void A_configured_ipv6_gateway_has_the_kernels_own_metric() => Assert.Equal(
        ["default via fd02::9 dev eth1 metric 1024"],
        Defaults(
            Node.TwoCards().Address("eth1", "fd02::1/64").Main("fd02::/64 dev eth1"),
            "fd02::1",
            """{"sources":[{"address":"fd02::1","gateway":"fd02::9"}]}"""));

    [Fact]
    public void Configured_routes_are_added_and_win_against_mains_with_the_same_key() => Assert.Equal(
        ["10.78.0.0/16 dev eth1 scope link mtu 1400", "10.0.0.0/24 dev eth1 scope link src 10.0.0.1", "10.77.0.0/16 via 10.0.0.9 dev eth1 metric 5"],
        Own(
            Node.TwoCards().Main("10.77.0.0/16 via 10.0.0.8 dev eth1 metric 5"),
            "10.0.0.1",
            """{"sources":[{"address":"10.0.0.1","routes":[{"to":"10.77.0.0/16","via":"10.0.0.9","metric":5},{"to":"10.78.0.0/16","mtu":1400}]}]}"""));

    [Fact]
    public void Of_a_multipath_route_only_the_ways_by_the_card_are_taken() => Assert.Equal(
        [
            "192.168.1.0/24 dev eth0 scope link src 192.168.1.100",
            "10.77.0.0/16 via 192.168.1.7 dev eth0",
            "10.78.0.0/16 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 192.168.1.8 dev eth0 weight 2",
            "default via 192.168.1.1 dev eth0",
        ],
        Own(
            Node.TwoCards()
                .Main("10.77.0.0/16 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 10.0.0.9 dev eth1")
                .Main("10.78.0.0/16 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 10.0.0.9 dev eth1 nexthop via 192.168.1.8 dev eth0 weight 2")
                .Main("10.79.0.0/16 nexthop via 10.0.0.8 dev eth1 weight 3 nexthop via 10.0.0.9 dev eth1"),
            "192.168.1.100"));

    [Fact]
    public void Of_a_nexthop_object_the_ways_by_the_card_are_written_out()
    {
        Node node = Node.TwoCards();
        Nexthop one = new() { Gateway = Text.Address("192.168.1.7"), Oif = node.Index("eth0") };
        Nexthop other = new() { Gateway = Text.Address("10.0.0.9"), Oif = node.Index("eth1") };
        node.In(TableId.Main, "10.77.0.0/16 nhid 7", [one]).In(TableId.Main, "10.78.0.0/16 nhid 8", [one, other with { Weight = 3 }]);
        string[] own = Own(node, "192.168.1.100");
        Assert.Contains("10.77.0.0/16 via 192.168.1.7 dev eth0", own);
        Assert.Contains("10.78.0.0/16 via 192.168.1.7 dev eth0", own);
        Assert.Contains("10.78.0.0/16 via 10.0.0.9 dev eth1", Own(node, "10.0.0.1"));
    }

    [Fact]
    public void Direct_routes_are_written_first_then_gateways_and_the_default_last()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/24")
            .Main("default via 192.168.1.1 dev eth0").Main("10.77.0.0/16 via 192.168.1.9 dev eth0").Main("192.168.1.0/24 dev eth0");
        Assert.Equal(
            ["192.168.1.0/24 dev eth0 scope link", "10.77.0.0/16 via 192.168.1.9 dev eth0", "default via 192.168.1.1 dev eth0"],
            Own(node, "192.168.1.100"));
    }

    private static string[] Own(Node node, string source, string config = "{}") => [.. node.Source(source, config).CardRoutes.Select(node.Format)];

    private static string[] Defaults(Node node, string source, string config = "{}") =>
        [.. Own(node, source, config).Where(route => route.StartsWith("default", StringComparison.Ordinal))];
}
