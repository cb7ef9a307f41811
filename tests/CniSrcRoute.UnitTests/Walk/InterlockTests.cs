using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Walk;
using Xunit;

namespace CniSrcRoute.UnitTests.Walk;

/// <summary>Which connections a first plan takes off their way.</summary>
public sealed class InterlockTests
{
    private const string WithoutMarks = """{ "marks": false }""";

    private const uint Answered = 1 << 1, Translated = 1 << 5;

    [Theory]
    [InlineData("10.0.0.1", "203.0.113.7")]
    [InlineData("fd02::1", "2001:db8::7")]
    public void What_a_program_has_bound_to_a_source_by_itself_is_the_nodes_own_and_changes_its_way(string from, string to)
    {
        Diversion found = Assert.Single(Find(Open(from, to)));
        Assert.Equal((true, 2, 3), (found.IsOwn, found.Before.Hops[0].Oif, found.After.Hops[0].Oif));
    }

    [Theory]
    [InlineData("203.0.113.7", "10.0.0.1")]
    [InlineData("2001:db8::7", "fd02::1")]
    public void A_reply_from_a_source_that_left_by_another_card_is_no_request_of_the_nodes(string from, string to)
    {
        Diversion found = Assert.Single(Find(Open(from, to), WithoutMarks));
        Assert.Equal((false, 2, 3), (found.IsOwn, found.Before.Hops[0].Oif, found.After.Hops[0].Oif));

        // With marks it gets the one that main is asked by.
        Assert.Empty(Find(Open(from, to)));
    }

    [Theory]
    [InlineData("192.168.1.100", "203.0.113.7", "203.0.113.7")]
    [InlineData("192.168.1.100", "10.0.0.7", "10.0.0.7")]
    [InlineData("10.0.0.1", "192.168.1.7", "192.168.1.7")]
    [InlineData("192.168.1.100", "10.96.0.1", "10.0.0.7")]
    [InlineData("192.168.1.100", "10.96.0.1", "10.244.33.2")]
    [InlineData("10.0.0.1", "10.96.0.1", "203.0.113.7")]
    [InlineData("192.168.1.100", "10.0.0.1", "10.0.0.1")]
    [InlineData("10.244.7.2", "203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7", "10.0.0.1", "10.244.7.2")]
    [InlineData("fd01::1", "2001:db8::7", "2001:db8::7")]
    [InlineData("fe80::1", "fe80::2", "fe80::2")]
    public void Everything_else_keeps_its_way(string from, string to, string translatedTo) =>
        Assert.Empty(Find(Open(from, to, translatedTo)));

    [Fact]
    public void A_service_is_followed_to_its_endpoint()
    {
        // Without marks nothing tells what the node has opened from what it answers.
        Connection toService = Open("10.0.0.1", "10.96.0.1", "203.0.113.7");
        Assert.True(Assert.Single(Find(toService, WithoutMarks)).IsOwn);
        Assert.Empty(Find(Open("10.0.0.1", "203.0.113.7", "192.168.1.7"), WithoutMarks));
    }

    [Fact]
    public void A_mark_that_others_have_given_a_connection_in_our_bits_would_lead_its_replies_alone()
    {
        uint mark = Node().Source("10.0.0.1").Mark;
        Connection toPod = Open("203.0.113.7", "10.0.0.1", "10.244.7.2");
        Diversion found = Assert.Single(Find(toPod with { Mark = mark }));
        Assert.Equal((false, 2, 3), (found.IsOwn, found.Before.Hops[0].Oif, found.After.Hops[0].Oif));
        Assert.Empty(Find(toPod with { Mark = mark << 16 }));
        Assert.Empty(Find(Open("192.168.1.100", "203.0.113.7") with { Mark = mark }));
    }

