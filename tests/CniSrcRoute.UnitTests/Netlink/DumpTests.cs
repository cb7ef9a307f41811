using CniSrcRoute.Netlink;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;
using static CniSrcRoute.UnitTests.Netlink.Script;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Lists from the kernel, in all the ways they may come.</summary>
public class DumpTests
{
    private const ushort NewLink = 16, NewRoute = 24, NewRule = 32, NewNexthop = 104;

    [Fact]
    public void A_list_that_comes_in_one_datagram_with_its_end() => Assert.Equal(
        ["lo", "eth0"],
        Names(request => [Together(Link(request, GoldenLinks.Loopback), Link(request, GoldenLinks.Veth), End(Sequence(request)))]));

    [Fact]
    public void A_list_that_comes_in_several_datagrams_with_its_end_alone() => Assert.Equal(
        ["lo", "eth0", "flannel.1"],
        Names(request =>
            [Link(request, GoldenLinks.Loopback), Together(Link(request, GoldenLinks.Veth), Link(request, GoldenLinks.Vxlan)), End(Sequence(request))]));

    [Fact]
    public void An_empty_list() => Assert.Empty(Names(request => [End(Sequence(request))]));

    [Fact]
    public void Answers_to_another_request_are_no_part_of_the_list() => Assert.Equal(
        ["eth0"],
        Names(request =>
        [
            Part(NewLink, Sequence(request) - 1, GoldenLinks.Loopback),
            End(Sequence(request) - 1, 22),
            Together(Part(NewLink, 0, GoldenLinks.Bridge), Link(request, GoldenLinks.Veth), Part(NewLink, Sequence(request) + 1, GoldenLinks.Vxlan)),
            End(Sequence(request)),
        ]));

    [Fact]
    public void Messages_that_say_nothing_are_passed_over() => Assert.Equal(
        ["eth0"], Names(request => [Together(Message(1, Sequence(request), new byte[16], Multi), Link(request, GoldenLinks.Veth)), End(Sequence(request))]));

    [Fact]
    public void A_list_that_changed_under_way_is_thrown_away_and_read_again()
    {
        var script = new Script(
            request =>
            [
                Link(request, GoldenLinks.Loopback),
                Part(NewLink, Sequence(request), GoldenLinks.Bridge, DumpInterrupted),
                Link(request, GoldenLinks.Vxlan),
                End(Sequence(request)),
            ],
            request => [Link(request, GoldenLinks.Vxlan), End(Sequence(request), flags: DumpInterrupted)],
            request => [Link(request, GoldenLinks.Veth), End(Sequence(request))]);
        Assert.Equal(["eth0"], new RouteNetlink(script).ListLinks().Select(link => link.Name));
        Assert.Equal(3, script.Sent.Select(Sequence).Distinct().Count());
    }

    [Fact]
    public void A_list_that_never_stands_still_is_given_up()
    {
        var script = new Script(request => [End(Sequence(request), flags: DumpInterrupted)]);
        NetlinkException error = Assert.Throws<NetlinkException>(() => new RouteNetlink(script).ListLinks());
        Assert.Equal((11, "RTM_GETLINK: EAGAIN: the list changed while it was read, 50 times in a row"), (error.Errno, error.Message));
        Assert.Equal(50, script.Sent.Count);
    }

    [Fact]
    public void A_refusal_has_operation_errno_and_the_kernels_words()
    {
        NetlinkException error = Assert.Throws<NetlinkException>(() =>
            Names(request => [Refusal(Sequence(request), 22, "Invalid values in header for link dump request.")]));
        Assert.Equal((22, "RTM_GETLINK: EINVAL: Invalid values in header for link dump request"), (error.Errno, error.Message));
    }

    [Fact]
    public void A_refusal_that_repeats_the_request_has_its_words_behind_it()
    {
        NetlinkException error = Assert.Throws<NetlinkException>(() => Names(request => [Refusal(Sequence(request), 1, "No", echo: new byte[24])]));
        Assert.Equal("RTM_GETLINK: EPERM: No", error.Message);
    }

    [Fact]
    public void A_refusal_without_words_has_those_of_the_c_library() => Assert.Equal(
        "RTM_GETLINK: EPERM: Operation not permitted", Assert.Throws<NetlinkException>(() => Names(request => [Refusal(Sequence(request), 1)])).Message);

    [Fact]
    public void A_list_whose_end_is_an_error_is_no_list()
    {
        byte[] words = [.. BitConverter.GetBytes(-12), .. BitConverter.GetBytes((ushort)13), 1, 0, .. "too long"u8, 0];
        NetlinkException error = Assert.Throws<NetlinkException>(() =>
            Names(request => [Link(request, GoldenLinks.Veth), Message(Done, Sequence(request), words, Multi | AckTlvs)]));
        Assert.Equal((12, "RTM_GETLINK: ENOMEM: too long"), (error.Errno, error.Message));
    }

    [Fact]
    public void Lost_answers_are_an_error() =>
        Assert.Equal(105, Assert.Throws<NetlinkException>(() => Names(request => [Message(Overrun, Sequence(request), new byte[16])])).Errno);

    [Fact]
    public void What_is_left_of_a_broken_list_is_no_part_of_the_next()
    {
        var script = new Script(
            request => [Refusal(Sequence(request), 12), Link(request, GoldenLinks.Loopback), End(Sequence(request))],
            request => [Link(request, GoldenLinks.Veth), End(Sequence(request))]);
        var kernel = new RouteNetlink(script);
        Assert.Throws<NetlinkException>(kernel.ListLinks);
        Assert.Equal(["eth0"], kernel.ListLinks().Select(link => link.Name));
    }

