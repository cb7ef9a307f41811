using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says of a request, beside the packets that answer it.</summary>
public sealed class ExplainPacketTests
{
    private const int Wildcard = 5300;

    /// <summary>Ports by which the node itself, its pod, and the other node's answer, handed on in every way.</summary>
    private static readonly int[] Ports =
    [
        Wildcard, Published.ByHostPort, Published.Local, Published.Cluster, Published.Elsewhere, Published.HostNetwork, Published.HostNetworkLocal, Published.HostNetworkElsewhere,
    ];

    /// <summary>Whether by IPv6, whether with us, and somebody else's rule ahead of all.</summary>
    public static TheoryData<bool, bool, string> Stages
    {
        get
        {
            TheoryData<bool, bool, string> stages = [];
            foreach (bool ipv6 in (bool[])[false, true])
            {
                stages.Add(ipv6, false, "");
                stages.Add(ipv6, true, "");
                stages.Add(ipv6, true, "from all lookup main");
                stages.Add(ipv6, true, $"from {(ipv6 ? Neighbourhood.Office6 : Neighbourhood.Office4)} lookup 77");
                stages.Add(ipv6, false, "iif lo ipproto udp lookup 77");
            }

            return stages;
        }
    }

    [KernelTheory]
    [MemberData(nameof(Stages))]
    public async Task The_cards_that_are_told_are_those_of_the_packets(bool ipv6, bool withUs, string rule)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        if (rule.Length > 0)
        {
            string ip = ipv6 ? "ip -6" : "ip";
            place.Node.Sh($"{ip} route add default via {(ipv6 ? "2001:db8:2::2" : "10.0.0.254")} table 77; {ip} rule add {rule} pref 100");
        }

        // Where others' rules break it, a port of each kind tells.
        int[] ports = rule.Length == 0 ? Ports : [Wildcard, Published.ByHostPort, Published.HostNetworkLocal];

        // Addresses on no card come in by the card of the router that has them.
        (Flow Flow, int Port)[] all =
        [
            .. from flow in Flow.Of(ipv6) from port in ports select (flow, port),
            .. from flow in Flow.External(ipv6) from port in (int[])[Published.External, Published.ExternalLocal] select (flow, port),
        ];
        await AssertToldAsync(place, [.. all.Select(one => (one.Flow.From, one.Flow.To, one.Port, one.Flow.Way.Split(' ')[0], IsNamed: one.Port is Published.External or Published.ExternalLocal))]);
    }

    // Of who asks by another card than that of the address it is not known before, and with --card, or by a connection that is marked, it is.
    [KernelTheory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task A_request_by_another_card_than_that_of_its_address_is_told_right(bool withUs, bool isNamed)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Sh($"ip -n client route add {Neighbourhood.Office4} via {Neighbourhood.Dmz4}; ip -n client route add {Neighbourhood.Office6} via {Neighbourhood.Dmz6}");
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        await AssertToldAsync(
            place, [.. from to in (string[])[Neighbourhood.Office4, Neighbourhood.Office6] from port in (int[])[Wildcard, Published.Local] select ("client", to, port, "eth1", isNamed)]);
    }

    /// <summary>Asks, by TCP and UDP, and has explain tell of it while the connection is tracked, as it is when somebody wants to know.</summary>
    private static async Task AssertToldAsync(Neighbourhood place, (string From, string To, int Port, string Card, bool IsNamed)[] requests)
    {
        // What is tracked is to be known until the last question.
        place.Node.Sh("for time in /proc/sys/net/netfilter/nf_conntrack_*timeout*; do echo 3600 >$time; done");
        var asked = (from request in requests
                     from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
                     select (Request: request, Protocol: protocol, Client: place.Open(request.From, request.To, request.Port, protocol))).ToList();

        // A stateful router drops answers that come by another way, and they have left the node all the same.
        await Task.WhenAll(asked.Select(one => one.Client.AskAsync(TimeSpan.FromSeconds(2))));
        Packet[] sent = place.Sent();
        string[] answers = Explain(place.Node, [.. asked.Select(one => Question(one.Request.From, one.Request.To, one.Request.Port, one.Protocol, one.Request.IsNamed ? one.Request.Card : ""))]);
        List<string> seen = [], told = [];
        foreach (((string from, string to, int port, string card, bool _), ProtocolType protocol, Client client) in asked)
        {
            string what = $"{from} -> {to}:{port} {protocol}";
            string[] cards = [.. Neighbourhood.WaysTo(client, sent).Select(way => way.Split(' ')[0]).Distinct()];
            seen.Add($"{what}: {card}, {string.Join(" or ", cards)}, {cards.All(one => one == card)}");
            string answer = answers[told.Count];
            bool isUnsure = answer.Contains("\"certain\": false", StringComparison.Ordinal);

            // What is told as uncertain may be otherwise, and that is a server without an address where a rule is for one.
            Assert.True(!isUnsure || (port, protocol) == (Wildcard, ProtocolType.Udp), what);
            told.Add(isUnsure ? seen[^1] : $"{what}: {Told(answer)}");
            client.Dispose();
        }

        Assert.Equal(seen, told);
    }

    private static string Question(string from, string to, int port, ProtocolType protocol, string card)
    {
        bool is6 = to.Contains(':', StringComparison.Ordinal);
        string client = from switch
        {
            "client" => is6 ? "2001:db8:2::100" : "10.0.0.100",
            "node2" => is6 ? "2001:db8:1::101" : "192.168.1.101",
            _ => is6 ? "2001:db8:9::7" : "203.0.113.7",
        };
        return $"{client} {(is6 ? $"[{to}]" : to)}:{port} --proto {(protocol == ProtocolType.Udp ? "udp" : "tcp")} -o json{(card.Length > 0 ? $" --card {card}" : "")}";
    }

    /// <summary>What is answered to each of many questions.</summary>
    private static string[] Explain(Node node, string[] questions) =>
        node.Sh(string.Concat(questions.Select(question => $"{Requirements.Binary} explain {question} 2>&1 || :; echo ===\n"))).Split("===\n")[..^1];

    private static string Told(string answer)
    {
        if (!answer.StartsWith('['))
        {
            return answer;
        }

        JsonElement explained = JsonDocument.Parse(answer).RootElement[0];
        return $"{explained.GetProperty("requestCard")}, {string.Join(" or ", explained.GetProperty("answerCards").EnumerateArray().Select(card => card.GetString()))}, " +
            $"{explained.GetProperty("sameCard").GetBoolean()}";
    }
}
