using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>`srcroute explain`, beside what the kernel itself does.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly Node _node = new();

    public ExplainTests()
    {
        _node.AddCard("eth0", "192.168.1.100/24", "fd01::1/64");
        _node.AddCard("eth1", "10.0.0.1/24", "fd02::1/64");
        _node.Sh("ip route add default via 192.168.1.1; ip -6 route add default via fd01::fe");
    }

    public void Dispose() => _node.Dispose();

    [KernelTheory]
    [InlineData("10.0.0.100", "192.168.1.100")]
    [InlineData("fd02::100", "fd01::1")]
    public void The_wrong_card_is_told_before_anything_is_installed_and_the_cure_cures(string client, string address)
    {
        JsonElement before = Explain($"{client} {address}", exitStatus: 2);
        Assert.Equal(("eth0", "eth1", false), (Text(before, "requestCard"), Card(before), before.GetProperty("sameCard").GetBoolean()));
        Assert.Contains("leaves by eth1", Text(before, "cause"), StringComparison.Ordinal);
        Assert.Contains("dev eth1", _node.Way(client, address), StringComparison.Ordinal);

        Cure(before);

        JsonElement after = Explain($"{client} {address}", exitStatus: 0);
        Assert.Equal(("eth0", "eth0", true), (Text(after, "requestCard"), Card(after), after.GetProperty("sameCard").GetBoolean()));
        Assert.Contains("dev eth0", Way(after), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("{ }", "10.0.0.100")]
    [InlineData("""{ "marks": false }""", "8.8.8.8")]
    public void Somebody_elses_rule_that_refuses_the_answer_is_named_and_the_cure_cures(string config, string client)
    {
        _node.Configure(config);
        _node.Srcroute("bootstrap").Succeeded();
        _node.Sh("ip rule add prohibit from 192.168.1.100 priority 40");
        JsonElement refused = Explain($"{client} 192.168.1.100", exitStatus: 2);
        Assert.Contains("says prohibit", Text(refused, "cause"), StringComparison.Ordinal);
        Assert.Equal("other", Text(refused.GetProperty("steps").EnumerateArray().Last(), "owner"));

        Cure(refused);
        Assert.Contains("dev eth0", Way(Explain($"{client} 192.168.1.100", exitStatus: 0)), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_rule_reads_as_ip_shows_it_here_and_in_warnings()
    {
        _node.Configure("""{ "marks": false }""");
        _node.Srcroute("bootstrap").Succeeded();
        _node.Ip("""
            rule add pref 90 not from all to 10.0.0.0/8 tos 0x10 fwmark 0x1/0xff iif eth0 oif eth1 uidrange 3-5 ipproto tcp sport 5 dport 80-90 tun_id 7 lookup default
            rule add pref 91 from 10.9.9.9 fwmark 7 ipproto icmp lookup 77 suppress_prefixlength 0 suppress_ifgroup 5
            rule add pref 92 to 10.9.9.9 ipproto udp dport 53 realms 3/4 goto 93
            rule add pref 93 from 10.9.9.9 nop
            rule add pref 94 from 10.9.9.9 prohibit
            rule add pref 95 from 10.0.0.1 lookup local
            rule add pref 96 from 10.0.0.1 lookup main
            """);
        string[] shown = [.. _node.Sh("ip rule").Split('\n').Where(line => line.StartsWith('9')).Select(line => line.Replace(":\t", " ", StringComparison.Ordinal))];
        IEnumerable<JsonElement> steps = Explain("8.8.8.8 10.0.0.1", exitStatus: 2).GetProperty("steps").EnumerateArray();
        Assert.Equal(shown, steps.Select(step => $"{step.GetProperty("priority")} {Text(step, "rule")}").Where(line => line.StartsWith('9')));

        // As many as there are: that one is for the same source as the other makes them no one finding.
        string status = _node.Srcroute("status").Output;
        Assert.Contains("somebody else's rule 95 \"from 10.0.0.1 lookup local\" is for the same source", status, StringComparison.Ordinal);
        Assert.Contains("somebody else's rule 96 \"from 10.0.0.1 lookup main\" is for the same source", status, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_card_whose_router_nobody_knows_gets_the_line_that_names_it()
    {
        _node.Srcroute("bootstrap").Succeeded();
        string cure = Text(Explain("8.8.8.8 10.0.0.1:80", exitStatus: 2), "cure");
        Assert.StartsWith("\"sources\": [{ \"address\": \"10.0.0.1\", \"gateway\": \"ROUTER\" }] in /etc/srcroute/config.json", cure, StringComparison.Ordinal);

        _node.Configure($"{{ {cure[..cure.IndexOf(" in ", StringComparison.Ordinal)].Replace("ROUTER", "10.0.0.254", StringComparison.Ordinal)} }}");
        _node.Srcroute("sync").Succeeded();
        Explain("8.8.8.8 10.0.0.1:80", exitStatus: 0);
        Assert.Contains("via 10.0.0.254 dev eth1", _node.Way("8.8.8.8", "10.0.0.1"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void The_picture_shows_both_ways_and_no_name_reaches_the_terminal_as_it_is()
    {
        _node.Sh("ip link set eth1 down; ip link set eth1 name \"$(printf 'e\\033[2J')\"; ip link set \"$(printf 'e\\033[2J')\" up");
        Outcome outcome = _node.Srcroute("explain 10.0.0.100 192.168.1.100:22");
        Assert.Equal(2, outcome.ExitStatus);
        Assert.DoesNotContain('\e', outcome.Output);
        Assert.Contains("10.0.0.100 -- router 192.168.1.1 --> eth0 (a guess) --", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("10.0.0.100 <-- the link -- e\\u001b[2J --", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("cure: srcroute bootstrap", outcome.Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("10.0.0.100", "192.168.1.100", true)]
    [InlineData("192.168.1.77", "10.0.0.1", true)]
    [InlineData("10.0.0.100", "10.0.0.1", false)]
    [InlineData("192.0.2.7", "10.0.0.1", false)]
    public void By_which_card_a_neighbour_of_another_cards_link_asks_is_a_guess(string client, string address, bool isGuess) =>
        Assert.Contains($"\"requestCardIsGuess\": {(isGuess ? "true" : "false")}", _node.Srcroute($"explain {client} {address} -o json").Output, StringComparison.Ordinal);

    [KernelTheory]
    [InlineData("explain", "needs a client's address and, optionally, an address of the node")]
    [InlineData("explain 1.2.3", "1.2.3 is not an address")]
    [InlineData("explain 1.2.3.4 9.9.9.9", "no card has 9.9.9.9")]
    [InlineData("explain 1.2.3.4 fd01::1", "1.2.3.4 cannot ask fd01::1: one is IPv4, the other IPv6")]
    [InlineData("explain 1.2.3.4 10.0.0.1:0", "0 is not a port")]
    [InlineData("explain 1.2.3.4 --proto sctp", "--proto must be tcp or udp, not sctp")]
    public void A_wrong_question_is_refused_in_a_sentence(string question, string why) =>
        Assert.Equal($"srcroute: explain: {why}\n", _node.Srcroute(question).Refusal());

    private JsonElement Explain(string question, int exitStatus)
    {
        Outcome outcome = _node.Srcroute($"explain {question} -o json");
        Assert.Equal((exitStatus, ""), (outcome.ExitStatus, outcome.Error));
        return JsonDocument.Parse(outcome.Output).RootElement[0];
    }

    private void Cure(JsonElement explained) => _node.Sh(Text(explained, "cure").Replace("srcroute ", $"{Requirements.Binary} ", StringComparison.Ordinal));

    /// <summary>Where the kernel itself sends the answer, with the mark it is said to have.</summary>
    private string Way(JsonElement explained) => _node.Sh(
        $"ip route get {Text(explained, "client")} from {Text(explained, "address")} mark {explained.GetProperty("answerMark")}");

    private static string Text(JsonElement element, string key) => element.GetProperty(key).GetString()!;

    private static string Card(JsonElement explained) => Assert.Single(explained.GetProperty("answerCards").EnumerateArray()).GetString()!;
}
