using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>`srcroute observe` beside real packets.</summary>
public sealed class ObserveTests
{
    private static readonly TimeSpan InVain = TimeSpan.FromSeconds(1.5);

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_us_what_is_answered_by_another_card_is_listed_with_its_router_and_with_us_nothing_is(bool ipv6)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        (Observer observer, Client[] clients) = await Asked(place, ipv6);
        JsonElement before = observer.Report(exitStatus: 2);
        Assert.Equal(clients.Length, before.GetProperty("requests").GetInt32());
        string router = ipv6 ? "fe80::ff:fe00:fe" : "10.0.0.254";
        Assert.Equal(
            Flow.Of(ipv6).Where(flow => flow.Way[..4] != flow.UsualWay[..4]).SelectMany(flow => ((string[])["tcp", "udp"]).Select(protocol =>
                $"{protocol} to {flow.To} in by {flow.Way[..4]}{(flow.Way.EndsWith("fe", StringComparison.Ordinal) ? $" through {router} 02:00:00:00:00:fe" : flow.Way.EndsWith("01", StringComparison.Ordinal) ? $" through {(ipv6 ? "2001:db8:1::1" : "192.168.1.1")} 02:00:00:00:00:01" : "")} out by {flow.UsualWay[..4]}")).Order(),
            Lines(before, "answeredByOtherCard").Order());
        Assert.Empty(Lines(before, "unanswered"));
        Array.ForEach(clients, client => client.Dispose());

