using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What reaches a terminal: colours where they help, and no byte that somebody else chose as a command to it.</summary>
public sealed partial class TerminalTests
{
    private const string OddCard = """
        card=$(printf 'e\033[31mx\007"\\')
        ip link add name "$card" type veth peer name odd netns lan
        ip -n lan link set odd up
        ip link set dev "$card" up
        ip addr add 10.77.0.1/24 dev "$card"
        """;

    [KernelFact]
    public void A_cards_name_commands_no_terminal_and_JSON_stays_valid()
    {
        using Node node = Topology.TwoCards();
        node.Sh(OddCard);
        foreach (string command in (string[])["sync --dry-run", "bootstrap", "status", "adopt --dry-run", "observe 1", "status -o json", "explain 10.9.9.9", "explain 10.9.9.9 -o json", "observe 1 -o json", "report /run/report", "teardown --dry-run"])
        {
            Outcome outcome = node.Srcroute(command);
            Assert.DoesNotMatch(Control(), outcome.Output);
            Assert.DoesNotMatch(Control(), outcome.Error);
        }

        JsonElement report = JsonDocument.Parse(node.Srcroute("status -o json").Output).RootElement;
        Assert.Contains("e\e[31mx\a\"\\", report.GetProperty("sources").EnumerateArray().Select(source => source.GetProperty("card").GetString()));
    }

