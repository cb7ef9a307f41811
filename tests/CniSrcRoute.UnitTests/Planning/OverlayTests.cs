using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Which routes of main are copied into every source table.</summary>
public class OverlayTests
{
    private const string Guard = "throw 10.244.0.0/16 metric 4294967295";

    [Fact]
    public void Routes_by_overlay_cards_are_copied_behind_the_guard_with_spread_metrics() => Assert.Equal(
        [
            Guard,
            "10.244.7.0/24 dev cni0 metric 13320 scope link src 10.244.7.1",
            "10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink metric 13346",
            "10.0.0.0/24 dev eth1 scope link src 10.0.0.1",
        ],
        Node.WithPods().Table("10.0.0.1"));

    [Fact]
    public void Host_gw_routes_lead_by_the_uplink_and_are_known_by_their_destination() =>
        Assert.Contains(
            "10.244.34.0/24 via 192.168.1.7 dev eth0 metric 13347",
            Node.WithPods().Main("10.244.34.0/24 via 192.168.1.7 dev eth0").Table("10.0.0.1"));

    [Fact]
    public void A_pods_own_route_of_ptp_keeps_its_scope() =>
        Assert.Contains(
            "10.244.7.2 dev veth3 metric 1795 scope host",
            Node.WithPods().Device("veth3", "veth").Main("10.244.7.2 dev veth3 scope host").Table("10.0.0.1"));

    [Fact]
    public void A_pod_outside_the_overlay_networks_is_known_by_its_card() =>
        Assert.Contains(
            Node.WithPods().Device("cali1", "veth").Main("172.20.5.5 dev cali1").Table("10.0.0.1"),
            route => route.StartsWith("172.20.5.5 dev cali1", StringComparison.Ordinal));

    [Theory]
    [InlineData("default dev flannel.1 metric 5")]
    [InlineData("192.168.1.0/24 dev flannel.1 metric 5")]
    [InlineData("192.168.0.0/16 dev flannel.1")]
    [InlineData("169.254.0.0/16 dev cni0")]
    [InlineData("10.9.0.0/16 nexthop dev cni0 nexthop via 10.0.0.254 dev eth1")]
    public void What_is_no_way_to_pods_is_not_copied_though_it_stands_on_an_overlay_card(string route)
    {
        Node node = Node.WithPods();
        Assert.Equal(node.Source("192.168.1.100").Copies, node.Main(route).Source("192.168.1.100").Copies);
    }

    [Theory]
    [InlineData("blackhole 10.244.66.0/24")]
    [InlineData("unreachable 10.244.66.0/24 metric 7")]
    [InlineData("prohibit 10.244.66.0/24")]
    [InlineData("throw 10.244.66.0/24")]
    public void Routes_that_say_not_there_about_pods_are_copied_as_they_are(string route) =>
        Assert.Contains(route, Node.WithPods().Main(route).Table("10.0.0.1"));

    [Theory]
    [InlineData("blackhole 10.66.0.0/16")]
    [InlineData("unreachable 10.66.0.0/16 metric 7")]
    [InlineData("prohibit 10.66.0.0/16")]
    [InlineData("throw 10.66.0.0/16")]
    public void Others_that_say_not_there_are_copied_as_they_are(string route) =>
        Assert.Contains(route, Node.WithPods().Main(route).Table("10.0.0.1"));

    [Fact]
    public void One_that_would_hide_what_main_has_below_it_is_not_copied() =>
        Assert.DoesNotContain("blackhole 192.168.0.0/16 metric 500", Node.WithPods().Main("blackhole 192.168.0.0/16 metric 500").Table("10.0.0.1"));

    [Fact]
    public void A_reject_default_is_not_copied() =>
        Assert.DoesNotContain(
            Node.WithPods().Main("unreachable default metric 4294967295").Table("10.0.0.1"),
            route => route.Contains("unreachable", StringComparison.Ordinal));

    [Fact]
    public void Multipath_mtu_tos_preferred_source_and_nexthop_object_are_copied_faithfully()
    {
        string[] table = Node.WithPods()
            .Main("10.244.40.0/24 mtu 1400 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 192.168.1.8 dev eth0")
            .Main("10.244.41.0/24 via 192.168.1.7 dev eth0 tos 16 src 192.168.1.100")
            .Main("10.244.42.0/24 nhid 7")
            .Table("10.0.0.1");
        Assert.Contains("10.244.40.0/24 metric 13353 mtu 1400 nexthop via 192.168.1.7 dev eth0 weight 3 nexthop via 192.168.1.8 dev eth0 weight 1", table);
        Assert.Contains("10.244.41.0/24 via 192.168.1.7 dev eth0 metric 13354 src 192.168.1.100 tos 0x10", table);
        Assert.Contains("10.244.42.0/24 nhid 7 metric 13355", table);
    }

    [Fact]
    public void A_prefix_that_main_has_at_several_metrics_keeps_them()
    {
        string[] table = Node.WithPods()
            .Main("10.244.50.0/24 via 192.168.1.8 dev eth0 metric 200")
            .Main("10.244.50.0/24 via 192.168.1.7 dev eth0 metric 100")
            .Table("10.0.0.1");
        Assert.Contains("10.244.50.0/24 via 192.168.1.7 dev eth0 metric 100", table);
        Assert.Contains("10.244.50.0/24 via 192.168.1.8 dev eth0 metric 200", table);
    }

    [Fact]
    public void Ipv6_keeps_mains_metrics() => Assert.Equal(
        ["throw fd44::/56 metric 4294967295", "fd44:0:0:31::/64 via fd44:0:0:31:: dev flannel-v6.1 onlink metric 1024", "fd02::/64 dev eth1 metric 256"],
        Node.TwoCards().Flannel("fd44::/56").Device("flannel-v6.1", "vxlan")
            .Address("eth0", "fd01::1/64").Address("eth1", "fd02::1/64")
            .Main("fd02::/64 dev eth1 metric 256 proto kernel").Main("fd44:0:0:31::/64 via fd44:0:0:31:: dev flannel-v6.1 onlink").Table("fd02::1"));

    [Fact]
    public void Every_overlay_network_has_its_guard_in_the_tables_of_its_family() => Assert.Equal(
        ["10.244.0.0/16", "10.250.0.0/16"],
        Node.TwoCards().Flannel("10.250.0.0/16", "10.244.0.0/16", "fd44::/56").Source("10.0.0.1").Guards.Select(guard => guard.Destination.ToString()));

    [Fact]
    public void The_config_may_name_overlay_cards_and_networks_instead()
    {
        DesiredState desired = Node.WithPods()
            .Card("pods0")
            .Main("172.30.1.0/24 dev pods0")
            .Derive("""{"overlay":{"cards":["pods*"],"networks":["172.30.0.0/16"]}}""");
        Assert.Equal(["pods0"], desired.OverlayCards.Select(card => card.Name));
        Assert.Equal(["172.30.0.0/16"], desired.OverlayNetworks.Select(network => network.ToString()));
        Assert.Equal(["172.30.1.0/24"], desired.Tables[0].Copies.Select(copy => copy.Destination.ToString()));
    }

    [Fact]
    public void Without_flannels_file_the_cards_alone_tell_and_there_is_no_guard()
    {
        SourceTable table = new Node().Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/24").Device("cni0", kind: "bridge", addresses: "10.244.7.1/24")
            .Main("10.0.0.0/24 dev eth1").Main("10.244.7.0/24 dev cni0").Source("10.0.0.1");
        Assert.Empty(table.Guards);
        Assert.Equal(["10.244.7.0/24"], table.Copies.Select(copy => copy.Destination.ToString()));
    }
}