    [Fact]
    public void Routes_are_sorted_by_table_whatever_the_order_they_come_in()
    {
        var script = new Script(
            request => [Together(Route(request, 0), Route(request, 1), Route(request, 0)), End(Sequence(request))],
            request => [Route(request, 2), End(Sequence(request))]);
        Dictionary<TableId, List<Route>> tables = new RouteNetlink(script).ListRoutes();
        Assert.Equal([new TableId(Family.IPv4, 2001), new TableId(Family.IPv4, 2002), new TableId(Family.IPv6, 2003)], tables.Keys);
        Assert.Equal([2, 1, 1], tables.Values.Select(routes => routes.Count));
        Assert.Equal(["02", "0A"], script.Sent.Select(request => Convert.ToHexString(request, 16, 1)));
    }

    [Fact]
    public void Routes_read_before_the_list_changed_are_forgotten_and_those_of_the_other_family_are_not()
    {
        var script = new Script(
            request => [Route(request, 0), End(Sequence(request))],
            request => [Route(request, 2), End(Sequence(request), flags: DumpInterrupted)],
            request => [Route(request, 2), End(Sequence(request))]);
        Assert.Equal([1, 1], new RouteNetlink(script).ListRoutes().Values.Select(routes => routes.Count));
    }

    [Fact]
    public void A_route_that_stands_in_several_tables_is_kept_once()
    {
        string other = Golden.Routes[0].Bytes.Replace("d1070000", "d2070000", StringComparison.Ordinal);
        Route[] routes = Routes(Golden.Routes[0].Bytes, other);
        Assert.Equal(2, routes.Length);
        Assert.Same(routes[0], routes[1]);
    }

    [Fact]
    public void A_route_with_a_dead_hop_is_not_taken_for_one_that_never_had_it()
    {
        // ip route add 10.97.0.0/16 via 192.168.1.1 dev eth0 table 3001
        const string Whole = "02100000fc0300010000000008000f00b90b0000080001000a61000008000500c0a80101080004000a000000";
        Route[] routes = Routes(Whole, Golden.DeadHop);
        Assert.Equal(routes[0], routes[1]);
        Assert.Equal([false, true], routes.Select(route => route.HasDeadNexthops));
    }

    [Fact]
    public void Nexthop_objects_that_the_kernel_does_not_expand_are_asked_for()
    {
        string[] nexthops = [GoldenLinks.Nexthop, GoldenLinks.OnLinkNexthop, GoldenLinks.NexthopGroup];
        var script = new Script(
            request => [Part(NewRoute, Sequence(request), Golden.NexthopObjectUnexpanded), End(Sequence(request))],
            request => [End(Sequence(request))],
            request => [Together([.. nexthops.Select(bytes => Part(NewNexthop, Sequence(request), bytes))]), End(Sequence(request))]);
        Route route = new RouteNetlink(script).ListRoutes().Single().Value.Single();
        Assert.Equal((9u, "10 12"), (route.NexthopId, string.Join(' ', route.Nexthops.Select(hop => hop.Oif))));
    }

    [Fact]
    public void Rules_are_asked_for_a_family_at_a_time()
    {
        var script = new Script(request => [Part(NewRule, Sequence(request), Golden.Rules[1].Bytes), End(Sequence(request))]);
        Assert.Equal([Text.Prefix("fd01::/64")], new RouteNetlink(script).ListRules(Family.IPv6).Select(rule => rule.From));
        Assert.Equal("0A", Convert.ToHexString(script.Sent[0], 16, 1));
    }

    [Theory]
    [InlineData(95)]
    [InlineData(97)]
    public void A_kernel_without_policy_routing_is_named_and_one_without_ipv6_has_no_ipv6_rules(int errno)
    {
        NetlinkException error = Assert.Throws<NetlinkException>(() =>
            new RouteNetlink(new Script(request => [Refusal(Sequence(request), errno)])).ListRules(Family.IPv4));
        Assert.Equal(errno, error.Errno);
        Assert.EndsWith("this kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)", error.Message, StringComparison.Ordinal);
        Assert.Empty(new RouteNetlink(new Script(request => [Refusal(Sequence(request), errno)])).ListRules(Family.IPv6));
    }

    [Fact]
    public void Another_refusal_of_the_rules_stays_what_it_is_in_both_families() => Assert.All(
        new[] { Family.IPv4, Family.IPv6 },
        family => Assert.Equal(
            12,
            Assert.Throws<NetlinkException>(() => new RouteNetlink(new Script(request => [Refusal(Sequence(request), 12)])).ListRules(family)).Errno));

    private static IEnumerable<string> Names(Func<byte[], IEnumerable<byte[]>> answer) =>
        new RouteNetlink(new Script(answer)).ListLinks().Select(link => link.Name);

    private static byte[] Link(byte[] request, string bytes) => Part(NewLink, Sequence(request), bytes);

    private static Route[] Routes(params string[] bytes)
    {
        var script = new Script(
            request => [.. bytes.Select(route => Part(NewRoute, Sequence(request), route)), End(Sequence(request))], request => [End(Sequence(request))]);
        return [.. new RouteNetlink(script).ListRoutes().Values.SelectMany(routes => routes)];
    }

    private static byte[] Route(byte[] request, int golden) => Part(NewRoute, Sequence(request), Golden.Routes[golden].Bytes);
}
