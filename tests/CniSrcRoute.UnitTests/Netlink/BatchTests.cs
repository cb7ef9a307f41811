using System.Globalization;
using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;
using static CniSrcRoute.UnitTests.Netlink.Script;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Many steps in one datagram, and which of them the kernel refused.</summary>
public class BatchTests
{
    private const ushort NewRoute = 24, DelRoute = 25, NewRule = 32, DelRule = 33;
    private const ushort Request = 1, Ack = 4, Replace = 0x100, Exclusive = 0x200, Create = 0x400;

    private static readonly TableId Table = new(Family.IPv4, 1000);

    [Fact]
    public void Each_kind_of_step_has_its_type_and_flags_and_the_last_alone_asks_for_an_answer()
    {
        var rule = new Rule { Family = Family.IPv4, From = Text.Prefix("10.0.0.1"), Table = 1000, Priority = 30000, Protocol = 206 };
        var script = new Script(Agree);
        Assert.Empty(new RouteNetlink(script).Apply(
        [
            Change(ChangeKind.Add, 1), Change(ChangeKind.Replace, 2), Change(ChangeKind.Remove, 3), new RuleChange(ChangeKind.Add, rule),
            new RuleChange(ChangeKind.Remove, rule),
        ]));
        Assert.Equal(
            [
                (NewRoute, (ushort)(Request | Create | Exclusive)),
                (NewRoute, (ushort)(Request | Create | Replace)),
                (DelRoute, Request),
                (NewRule, (ushort)(Request | Create)),
                (DelRule, (ushort)(Request | Ack)),
            ],
            Messages(script.Sent.Single()).Select(message => (message.Type, message.Flags)));
    }

    [Fact]
    public void No_steps_are_no_conversation()
    {
        var script = new Script();
        Assert.Empty(new RouteNetlink(script).Apply([]));
        Assert.Empty(script.Sent);
    }

    [Fact]
    public void Refusals_in_the_middle_belong_to_their_steps_and_the_others_are_done()
    {
        List<NetlinkError> errors = new RouteNetlink(
            new Script(request => Answer(request, (1, 17, "File exists"), (3, 101, "Nexthop has invalid gateway.")))).Apply(Adds(5));
        Assert.Equal([new NetlinkError(1, 17, "File exists"), new NetlinkError(3, 101, "Nexthop has invalid gateway.")], errors);
        Assert.Equal("ENETUNREACH: Nexthop has invalid gateway", errors[1].ToString());
    }

    [Fact]
    public void A_refusal_of_the_last_step_ends_the_conversation_too()
    {
        NetlinkError error = new RouteNetlink(new Script(request => [Refusal(Messages(request)[^1].Sequence, 100)])).Apply(Adds(3)).Single();
        Assert.Equal((2, 100, null, "ENETDOWN: Network is down"), (error.Index, error.Errno, error.Words, error.ToString()));
    }