    [KernelFact]
    public void A_processs_name_commands_no_terminal_and_makes_no_line()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Write("/run/server", "#!/bin/sh\nprintf '\\033[2Jok\\nz' >/proc/$$/comm\necho named >&2\nwhile :; do sleep 1000; done\n", "755");
        using Job server = node.Start(["socat", "UDP-RECV:8053", "EXEC:/run/server,nofork"], awaited: "named");
        string status = node.Srcroute("status").Output;
        Assert.Contains("port 8053 (\\u001b[2Jok\\u000az, process ", status, StringComparison.Ordinal);
        Assert.DoesNotMatch(Control(), status);
    }

    [KernelTheory]
    [InlineData("10.9.9.9 iif '$(>pwned)'")]
    [InlineData("10.9.9.9 oif '`>pwned`'")]
    [InlineData("10.9.9.9 iif \"$(printf '\\033;x')\"")]
    public void The_plan_can_be_run_by_a_shell_whatever_a_rules_card_is_called(string selectors)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"ip rule add from {selectors} lookup 4242 priority 20000 protocol 206");
        RunPlan(node);
        Assert.DoesNotContain("4242", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal("", node.Sh("ls /run/shell"));
    }

    [KernelFact]
    public void The_plan_can_be_run_by_a_shell_where_nft_cannot_write_a_cards_name()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh(OddCard);
        RunPlan(node);
        Assert.Contains("from 10.77.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        node.Srcroute("sync").Quietly();
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_terminal_gets_colour_and_a_pipe_a_dumb_terminal_or_NO_COLOR_none()
    {
        using Node node = Topology.TwoCards();
        Assert.Contains("\e[32m+ ip route add", OnTerminal(node, "sync --dry-run"), StringComparison.Ordinal);
        Assert.Contains("+  another card\e[0m", OnTerminal(node, "explain 10.0.0.100 192.168.1.100"), StringComparison.Ordinal);
        Assert.Contains("\e[31msrcroute: unknown command", OnTerminal(node, "statsu"), StringComparison.Ordinal);
        node.Srcroute("bootstrap").Quietly();
        Assert.StartsWith("\e[32mhealthy\e[0m", OnTerminal(node, "status"), StringComparison.Ordinal);
        string explained = OnTerminal(node, "explain 10.0.0.100 192.168.1.100");
        Assert.Contains("\e[32m  10.0.0.100 <-- ", explained, StringComparison.Ordinal);
        Assert.Contains("+  the same card\e[0m", explained, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u001b", explained, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', OnTerminal(node, "status -o json"));
        Assert.DoesNotContain('\e', OnTerminal(node, "status", "NO_COLOR=1"));
        Assert.DoesNotContain('\e', OnTerminal(node, "status", "TERM=dumb"));
        Assert.DoesNotContain('\e', node.Srcroute("status").Output);
    }

    [KernelFact]
    public void Sentences_end_at_the_terminals_edge_and_what_is_to_be_pasted_stays_in_one_piece()
    {
        using Node node = Topology.TwoCards();
        string asInPipe = node.Srcroute("status").Output;
        Assert.Contains(asInPipe.Split('\n'), line => line.Length > 80);
        Assert.Equal(asInPipe, OnTerminal(node, "status", "NO_COLOR=1 COLUMNS=4000").Replace("\r", "", StringComparison.Ordinal));
        string[] plan = asInPipe.Split('\n', StringSplitOptions.TrimEntries)[..];
        string[] lines = OnTerminal(node, "status", "NO_COLOR=1 COLUMNS=80").Replace("\r", "", StringComparison.Ordinal).Split('\n');
        Assert.All(plan.Where(line => line.StartsWith("+ ", StringComparison.Ordinal)), step => Assert.Contains("  " + step, lines));
        Assert.All(lines.Where(line => line.Length > 80), line => Assert.StartsWith("  + ", line, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("\"gateway\": \"ROUTER\"", StringComparison.Ordinal));

        // Nothing but the table's column of names is left out.
        Assert.Equal(["NAME", "src-192.168.1.100", "src-10.0.0.1"], Words(asInPipe).Except(Words(string.Join(' ', lines))));
        string why = OnTerminal(node, "explain 10.0.0.100 192.168.1.100", "NO_COLOR=1 COLUMNS=60").Replace("\r", "", StringComparison.Ordinal);
        Assert.Contains("\nwhy: ", why, StringComparison.Ordinal);
        Assert.Matches("\nwhy: [^\n]{20,56}\n  [^ ]", why);
        Assert.Contains(why.Split('\n'), line => line.StartsWith("cure: ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void Rules_with_many_selectors_are_explained_within_the_terminal()
    {
        using Node node = Topology.TwoCards();
        node.Ip("""
            rule add pref 90 not from all to 10.0.0.0/8 tos 0x10 fwmark 0x1/0xff iif eth0 oif eth1 uidrange 3-5 ipproto tcp sport 5 dport 80-90 lookup default
            rule add pref 91 from 192.168.1.100 to 203.0.113.0/24 suppress_prefixlength 0 lookup main
            """);
        const string Question = "explain 203.0.113.7 192.168.1.100";
        string asInPipe = node.Srcroute(Question).Output;
        string wrapped = OnTerminal(node, Question, "NO_COLOR=1 COLUMNS=80").Replace("\r", "", StringComparison.Ordinal);
        Assert.Contains(asInPipe.Split('\n'), line => line.Length > 80);
        Assert.All(wrapped.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal(asInPipe.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries), wrapped.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

        // The numbers of rules stand alone in their column, and so do their owners.
        Assert.Matches("\n     90  other     not from all to [^\n]*\n {19}[^ ]", wrapped);
    }

    private static IEnumerable<string> Words(string text) => text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct();

    private static void RunPlan(Node node)
    {
        string plan = node.Srcroute("sync --dry-run").Output;
        string script = PlanSign().Replace(NamesLine().Replace(plan, ""), "");
        node.Start(["sh", "-euc", "mkdir -p /run/shell; cd /run/shell; exec sh -eu"], script).Finish().Quietly();
    }

    // What it writes on a terminal of its own. socat does not read on when a command has failed.
    private static string OnTerminal(Node node, string command, string variable = "A=b")
    {
        node.Write("/run/ask", $"#!/bin/sh\n{variable} {Requirements.Binary} {command} || true\n", "755");
        return node.Sh("socat -u -t 5 EXEC:/run/ask,pty,stderr -");
    }

    [GeneratedRegex(@"[\x00-\x08\x0b-\x1f\x7f-\x9f]")]
    private static partial Regex Control();

    [GeneratedRegex("^[-+~] names .*\n", RegexOptions.Multiline)]
    private static partial Regex NamesLine();

    [GeneratedRegex("^[-+~] ", RegexOptions.Multiline)]
    private static partial Regex PlanSign();
}
