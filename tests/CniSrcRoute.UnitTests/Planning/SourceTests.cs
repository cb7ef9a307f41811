using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What becomes a source.</summary>
public class SourceTests
{
    [Fact]
    public void Every_global_address_becomes_a_source_once_there_are_two_external_subnets() =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.WithPods()));

    [Fact]
    public void A_node_with_one_external_subnet_has_nothing_to_do_and_says_so()
    {
        Node node = new Node().Card("eth0", "192.168.1.100/24", "192.168.1.101/24", "fd01::1/64").Main("default via 192.168.1.1 dev eth0");
        DesiredState desired = node.Derive();
        Assert.Empty(desired.Tables);
        Assert.True(node.Plan().IsEmpty);
        Assert.Equal(["this node has a single external subnet, so every answer leaves by the right card already and there is nothing to do"], node.Notes());
    }

    [Fact]
    public void Two_families_on_one_card_are_one_way_in() =>
        Assert.Empty(Sources(new Node().Card("eth0", "192.168.1.100/24", "fd01::1/64").Main("default via 192.168.1.1 dev eth0")));

    [Fact]
    public void Two_cards_in_one_subnet_are_two_ways_in() =>
        Assert.Equal(["192.168.1.100", "192.168.1.101"], Sources(new Node().Card("eth0", "192.168.1.100/24").Card("eth1", "192.168.1.101/24")));

    [Fact]
    public void Two_subnets_on_one_card_are_two_ways_in() =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(new Node().Card("eth0", "192.168.1.100/24", "10.0.0.1/24")));

    [Fact]
    public void Both_families_of_a_card_become_sources_once_one_family_has_two_ways_in() =>
        Assert.Equal(["192.168.1.100", "10.0.0.1", "fd01::1"], Sources(Node.TwoCards().Address("eth0", "fd01::1/64")));

    [Theory]
    [InlineData("fe80::1/64")]
    [InlineData("169.254.3.4/16")]
    [InlineData("10.244.9.9/24")]
    public void A_link_local_address_and_one_of_the_overlay_are_no_sources(string address) =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards().Address("eth1", address)));

    [Theory]
    [InlineData("cni0", "bridge")]
    [InlineData("flannel.1", "vxlan")]
    [InlineData("docker0", "bridge")]
    [InlineData("veth1234", "veth")]
    [InlineData("cali0123", "veth")]
    [InlineData("kube-ipvs0", "dummy")]
    [InlineData("dummy0", "dummy")]
    public void A_card_of_pods_or_for_addresses_alone_is_no_way_in(string card, string kind) =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards().Device(card, kind, addresses: "172.17.0.1/16")));

    [Fact]
    public void A_bridge_with_containers_alone_is_no_way_in() =>
        Assert.Equal(
            ["192.168.1.100", "10.0.0.1"],
            Sources(Node.TwoCards().Device("br-5f", "bridge", addresses: "172.18.0.1/16").Device("ve1", "veth", master: 4)));

    [Fact]
    public void A_bridge_with_a_hardware_port_is_a_way_in() =>
        Assert.Equal(
            ["192.168.1.100", "10.0.0.1", "172.18.0.1"],
            Sources(Node.TwoCards().Device("br0", "bridge", addresses: "172.18.0.1/16").Device("eth2", "", master: 4)));

    [Fact]
    public void A_bridge_with_a_default_route_is_a_way_in() =>
        Assert.Contains(
            "172.18.0.9",
            Sources(
                Node.TwoCards()
                    .Device("br0", "bridge", addresses: "172.18.0.9/16")
                    .Device("ve1", "veth", master: 4)
                    .Main("default via 172.18.0.1 dev br0 metric 200")));

    [Fact]
    public void A_port_of_another_device_is_no_way_in() =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards().Device("bond0", "bond").Device("eth5", "", master: 4, addresses: "10.5.0.1/24")));

    [Theory]
    [InlineData(Address.FlagTentative)]
    [InlineData(Address.FlagDadFailed)]
    [InlineData(Address.FlagTentative | Address.FlagDadFailed)]
    public void An_address_the_kernel_does_not_answer_for_is_no_source(uint flags) =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards().Address("eth1", "fd02::1/64", flags)));

    [Fact]
    public void An_address_that_stands_on_two_cards_is_one_source() =>
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards().Address("eth1", "192.168.1.100/24")));

    [Fact]
    public void Configured_sources_come_first_and_the_others_are_still_discovered() =>
        Assert.Equal(["10.0.0.1", "192.168.1.100"], Sources(Node.TwoCards(), """{"sources":[{"address":"10.0.0.1"}]}"""));

    [Fact]
    public void Without_discovery_only_what_is_written_down_is_a_source() =>
        Assert.Equal(["10.0.0.1"], Sources(Node.TwoCards(), """{"discover":false,"sources":[{"address":"10.0.0.1"}]}"""));

    [Fact]
    public void A_configured_source_needs_no_second_way_in() =>
        Assert.Equal(
            ["192.168.1.100"],
            Sources(new Node().Card("eth0", "192.168.1.100/24").Main("default via 192.168.1.1 dev eth0"), """{"sources":[{"address":"192.168.1.100"}]}"""));

    [Fact]
    public void A_configured_network_stands_for_the_addresses_in_it() =>
        Assert.Equal(
            ["192.168.1.0/24", "10.0.0.1"],
            Sources(Node.TwoCards().Address("eth0", "192.168.1.101/24"), """{"sources":[{"network":"192.168.1.0/24"}]}"""));

    [Fact]
    public void A_configured_card_is_no_overlay_card_whatever_its_name() =>
        Assert.Equal(
            ["172.16.0.1", "192.168.1.100", "10.0.0.1"],
            Sources(Node.TwoCards().Device("veth7", "veth", addresses: "172.16.0.1/24"), """{"sources":[{"address":"172.16.0.1","card":"veth7"}]}"""));

    [Theory]
    [InlineData("""{"sources":[{"address":"10.9.9.9"}]}""", Severity.Warning, "sources[0].address: no card has 10.9.9.9")]
    [InlineData("""{"sources":[{"network":"10.9.0.0/16"}]}""", Severity.Warning, "sources[0].network: no card has an address in 10.9.0.0/16")]
    [InlineData("""{"sources":[{"address":"10.9.9.9","card":"eth7"}]}""", Severity.Error, "sources[0].card: there is no card eth7")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","card":"eth0"}]}""", Severity.Error, "sources[0].card: eth0 does not hold 10.0.0.1; eth1 does")]
    [InlineData("""{"sources":[{"address":"10.0.0.1","card":"eth7"}]}""", Severity.Error, "sources[0].card: there is no card eth7; 10.0.0.1 is on eth1")]
    public void A_source_that_the_node_does_not_have_is_told_with_file_key_and_value_and_the_others_are_served(string config, Severity severity, string text)
    {
        DesiredState desired = Node.TwoCards().Derive(config);
        Assert.Contains((severity, $"/etc/srcroute/config.json: {text}"), desired.Findings.Select(finding => (finding.Severity, finding.Sentence)));
        Assert.Empty(desired.Problems());
        Assert.Contains("192.168.1.100", desired.Tables.Select(table => table.Source.Prefix.ToString()));
    }

    [Fact]
    public void A_configured_source_with_a_card_is_served_though_another_node_has_the_address_now() =>
        Assert.Equal(["198.51.100.9", "192.168.1.100", "10.0.0.1"], Sources(Node.TwoCards(), """{"sources":[{"address":"198.51.100.9","card":"eth1"}]}"""));

    [Fact]
    public void An_address_without_a_subnet_that_stands_on_every_uplink_is_mains_to_answer_for()
    {
        Node node = Node.TwoCards().Address("eth0", "10.10.10.5/32").Address("eth1", "10.10.10.5/32");
        Assert.Equal(["192.168.1.100", "10.0.0.1"], Sources(node));
        Assert.Contains("10.10.10.5 stands on eth0 and on eth1, so main decides which of them answers", node.Notes());
    }

    [Fact]
    public void An_address_on_two_cards_is_served_by_the_card_the_config_names() =>
        Assert.Equal(
            "eth1",
            Node.TwoCards()
                .Address("eth1", "192.168.1.100/24")
                .Source("192.168.1.100", """{"sources":[{"address":"192.168.1.100","card":"eth1"}]}""").Source.Card.Name);

    private static IEnumerable<string> Sources(Node node, string config = "{}") => node.Derive(config).Tables.Select(table => table.Source.Prefix.ToString());
}