    [Fact]
    public void Refusals_that_come_in_one_datagram_are_all_heard() => Assert.Equal(
        [0, 2],
        new RouteNetlink(new Script(request => [Together([.. Answer(request, (0, 17, null), (2, 22, "x"))])])).Apply(Adds(4)).Select(error => error.Index));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(19)]
    public void Removing_what_is_gone_is_no_refusal(int errno)
    {
        Change[] changes = [Change(ChangeKind.Remove, 1), Change(ChangeKind.Remove, 2)];
        Assert.Empty(new RouteNetlink(new Script(request => Messages(request).Select(message => Refusal(message.Sequence, errno)))).Apply(changes));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(19)]
    public void Making_what_has_no_place_is_a_refusal(int errno) => Assert.Equal(
        [errno], new RouteNetlink(new Script(request => [Refusal(Sequence(request), errno)])).Apply(Adds(1)).Select(error => error.Errno));

    [Fact]
    public void A_removal_that_the_kernel_forbids_is_a_refusal() => Assert.Equal(
        [1], new RouteNetlink(new Script(request => [Refusal(Sequence(request), 1)])).Apply([Change(ChangeKind.Remove, 1)]).Select(error => error.Errno));

    [Fact]
    public void Answers_to_other_requests_and_notifications_are_passed_over() => Assert.Equal(
        [1],
        new RouteNetlink(new Script(request =>
        [
            Refusal(0, 22), Refusal(Sequence(request) - 1, 22), Refusal(Sequence(request) + 3, 22),
            Message(NewRoute, Messages(request)[^1].Sequence, new byte[12]), .. Answer(request, (1, 17, null)),
        ])).Apply(Adds(3)).Select(error => error.Index));

    [Fact]
    public void More_steps_than_one_datagram_holds_go_in_several_and_keep_their_places()
    {
        var script = new Script(request => Answer(request, (0, 17, null), (Messages(request).Count - 2, 22, "x")));
        Change[] changes = Adds(5000);
        List<NetlinkError> errors = new RouteNetlink(script).Apply(changes);
        int[] sizes = [.. script.Sent.Select(datagram => Messages(datagram).Count)];
        Assert.True(sizes.Length > 1);
        Assert.Equal(5000, sizes.Sum());
        Assert.Equal(sizes.SelectMany((size, i) => (int[])[sizes[..i].Sum(), sizes[..i].Sum() + size - 2]), errors.Select(error => error.Index));
        Assert.Equal(
            changes.Cast<RouteChange>().Select(change => change.Route),
            script.Sent.SelectMany(Messages).Select(message => RouteDecodingTests.Decode(Convert.ToHexString(message.Payload))));
        Assert.Equal(5000, script.Sent.SelectMany(Messages).Select(message => message.Sequence).Distinct().Count());
    }

    [Fact]
    public void Long_steps_that_fill_the_buffer_are_sent_whole()
    {
        Route wide = Text.Route("10.0.0.0/8 scope global", _ => 0) with
        {
            Nexthops = [.. Enumerable.Range(1, 200).Select(i => new Nexthop { Oif = i, Gateway = Text.Address("10.0.0.1") })],
        };
        Change[] changes = [.. Enumerable.Range(0, 200).Select(i => new RouteChange(ChangeKind.Add, Table, wide with { Metric = (uint)i }))];
        var script = new Script(Agree);
        Assert.Empty(new RouteNetlink(script).Apply(changes));
        Assert.True(script.Sent.Count > 1);
        Assert.Equal(
            Enumerable.Range(0, 200),
            script.Sent.SelectMany(Messages).Select(message => (int)RouteDecodingTests.Decode(Convert.ToHexString(message.Payload)).Metric));
    }

    [Fact]
    public void Lost_answers_end_the_conversation_with_an_error()
    {
        var script = new Script(_ => throw new NetlinkException("netlink receive", 105));
        Assert.Equal(
            "netlink receive: ENOBUFS: No buffer space available",
            Assert.Throws<NetlinkException>(() => new RouteNetlink(script).Apply(Adds(1))).Message);
    }

    [Fact]
    public void An_errno_without_a_name_has_its_number() => Assert.StartsWith("errno 71: ", NetlinkError.Describe(71, null), StringComparison.Ordinal);

    private static IEnumerable<byte[]> Agree(byte[] request) => Answer(request);

    /// <summary>The refusals of some steps, and the acknowledgement that the last one asked for.</summary>
    private static IEnumerable<byte[]> Answer(byte[] request, params (int Step, int Errno, string? Words)[] refusals)
    {
        List<(ushort Type, ushort Flags, uint Sequence, byte[] Payload)> messages = Messages(request);
        Assert.Equal(messages.Count - 1, messages.FindIndex(message => (message.Flags & Ack) != 0));
        return [.. refusals.Select(refusal => Refusal(messages[refusal.Step].Sequence, refusal.Errno, refusal.Words)), Refusal(messages[^1].Sequence, 0)];
    }

    private static Change[] Adds(int count) => [.. Enumerable.Range(1, count).Select(i => Change(ChangeKind.Add, i))];

    private static RouteChange Change(ChangeKind kind, int number) =>
        new(kind, Table, Text.Route(string.Create(CultureInfo.InvariantCulture, $"10.{number / 256}.{number % 256}.0/24 dev x proto srcroute"), _ => 5));
}