        place.Node.Srcroute("bootstrap").Quietly();
        (observer, clients) = await Asked(place, ipv6);
        JsonElement after = observer.Report(exitStatus: 0);
        Assert.Equal((clients.Length, clients.Length), (after.GetProperty("requests").GetInt32(), after.GetProperty("answeredBySameCard").GetInt32()));
        Array.ForEach(clients, client => client.Dispose());
    }

    [KernelFact]
    public async Task What_nobody_answers_is_listed_and_a_refusal_is_an_answer()
    {
        using var place = new Neighbourhood();
        place.Node.Sh("nft 'add table inet wall; add chain inet wall input { type filter hook input priority 0; }; add rule inet wall input th dport 7777 drop'");
        using var observer = new Observer(place.Node);
        using Client lost = place.Open("client", Neighbourhood.Dmz4, 7777), datagram = place.Open("client", Neighbourhood.Dmz4, 7777, ProtocolType.Udp);
        using Client refused = place.Open("client", Neighbourhood.Dmz4, 7778);
        Assert.All(await Task.WhenAll(lost.AskAsync(InVain), datagram.AskAsync(InVain), refused.AskAsync(InVain)), Assert.Null);

        // It may have come to read of them just now: from then on it waits for answers.
        place.Node.Await("[ $(ss -H0p | awk '/srcroute/ { print $3 }') = 0 ]");
        Assert.Null(await datagram.AskAsync(InVain));
        JsonElement report = observer.Report(exitStatus: 0);
        Assert.Equal(["tcp to 10.0.0.1 in by eth1", "udp to 10.0.0.1 in by eth1"], Lines(report, "unanswered").Order());
        Assert.Equal(1, report.GetProperty("answeredBySameCard").GetInt32());
    }

    [KernelFact]
    public async Task What_the_node_asks_itself_is_no_request()
    {
        using var place = new Neighbourhood();
        using var server = new EchoServer("far", place.Node.Network("far"), 5353);
        using var observer = new Observer(place.Node);
        using var tcp = new Client(place.Node.Network(), "203.0.113.7", 5353);
        using var udp = new Client(place.Node.Network(), "203.0.113.7", 5353, ProtocolType.Udp);
        Assert.All(await Task.WhenAll(tcp.AskAsync(), udp.AskAsync()), Assert.NotNull);
        Assert.Equal(0, observer.Report(exitStatus: 0).GetProperty("requests").GetInt32());
    }

    // node2 asks by the dmz, and main answers by the office.
    [KernelTheory]
    [InlineData(Neighbourhood.Dmz4)]
    [InlineData(Neighbourhood.Dmz6)]
    public async Task An_icmp_error_is_the_answer_of_a_datagram_that_is_refused(string address)
    {
        using var place = new Neighbourhood();
        using var observer = new Observer(place.Node);
        using Client right = place.Open("client", address, 7778, ProtocolType.Udp), wrong = place.Open("node2", address, 7778, ProtocolType.Udp);
        Assert.All(await Task.WhenAll(right.AskAsync(InVain), wrong.AskAsync(InVain)), Assert.Null);
        JsonElement report = observer.Report(exitStatus: 2);
        Assert.Equal(["udp to " + address + " in by eth1"], Lines(report, "answeredByOtherCard").Select(line => line.Split(" through ")[0]));
        Assert.EndsWith(" out by eth0", Lines(report, "answeredByOtherCard").Single(), StringComparison.Ordinal);
        Assert.Empty(Lines(report, "unanswered"));
        Assert.Equal((2, 1), (report.GetProperty("requests").GetInt32(), report.GetProperty("answeredBySameCard").GetInt32()));
    }

    // mDNS and NetBIOS, answered to the port that has asked.
    [KernelTheory]
    [InlineData("UDP4-DATAGRAM:224.0.0.251:5353,bind=10.0.0.1:5353,ip-multicast-if=10.0.0.1", "UDP4-SENDTO:10.0.0.1:5353,sourceport=5353")]
    [InlineData("UDP4-DATAGRAM:10.0.0.255:137,bind=10.0.0.1:137,broadcast", "UDP4-SENDTO:10.0.0.1:137,sourceport=137")]
    [InlineData("UDP6-DATAGRAM:[ff02::fb%eth1]:5353,bind=[2001:db8:2::1]:5353", "UDP6-SENDTO:[2001:db8:2::1]:5353,sourceport=5353")]
    public void What_many_are_asked_and_one_answers_is_no_request(string question, string answer)
    {
        using var place = new Neighbourhood();
        foreach (bool hasAsked in (bool[])[false, true])
        {
            using var observer = new Observer(place.Node);
            if (hasAsked)
            {
                place.Node.Sh($"echo question | socat -u - {question}");
            }

            // It has read one before the other comes: only so many are read at once.
            place.Node.Sh($"until [ $(ss -H0p | awk '/srcroute/ {{ print $3 }}') = 0 ]; do :; done; echo answer | ip netns exec client socat -u - {answer}");
            place.Node.Sh("until [ $(ss -H0p | awk '/srcroute/ { print $3 }') = 0 ]; do :; done");
            Assert.Equal(hasAsked ? 0 : 1, observer.Report().GetProperty("requests").GetInt32());
        }
    }

    [KernelFact]
    public async Task A_question_to_many_is_no_request_and_what_one_link_says_is_not_what_another_says()
    {
        const int Port = 40007;
        using var place = new Neighbourhood();
        using var server = new EchoServer("link", place.Node.Network(), 5353);
        place.Node.Sh("""
            for place in client node2; do ip -n $place address add fe80::abc/64 dev eth0 nodad; done
            for number in 0 1; do ip address add fe80::a$number/64 dev eth$number nodad; done
            """);
        using var observer = new Observer(place.Node);
        foreach ((string from, string own, string address) in ((string, string, string)[])[("client", "10.0.0.100", "fe80::a1"), ("node2", "192.168.1.101", "fe80::a0")])
        {
            place.Node.Sh($"echo question | ip netns exec {from} socat -u - UDP4-DATAGRAM:224.0.0.251:5353,bind={own}:5353,ip-multicast-if={own}");
            string card = place.Node.Sh($"ip -n {from} -o link show eth0 | cut -d: -f1").Trim();
            using Client client = place.Open(from, $"{address}%{card}", 5353, ProtocolType.Udp, $"fe80::abc%{card}", Port);
            Assert.NotNull(await client.AskAsync());
        }

        JsonElement report = observer.Report(exitStatus: 0);
        Assert.Equal((2, 2), (report.GetProperty("requests").GetInt32(), report.GetProperty("answeredBySameCard").GetInt32()));
    }

    [KernelTheory]
    [InlineData("10.0.0.1", "10.0.0.254", "10.0.0.254")]
    [InlineData("2001:db8:2::1", "2001:db8:2::2", "fe80::ff:fe00:fe")]
    public async Task A_router_that_no_table_knows_is_named_with_the_line_that_repairs_it(string address, string router, string knownAs)
    {
        using var place = new Neighbourhood();
        place.Node.Ip($"route del default via {router}");
        place.Node.Srcroute("bootstrap").Succeeded();
        using var observer = new Observer(place.Node);
        using Client client = place.Open("far", address, Neighbourhood.HostPort);

        // By the other card, and to the same router.
        Assert.NotNull(await client.AskAsync());
        Assert.Equal(["eth0 01"], place.WaysTo(client));
        JsonElement unknown = Assert.Single(observer.Report(exitStatus: 2).GetProperty("unknownRouters").EnumerateArray());
        Assert.Equal(
            ("eth1", knownAs, "02:00:00:00:00:fe"),
            (unknown.GetProperty("card").GetString(), unknown.GetProperty("router").GetString(), unknown.GetProperty("hardwareAddress").GetString()));

        // The line, as it is shown.
        place.Node.Configure($"{{ {unknown.GetProperty("line").GetString()} }}");
        place.Node.Srcroute("sync").Succeeded();
        using Client again = place.Open("far", address, Neighbourhood.HostPort);
        Assert.NotNull(await again.AskAsync());
        Assert.Equal(["eth1 fe"], place.WaysTo(again));
    }

    [KernelFact]
    public async Task People_are_told_the_same()
    {
        using var place = new Neighbourhood();
        using var observer = new Observer(place.Node, "");
        using Client client = place.Open("node2", Neighbourhood.Dmz4, Neighbourhood.HostPort);
        Assert.Null(await client.AskAsync(TimeSpan.FromSeconds(0.5)));
        _ = place.AwaitWaysTo(client);
        string text = observer.End("INT").Output;
        Assert.Contains("s on eth0, eth1: 1 requests came in, 0 were answered by the card they came in by, 1 by another, 0 by none\n", text, StringComparison.Ordinal);
        Assert.Contains(
            $"  tcp 192.168.1.101:{client.Port} -> 10.0.0.1:9080 came in by eth1 through 10.0.0.254 (02:00:00:00:00:fe), was answered by eth0\n",
            text,
            StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("observe 0", "a number of seconds from 1 to 86400 is needed, not 0")]
    [InlineData("observe soon", "a number of seconds from 1 to 86400 is needed, not soon")]
    [InlineData("observe 1 2", "a number of seconds from 1 to 86400 is needed, not 1 2")]
    [InlineData("observe 1", "this node has no card that leads outside")]
    public void What_cannot_be_done_is_said(string arguments, string sentence)
    {
        using Node node = new();
        Assert.Contains(sentence, node.Srcroute(arguments).Refusal(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Without_the_privilege_it_says_which_it_needs()
    {
        using Node node = Topology.TwoCards();
        Outcome outcome = node.Start(["setpriv", "--bounding-set=-net_raw", Requirements.Binary, "observe", "1"]).Finish();
        Assert.Contains("needs the capability CAP_NET_RAW", outcome.Refusal(), StringComparison.Ordinal);
    }

    private static async Task<(Observer Observer, Client[] Clients)> Asked(Neighbourhood place, bool ipv6)
    {
        var observer = new Observer(place.Node);
        Client[] clients =
        [
            .. from flow in Flow.Of(ipv6)
               from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
               select place.Open(flow.From, flow.To, Published.Local, protocol),
        ];
        Task<string?[]> asked = Task.WhenAll(clients.Select(client => client.AskAsync(InVain)));
        Assert.True(
            SpinWait.SpinUntil(() => place.Sent() is var sent && clients.All(client => Neighbourhood.WaysTo(client, sent).Length > 0), Job.Patience),
            "not all were answered");
        await asked;
        return (observer, clients);
    }

    private static IEnumerable<string> Lines(JsonElement report, string key) => report.GetProperty(key).EnumerateArray().Select(one =>
        $"{one.GetProperty("protocol")} to {one.GetProperty("address")} in by {one.GetProperty("requestCard")}" +
        (one.GetProperty("routerHardwareAddress").GetString() is { } hardware ? $" through {one.GetProperty("router")} {hardware}" : "") +
        (one.GetProperty("answerCard").GetString() is { } answer ? $" out by {answer}" : ""));
}
