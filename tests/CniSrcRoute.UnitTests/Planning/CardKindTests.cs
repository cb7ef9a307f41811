using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Which cards lead to containers, which to the world, and which nowhere.</summary>
public class CardKindTests
{
    [Theory]
    [InlineData("ve-db")]
    [InlineData("azv1234")]
    [InlineData("gke1234")]
    [InlineData("eni1234")]
    public void A_veth_into_another_namespace_leads_to_a_container_whatever_its_name(string name)
    {
        Node node = Node.TwoCards().VethTo(3, name, addresses: "192.168.77.1/28").Main($"192.168.77.0/28 dev {name}").Main($"172.20.5.5 dev {name}");
        Assert.Equal([name], Overlay(node));
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(node));
        Assert.Equal(["192.168.77.0/28", "172.20.5.5"], node.Source("10.0.0.1").Copies.Select(copy => copy.Destination.ToString()));
    }

    [Fact]
    public void A_node_that_is_a_container_has_cards_that_are_veths_into_the_namespace_of_its_host()
    {
        Node node = new Node().VethTo(0, "uplink", addresses: "192.168.1.100/24").VethTo(0, "second", addresses: "10.0.0.1/24")
            .VethTo(1, "pod", addresses: "10.244.1.1/24").Main("default via 192.168.1.1 dev uplink");
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(node));
        Assert.Equal(["pod"], Overlay(node));
    }

    [Theory]
    [InlineData("eth5", "")]
    [InlineData("storage", "172.16.8.0/24 via 172.16.0.254 dev storage")]
    public void A_veth_called_as_a_card_or_with_a_router_behind_it_is_a_card(string name, string route)
    {
        Node node = Node.TwoCards().VethTo(3, name, addresses: "172.16.0.9/24");
        Assert.Contains("172.16.0.9", Sources(route.Length == 0 ? node : node.Main(route)));
    }

    [Fact]
    public void A_veth_whose_other_end_is_here_is_what_it_is_called() =>
        Assert.Contains("172.16.0.9", Sources(Node.TwoCards().Device("link0", "veth", addresses: "172.16.0.9/24")));

    [Theory]
    [InlineData("br0")]
    [InlineData("cni0")]
    public void A_bridge_with_a_cable_is_the_lan_whatever_it_is_called_and_its_subnet_is_no_way_to_pods(string name)
    {
        Node node = Node.TwoCards().Device(name, "bridge", addresses: "172.18.0.1/16").VethTo(3, "pod", master: 4).Device("eth2", "", master: 4)
            .Main($"172.18.0.0/16 dev {name}");
        Assert.Contains("172.18.0.1", Sources(node));
        Assert.Empty(node.Source("10.0.0.1").Copies);
    }

    [Fact]
    public void A_cable_may_be_a_veth_as_well() => Assert.Contains(
        "172.18.0.1",
        Sources(Node.TwoCards().Device("br0", "bridge", addresses: "172.18.0.1/16").VethTo(3, "eth2", master: 4)));

    [Fact]
    public void A_macvlan_by_which_main_has_containers_of_its_cards_subnet_leads_to_them()
    {
        Node node = Node.TwoCards().On("eth0", "shim", "macvlan", "192.168.1.250/32").Main("192.168.1.192/27 dev shim");
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(node));
        Assert.Contains("192.168.1.192/27", node.Source("192.168.1.100").Copies.Select(copy => copy.Destination.ToString()));
    }

    [Fact]
    public void A_virtual_address_on_a_macvlan_is_answered_by_the_ways_of_the_card_below()
    {
        Node node = Node.TwoCards().On("eth0", "vrrp.51", "macvlan", "192.168.1.200/32");
        SourceTable table = node.Source("192.168.1.200");
        Assert.Equal(("eth0", "vrrp.51"), (table.Source.Card.Name, table.Source.Holder?.Name));
        Assert.Equal(node.Source("192.168.1.100").CardRoutes, table.CardRoutes);
        Assert.Empty(node.Derive().Warnings());
    }

    [Fact]
    public void A_strict_check_that_drops_requests_for_it_is_told_with_its_cure()
    {
        Node node = new Node().Card("eth0", "10.72.8.20/22").On("eth0", "vip.1", "macvlan", "10.72.8.237/32").Main("default via 10.72.8.1 dev eth0");
        Assert.Empty(node.ReversePath(2).Derive().Warnings());
        Finding finding = Assert.Single(node.ReversePath(1).Derive().Findings, finding => finding.Severity == Severity.Warning);
        Assert.Equal(("vip.1", "sysctl -w net.ipv4.conf.vip/1.rp_filter=2"), (finding.Subject, finding.Cure));
    }

    [Fact]
    public void A_card_for_addresses_that_others_announce_is_named()
    {
        Node node = Node.WithPods().Device("eth2", "").Device("eth3", "").On("eth3", "eth3.100", "vlan", "10.100.0.1/24").Main("10.100.0.0/24 dev eth3.100");
        Assert.Equal(["eth2"], node.Derive().Findings.Where(finding => finding.Code == FindingCode.CardWithoutAddress).Select(finding => finding.Subject));
    }

    // A bridge, and a veth into another namespace, tell by what they are.
    [Theory]
    [InlineData("cni9", "", true)]
    [InlineData("lxc9", "vlan", true)]
    [InlineData("docker9", "bond", true)]
    [InlineData("cni9", "bridge", false)]
    [InlineData("lxc9", "veth", false)]
    [InlineData("eth9", "", false)]
    public void A_card_that_leads_to_pods_by_its_name_alone_is_named(string name, string kind, bool isTold)
    {
        Node node = Node.WithPods().Device(name, kind, addresses: "10.9.0.1/24").Main($"10.9.0.0/24 dev {name}");
        Finding[] told = [.. node.Derive().Findings.Where(finding => finding.Code == FindingCode.CalledLikePods)];
        Assert.Equal(isTold ? [name] : [], told.Select(finding => finding.Subject));
        Assert.All(told, finding => Assert.Equal($"\"sources\": [{{ \"network\": \"NETWORK\", \"card\": \"{name}\" }}]", finding.Cure));
    }

    [Fact]
    public void It_makes_no_second_way_in() =>
        Assert.Empty(Sources(new Node().Card("eth0", "10.72.8.20/22").On("eth0", "vip", "macvlan", "10.72.8.237/32").Main("default via 10.72.8.1 dev eth0")));

    [Fact]
    public void A_macvlan_with_a_subnet_of_its_own_is_a_card() =>
        Assert.Contains(
            "172.16.0.9", Sources(Node.TwoCards().On("eth0", "lan2", "macvlan", "172.16.0.9/24").Main("172.16.0.0/24 dev lan2 src 172.16.0.9")));

    [Fact]
    public void A_tunnel_that_is_down_leads_nowhere()
    {
        Node node = Node.TwoCards().Tunnel("tunl0", up: false).Tunnel("gre0", up: false, "10.9.0.1/24");
        Assert.Empty(Overlay(node));
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(node));
    }

    [Fact]
    public void A_tunnel_to_a_private_network_is_like_a_bridge_of_containers()
    {
        Node node = Node.TwoCards().Tunnel("wg0", up: true, "10.98.0.1/24").Main("10.98.0.0/24 dev wg0").Main("10.99.0.0/16 dev wg0");
        Assert.Equal(["wg0"], Overlay(node));
        Assert.Equal(["10.98.0.0/24", "10.99.0.0/16"], node.Source("10.0.0.1").Copies.Select(copy => copy.Destination.ToString()));
    }

    [Theory]
    [InlineData("198.51.100.10/32", null, "")]
    [InlineData("10.20.0.7/32", 20u, "default dev tun0")]
    [InlineData("10.20.0.7/32", TableId.Main, "0.0.0.0/1 dev tun0")]
    [InlineData("2001:db8::7/128", null, "")]
    public void A_tunnel_with_a_public_address_or_a_default_in_any_table_is_a_way_to_the_world(string address, uint? table, string route)
    {
        Node node = Node.TwoCards().Tunnel("tun0", up: true, address);
        Assert.Contains(address.Split('/')[0], Sources(table is { } number ? node.In(number, route) : node));
        Assert.Empty(Overlay(node));
        Assert.Equal("tun0", node.Source(address.Split('/')[0]).Source.Card.Name);
    }

    [Fact]
    public void A_VXLAN_without_a_subnet_leads_to_pods_whatever_its_name_and_one_with_a_subnet_is_a_LAN()
    {
        Node node = Node.TwoCards().Device("vxlan0", "vxlan", addresses: "10.244.1.0/32").Main("10.244.2.0/24 via 10.244.2.0 dev vxlan0 onlink")
            .Device("vxlan100", "vxlan", addresses: "10.7.0.1/24").Main("10.7.0.0/24 dev vxlan100");
        Assert.Equal(["vxlan0"], Overlay(node));
        Assert.Equal(["192.168.1.100", "10.0.0.1", "10.7.0.1"], Sources(node));
        Assert.Equal(["10.244.2.0/24"], node.Source("10.0.0.1").Copies.Select(copy => copy.Destination.ToString()));
    }

    [Fact]
    public void What_came_by_a_tunnel_to_one_neighbour_goes_back_by_it_without_a_router() => Assert.Equal(
        ["default dev tun0 scope link"],
        Node.TwoCards().Tunnel("tun0", up: true, "198.51.100.10/32").Source("198.51.100.10").CardRoutes
            .Select(Node.TwoCards().Tunnel("tun0").Format));

    [Theory]
    [InlineData("ovn0")]
    [InlineData("antrea-gw0")]
    public void A_port_of_a_virtual_switch_is_known_by_its_name(string name) =>
        Assert.Equal([name], Overlay(Node.TwoCards().Device(name, "openvswitch", addresses: "100.64.0.2/16")));

    private static IEnumerable<string> Overlay(Node node) => node.Derive().OverlayCards.Select(card => card.Name);

    private static IEnumerable<string> Sources(Node node) => node.Derive().Tables.Select(table => table.Source.Prefix.ToString());
}
