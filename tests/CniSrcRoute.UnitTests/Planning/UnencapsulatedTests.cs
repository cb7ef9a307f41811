using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Pods of other nodes that are reached by the cards' own routers, while nobody names their networks.</summary>
public class UnencapsulatedTests
{
    private static Node Bare() => new Node()
        .Card("eth0", "10.0.0.4/24").Card("eth1", "192.168.50.4/24")
        .Main("default via 10.0.0.1 dev eth0").Main("10.0.0.0/24 dev eth0").Main("192.168.50.0/24 dev eth1");

    private static Node Calico() => Bare().VethTo(1, "cali1").Main("10.244.0.7 dev cali1").Main("blackhole 10.244.0.0/26 proto 80");

    [Fact]
    public void Blocks_of_calicos_bird_are_known_by_the_nodes_own_block()
    {
        Node node = Calico().Main("10.244.1.0/26 via 192.168.50.5 dev eth1 proto 12");
        Assert.Contains("10.244.1.0/26", node.Source("10.0.0.4").Copies.Select(copy => copy.Destination.ToString()));
        Assert.Empty(node.Derive().Warnings());
    }

    [Theory]
    [InlineData("10.244.1.0/24 via 192.168.50.5 dev eth1 proto 12")]
    [InlineData("172.30.1.0/26 via 192.168.50.5 dev eth1 proto 12")]
    [InlineData("10.244.1.0/26 via 192.168.50.5 dev eth1 proto 4")]
    public void Other_routes_are_the_lans(string route) =>
        Assert.DoesNotContain(
            Text.Prefix(route.Split(' ')[0]), Calico().Main(route).Source("10.0.0.4").Copies.Select(copy => copy.Destination));

    [Theory]
    [InlineData("10.244.1.0/26 via 192.168.50.5 dev eth1 proto 17")]
    [InlineData("10.244.1.0/24 via 192.168.50.5 dev eth1 proto 2")]
    public void Where_they_cannot_be_told_from_a_lans_the_line_that_cures_it_is_told(string route)
    {
        Node node = Bare().Device("kube-bridge", "bridge", addresses: "10.244.0.1/24").Main("10.244.0.0/24 dev kube-bridge").Main(route);
        Finding finding = Assert.Single(node.Derive().Findings, finding => finding.Code == FindingCode.PodsUnknown);
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains(finding.Cure, finding.Sentence, StringComparison.Ordinal);
        string config = $"{{ {finding.Cure} }}";
        Assert.DoesNotContain(node.Derive(config).Findings, finding => finding.Code == FindingCode.PodsUnknown);
        Assert.Contains(route.Split(' ')[0], node.Source("10.0.0.4", config).Copies.Select(copy => copy.Destination.ToString()));
    }

    [Fact]
    public void Pods_with_a_route_of_their_own_each_tell_where_those_of_others_may_be()
    {
        Node node = Bare().VethTo(1, "eni01ab").Main("10.244.0.7 dev eni01ab");
        Assert.DoesNotContain(node.Main("172.30.1.0/24 via 192.168.50.5 dev eth1").Derive().Findings, finding => finding.Code == FindingCode.PodsUnknown);
        Finding finding = Assert.Single(node.Main("10.244.1.0/24 via 192.168.50.5 dev eth1").Derive().Findings, finding => finding.Code == FindingCode.PodsUnknown);
        Assert.Equal("\"overlay\": { \"networks\": [\"10.244.0.0/16\"] }", finding.Cure);
    }

    [Theory]
    [InlineData("172.16.0.0/12 via 192.168.50.5 dev eth1")]
    [InlineData("10.244.1.0/24 via 192.168.50.5 dev eth1 proto 16")]
    public void Nobody_is_alarmed_by_the_routes_of_a_lan(string route) => Assert.Empty(
        Bare().Device("kube-bridge", "bridge", addresses: "10.244.0.1/24").Main("10.244.0.0/24 dev kube-bridge").Main(route).Derive().Warnings());
}
