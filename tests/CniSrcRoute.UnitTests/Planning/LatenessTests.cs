using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What bootstrap --wait waits for.</summary>
public class LatenessTests
{
    [Fact]
    public void A_complete_node_is_not_late() => Assert.Null(Of(Node.WithPods()));

    [Fact]
    public void A_configured_address_that_is_not_there_is_waited_for() => Assert.Equal(
        "/etc/srcroute/config.json: sources[0].address: no card has 10.9.9.9", Of(Node.TwoCards(), """{"sources":[{"address":"10.9.9.9"}]}"""));

    [Fact]
    public void A_virtual_address_of_a_subnet_that_is_there_may_be_on_another_node_for_weeks() =>
        Assert.Null(Of(Node.TwoCards(), """{"sources":[{"address":"192.168.1.105"}]}"""));

    [Fact]
    public void A_card_that_is_down_is_waited_for() => Assert.Equal("10.0.0.1 is not served: its card eth1 is down", Of(Node.TwoCards().Down("eth1")));

    [Fact]
    public void An_address_that_is_still_being_checked_is_waited_for() =>
        Assert.Equal("fd02::1 is still being checked for duplicates", Of(Node.TwoCards().Address("eth1", "fd02::1/64", Address.FlagTentative)));

    [Fact]
    public void An_address_that_failed_the_check_is_not_waited_for() =>
        Assert.Null(Of(Node.TwoCards().Address("eth1", "fd02::1/64", Address.FlagTentative | Address.FlagDadFailed)));

    [Fact]
    public void A_card_that_is_up_without_an_address_is_waited_for_a_moment_alone_and_when_addresses_are_discovered()
    {
        Node node = Node.TwoCards().Card("eth2").Address("eth2", "fe80::5/64");
        Assert.Null(Of(node));
        Assert.Equal("card eth2 is up and has no address", OfBareCards(node));
        Assert.Null(OfBareCards(node, """{"discover":false,"sources":[{"address":"10.0.0.1"}]}"""));
        Assert.Null(OfBareCards(Node.WithPods()));
    }

    private static string? Of(Node node, string config = "{}") => Lateness.Of(Node.Parse(config), node.State);

    private static string? OfBareCards(Node node, string config = "{}") => Lateness.OfBareCards(Node.Parse(config), node.State);
}
