using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What main knows more exactly than a card's subnet keeps its precedence in the source tables.</summary>
public class LongestPrefixTests
{
    private static Node Large() => new Node()
        .Card("eth0", "192.168.1.100/24").Card("eth1", "10.0.0.1/8")
        .Main("default via 192.168.1.1 dev eth0").Main("192.168.1.0/24 dev eth0").Main("10.0.0.0/8 dev eth1");

    [Theory]
    [InlineData("10.244.1.0/26")]
    [InlineData("10.244.9.5")]
    [InlineData("10.244.0.0/16")]
    public void Pods_within_a_cards_large_subnet_are_copied(string pods)
    {
        Node node = Large().Device("vxlan.calico", "vxlan").Main($"{pods} dev vxlan.calico");
        Assert.All(node.Derive().Tables, table => Assert.Contains(pods, table.Copies.Select(copy => copy.Destination.ToString())));
    }

    [Fact]
    public void What_main_has_by_another_card_within_a_subnet_leaves_the_table_for_main()
    {
        Node node = Large().Main("10.50.0.0/16 via 192.168.1.9 dev eth0");
        Assert.Equal(["throw 10.50.0.0/16 metric 4294967295", "10.0.0.0/8 dev eth1 scope link"], node.Table("10.0.0.1"));
        Assert.DoesNotContain(node.Table("192.168.1.100"), route => route.StartsWith("throw", StringComparison.Ordinal));
    }

    [Fact]
    public void What_lies_behind_a_router_of_the_card_is_the_cards() =>
        Assert.DoesNotContain(
            Node.TwoCards().Main("172.16.0.0/12 via 10.0.0.254 dev eth1").Main("172.16.5.0/24 via 192.168.1.9 dev eth0").Table("10.0.0.1"),
            route => route.StartsWith("throw 172", StringComparison.Ordinal));

    [Theory]
    [InlineData("0.0.0.0/1", "128.0.0.0/1")]
    [InlineData("64.0.0.0/2", "32.0.0.0/3")]
    public void A_vpns_halves_of_the_internet_are_no_pods(string one, string other)
    {
        Node node = Node.TwoCards().Tunnel("tun0", up: true, "172.30.0.2/24").Main($"{one} dev tun0").Main($"{other} dev tun0");
        Assert.DoesNotContain("tun0", node.Derive().OverlayCards.Select(card => card.Name));
        Assert.All(node.Derive().Tables.Where(table => table.Source.Card.Name != "tun0"), table => Assert.Empty(table.Copies));
    }
}