    [Fact]
    public void Whose_socket_is_bound_to_a_card_keeps_to_it()
    {
        Connection own = Open("10.0.0.1", "203.0.113.7"), reply = Open("203.0.113.7", "10.0.0.1");
        ConnectionSocket client = new(6, own.OpenedBy, own.OpenedFromPort, own.OpenedTo, own.Port, Card: 2, Mark: 0, User: 0);
        ConnectionSocket server = new(6, reply.OpenedTo, reply.Port, reply.OpenedBy, reply.OpenedFromPort, Card: 2, Mark: 0, User: 0);
        Assert.Equal(2, Find([own, reply], WithoutMarks).Count);
        Assert.Empty(Find([own, reply], WithoutMarks, client, server));
        Assert.Equal(2, Find([own, reply], WithoutMarks, client with { Card = 0 }, server with { LocalPort = 1 }).Count);
    }

    [Fact]
    public void A_mark_that_a_program_gives_its_socket_in_our_bits_would_lead_its_requests()
    {
        Connection own = Open("192.168.1.100", "203.0.113.7");
        ConnectionSocket client = new(6, own.OpenedBy, own.OpenedFromPort, own.OpenedTo, own.Port, Card: 0, Node().Source("10.0.0.1").Mark, User: 0);
        Diversion found = Assert.Single(Find([own], "{}", client));
        Assert.Equal((true, 2, 3), (found.IsOwn, found.Before.Hops[0].Oif, found.After.Hops[0].Oif));
        Assert.Empty(Find([own], "{}", client with { Mark = client.Mark << 16 }));
        Assert.Empty(Find([own]));
    }

    [Theory]
    [InlineData("10.0.0.1", "203.0.113.7")]
    [InlineData("", "")]
    [InlineData("10.0.0.1", "")]
    public void A_user_for_whom_somebody_has_a_rule_goes_by_it_before_and_after(string local, string remote)
    {
        Connection own = Open("10.0.0.1", "203.0.113.7") with { Protocol = 17 };
        ConnectionSocket client = new(17, AddressOf(local), own.OpenedFromPort, AddressOf(remote), (ushort)(remote.Length == 0 ? 0 : own.Port), Card: 0, Mark: 0, User: 1000);
        Node node = Node(new Rule
        {
            // ip rule add uidrange 1000-1000 lookup main priority 100: FRA_UID_RANGE.
            Family = Family.IPv4,
            Table = TableId.Main,
            Priority = 100,
            Selectors = new OpaqueBytes([12, 0, 20, 0, 0xe8, 3, 0, 0, 0xe8, 3, 0, 0]),
        });
        List<Diversion> Of(ConnectionSocket socket) => Interlock.Find(node.State, node.Derive(), node.Plan(), [own], [socket]);
        Assert.Empty(Of(client));
        Assert.Single(Of(client with { User = 1001 }));
    }

    [Fact]
    public void Connections_that_a_rule_tells_apart_by_their_ports_alone_are_told_apart()
    {
        Connection kept = Open("10.0.0.1", "203.0.113.7"), moved = kept with { Port = 444, AnsweringPort = 444 };
        Node node = Node(new Rule
        {
            // ip rule add dport 443 lookup main priority 100: FRA_DPORT_RANGE.
            Family = Family.IPv4,
            Table = TableId.Main,
            Priority = 100,
            Selectors = new OpaqueBytes([8, 0, 24, 0, 0xbb, 1, 0xbb, 1]),
        });
        Assert.Equal([moved], Interlock.Find(node.State, node.Derive(), node.Plan(), [kept, moved, kept], []).Select(diversion => diversion.Connection));
    }

    [Fact]
    public void A_connection_is_not_taken_for_one_that_is_marked_translated_or_of_a_socket_on_a_card()
    {
        uint mark = Node().Source("10.0.0.1").Mark;
        Connection toPod = Open("203.0.113.7", "10.0.0.1", "10.244.7.2"), own = Open("10.0.0.1", "203.0.113.7");
        ConnectionSocket bound = new(6, own.OpenedBy, own.OpenedFromPort, own.OpenedTo, own.Port, Card: 2, Mark: 0, User: 0);
        Assert.Equal([mark], Find([toPod, toPod with { Mark = mark }]).Select(diversion => diversion.Connection.Mark));
        Assert.Equal([40001], Find([own, own with { OpenedFromPort = 40001 }], "{}", bound).Select(diversion => (int)diversion.Connection.OpenedFromPort));
    }

