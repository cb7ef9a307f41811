using CniSrcRoute.Netlink;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;
using static CniSrcRoute.UnitTests.Netlink.Script;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Questions that have one answer.</summary>
public class QuestionTests
{
    private const ushort NewLink = 16, NewRoute = 24;

    // ip route get fibmatch 10.244.33.5
    [Fact]
    public void The_way_to_an_address_is_the_route_as_it_stands_in_its_table()
    {
        var script = new Script(request => [Message(NewRoute, Sequence(request), Convert.FromHexString(Golden.Routes[0].Bytes))]);
        Route? route = new RouteNetlink(script).Lookup(Text.Address("10.244.33.5"), source: default, out TableId table);
        Assert.Equal((Text.Prefix("10.244.33.0/24"), new TableId(Family.IPv4, 2001)), (route!.Destination, table));

        // struct rtmsg: AF_INET, /32, RTM_F_FIB_MATCH; RTA_DST.
        Assert.Equal("022000000000000000200000" + "080001000AF42105", Convert.ToHexString(Messages(script.Sent[0])[0].Payload));
    }

    [Theory]
    [InlineData(101)]
    [InlineData(113)]
    [InlineData(22)]
    public void Where_there_is_no_way_there_is_no_route(int errno) =>
        Assert.Null(new RouteNetlink(new Script(request => [Refusal(Sequence(request), errno)])).Lookup(Text.Address("10.9.9.9"), source: default, out _));

    // ip link show dev flannel.1
    [Fact]
    public void A_device_is_asked_for_by_its_index()
    {
        var script = new Script(request => [Message(NewLink, Sequence(request), Convert.FromHexString(GoldenLinks.Vxlan))]);
        Assert.Equal("flannel.1", new RouteNetlink(script).GetLink(12)?.Name);
        Assert.Equal("000000000C0000000000000000000000" + "08001D0008000000", Convert.ToHexString(Messages(script.Sent[0])[0].Payload));
    }

    [Fact]
    public void A_device_that_is_gone_is_none() => Assert.Null(new RouteNetlink(new Script(request => [Refusal(Sequence(request), 19)])).GetLink(12));

    [Fact]
    public void Answers_to_another_question_are_passed_over() => Assert.Equal(
        "flannel.1",
        new RouteNetlink(new Script(request =>
        [
            Message(NewLink, Sequence(request) - 1, Convert.FromHexString(GoldenLinks.Veth)),
            Together(Refusal(0, 19), Message(NewLink, Sequence(request), Convert.FromHexString(GoldenLinks.Vxlan))),
        ])).GetLink(12)?.Name);
}