    [Fact]
    public void What_is_not_established_has_no_way()
    {
        Connection open = Open("10.0.0.1", "203.0.113.7");
        Assert.NotEmpty(Find(open));
        Assert.Empty(Find(open with { Status = 0 }));
        Assert.Empty(Find(open with { HasEnded = true }));
        Assert.Empty(Find(open with { Protocol = 1 }));
    }

    [Fact]
    public void Own_requests_and_replies_are_told_apart_with_the_cure_and_not_without_end()
    {
        Connection own = Open("10.0.0.1", "203.0.113.7");
        List<Connection> all = [Open("203.0.113.9", "10.0.0.1")];
        for (ushort port = 1; port <= 7; port++)
        {
            all.Add(own with { OpenedFromPort = port });
        }

        List<Finding> findings = DiversionRemarks.Of(Find([.. all], WithoutMarks), Node().State);
        Assert.Equal(
            [(Severity.Warning, "own-connection-diverted", "10.0.0.1"), (Severity.Note, "reply-diverted", "")],
            findings.Select(finding => (finding.Severity, finding.Code, finding.Subject)));
        Assert.Equal(
            "7 connections that the node has opened leave by another card with srcroute's rules than without: " +
            "tcp 10.0.0.1:1 to 203.0.113.7:443 by eth1, not eth0, tcp 10.0.0.1:2 to 203.0.113.7:443 by eth1, not eth0, " +
            "tcp 10.0.0.1:3 to 203.0.113.7:443 by eth1, not eth0, tcp 10.0.0.1:4 to 203.0.113.7:443 by eth1, not eth0, " +
            "tcp 10.0.0.1:5 to 203.0.113.7:443 by eth1, not eth0, and 2 more",
            findings[0].Sentence);
        Assert.Equal(
            "the replies of 1 connection leave by another card with srcroute's rules than without: tcp 203.0.113.9:40000 to 10.0.0.1:443 by eth1, not eth0",
            findings[1].Sentence);
        Assert.Empty(Find(own, $"{{ {findings[0].Cure} }}"));
    }

    private static IpAddress AddressOf(string text) => text.Length == 0 ? default : Text.Address(text);

    private static Node Node(params Rule[] ahead)
    {
        Node node = Nodes.Node.WithPods()
            .Address("eth0", "fd01::1/64")
            .Address("eth1", "fd02::1/64")
            .Main("default via 10.0.0.254 dev eth1 metric 100")
            .Main("fd01::/64 dev eth0 proto kernel metric 256")
            .Main("fd02::/64 dev eth1 proto kernel metric 256")
            .Main("default via fd01::fe dev eth0 metric 1024")
            .Main("default via fd02::fe dev eth1 metric 2048");
        foreach (Rule rule in ahead)
        {
            node = node.Rule(rule);
        }

        return node
            .Rule(new Rule { Family = Family.IPv4, Table = TableId.Main, Priority = Rule.MainPriority })
            .Rule(new Rule { Family = Family.IPv6, Table = TableId.Main, Priority = Rule.MainPriority });
    }

    private static List<Diversion> Find(Connection connection, string config = "{}") => Find([connection], config);

    private static List<Diversion> Find(IReadOnlyList<Connection> connections, string config = "{}", params ConnectionSocket[] sockets)
    {
        Node node = Node();
        return Interlock.Find(node.State, node.Derive(config), node.Plan(config), connections, sockets);
    }

    private static Connection Open(string from, string to, string? translatedTo = null) => new(
        6, Text.Address(from), 40000, Text.Address(to), 443, Text.Address(translatedTo ?? to), 443, Answered | (translatedTo is null || translatedTo == to ? 0 : Translated), 0);
}
