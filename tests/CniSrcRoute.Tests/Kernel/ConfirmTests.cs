using CniSrcRoute.Tests.Contract;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Changes that are undone unless somebody confirms them, whatever becomes of their caller.</summary>
public sealed class ConfirmTests
{
    private const string GatewayOfEth1 = """{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""";

    // A caller on a terminal of its own; what is written to /run/keys is typed there.
    private const string OnTerminal = "mkfifo /run/keys; exec 3<>/run/keys; echo $$ >&2; exec socat - EXEC:'{0}',pty,setsid,ctty,echo=0 <&3";

    [KernelTheory]
    [InlineData("bootstrap")]
    [InlineData("sync")]
    public void Nobody_confirms_and_the_node_is_as_before_to_the_byte(string command)
    {
        using Node node = Dual();
        string before = State(node);

        Outcome outcome = node.Srcroute($"{command} --confirm 1");
        Assert.Equal(2, outcome.ExitStatus);
        Assert.Equal("", outcome.Error);
        Assert.Contains("rules added", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("srcroute confirm` within 1 seconds", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("undone: nobody confirmed it\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(before, State(node));
    }

    [KernelFact]
    public void Another_configuration_is_undone_to_the_byte()
    {
        using Node node = Dual();
        node.Srcroute("bootstrap").Quietly();
        string before = State(node);
        node.Configure(GatewayOfEth1);
        Assert.Equal(2, node.Srcroute("sync --confirm 1").ExitStatus);
        Assert.Equal(before, State(node));
    }

    [KernelFact]
    public void A_teardown_is_undone_to_the_byte()
    {
        using Node node = Dual();
        node.Configure(GatewayOfEth1);
        node.Srcroute("bootstrap").Quietly();
        string before = State(node);
        Assert.Equal(2, node.Srcroute("teardown --confirm 1").ExitStatus);
        Assert.Equal(before, State(node));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Another_session_confirms()
    {
        using Node node = Topology.TwoCards();
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);
        Assert.Equal("confirmed\n", node.Srcroute("confirm").Quietly().Output);
        Assert.EndsWith("\nconfirmed\n", caller.Finish().Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        Assert.Contains("no change waits for a confirmation", node.Srcroute("confirm").Refusal(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Enter_confirms()
    {
        using Node node = Topology.TwoCards();
        using Job terminal = Terminal(node, "bootstrap --confirm 600");
        AwaitChange(node);
        node.Sh("echo >/run/keys");
        AwaitEnd(node);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [StraceTheory]
    [InlineData("bootstrap --confirm 2")]
    public void What_was_typed_too_early_confirms_nothing(string command)
    {
        using Node node = Topology.TwoCards();
        string before = State(node);
        node.Sh("mkdir -p -m 700 /run/srcroute");

        // The change waits for the lock meanwhile.
        using Job holder = node.Start(["sh", "-c", "umask 077; exec flock /run/srcroute/lock sh -c 'echo held >&2; exec sleep infinity'"], awaited: "held");
        using Job terminal = node.Start(
            ["sh", "-euc", OnTerminal.Replace("{0}", $"strace -qq -e trace=read -o /run/reads {Requirements.Binary} {command}", StringComparison.Ordinal)], awaited: "\n");
        node.Await("pgrep -x exe");
        node.Sh("echo >/run/keys");
        node.Await("grep -F 'read(0, \"\\n\"' /run/reads");
        holder.Dispose();
        node.Await("test -e /run/srcroute/undone");
        AwaitEnd(node);
        Assert.Equal(before, State(node));
    }

    [KernelTheory]
    [InlineData("kill -KILL $(pgrep -x srcroute)")]
    [InlineData("kill -HUP $(pgrep -x srcroute)")]
    [InlineData("kill -INT $(pgrep -x srcroute)")]
    [InlineData("kill -KILL $(pgrep -o socat)")]
    public void The_end_of_the_caller_or_of_its_terminal_keeps_nobody_from_undoing(string end)
    {
        using Node node = Topology.TwoCards();
        string before = State(node);
        using Job terminal = Terminal(node, "bootstrap --confirm 10");
        AwaitChange(node);
        node.Sh(end);
        node.Await("! pgrep -xr D,R,S,T srcroute");
        AwaitEnd(node);
        Assert.Equal(before, State(node));
    }

    [KernelFact]
    public void Whose_caller_is_gone_is_confirmed_all_the_same()
    {
        using Node node = Topology.TwoCards();
        using Job terminal = Terminal(node, "bootstrap --confirm 600");
        AwaitChange(node);
        node.Sh("kill -KILL $(pgrep -o socat)");
        node.Await("! pgrep -r D,R,S,T socat");
        node.Srcroute("confirm").Quietly();
        AwaitEnd(node);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Told_to_end_it_undoes_at_once()
    {
        using Node node = Topology.TwoCards();
        string before = State(node);
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);
        node.Sh("kill -TERM $(pgrep -x exe)");
        Assert.Equal(2, caller.Finish().ExitStatus);
        Assert.Equal(before, State(node));
    }

    [KernelFact]
    public void A_stopped_terminal_holds_nothing_up()
    {
        using Node node = Topology.TwoCards();
        string before = State(node);
        using Job terminal = Terminal(node, "bootstrap --confirm 10");
        node.Await("pgrep -x exe");
        node.Sh("kill -STOP $(pgrep -o socat) $(pgrep -x srcroute)");
        node.Await("test -e /run/srcroute/undone");
        AwaitEnd(node);
        Assert.Equal(before, State(node));
    }

    [KernelTheory]
    [InlineData("sync")]
    [InlineData("bootstrap --confirm 5")]
    [InlineData("teardown")]
    [InlineData("adopt")]
    [InlineData("uninstall")]
    public void Beside_a_change_that_waits_no_other_is_made(string command)
    {
        using Node node = Topology.TwoCards();
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);
        string during = State(node);
        Outcome outcome = node.Srcroute(command);
        Assert.Equal(1, outcome.ExitStatus);
        Assert.Equal("srcroute: a change waits for its confirmation: keep it with `srcroute confirm`, or wait until it is undone\n", outcome.Error);
        Assert.Equal(during, State(node));
        node.Srcroute("confirm").Quietly();
    }

    [KernelFact]
    public void Status_tells_of_a_change_that_waits_and_of_one_that_was_undone()
    {
        using Node node = Topology.TwoCards();
        using (Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]))
        {
            AwaitChange(node);
            Assert.Matches("a change waits for its confirmation: `srcroute confirm` keeps it, otherwise it is undone at [0-9:]{8}\n", Told(node));
            node.Sh("kill -TERM $(pgrep -x exe)");
            caller.Finish();
        }

        Assert.Matches("a change was undone at [0-9:]{8}, since nobody confirmed it: `srcroute sync` makes it again\n", Told(node));
        node.Srcroute("sync").Succeeded();
        Assert.Equal("", Told(node));
    }

    [KernelTheory]
    [InlineData("confirm")]
    [InlineData("sync")]
    [InlineData("teardown")]
    public void Status_tells_that_nobody_is_left_to_undo_a_change_and_what_ends_that(string command)
    {
        using Node node = Topology.TwoCards();
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);
        node.Sh("kill -KILL $(pgrep -x exe)");
        Assert.Equal(137, caller.Finish().ExitStatus);
        Assert.Matches(
            "a change that was to be undone at [0-9:]{8} is still there without a confirmation, because the process that would undo it is gone: " +
            "`srcroute confirm` keeps it, `srcroute teardown` removes all that srcroute made\n",
            Told(node));
        using (var watcher = Watch.Watcher.Start(node))
        {
            Assert.Contains(watcher.Lines, line => line.Contains("is still there without a confirmation", StringComparison.Ordinal));
        }

        node.Await($"{Requirements.Binary} status --watcher | grep 'no watcher runs'");

        const string Replaced = "a change that was to be undone at [0-9:]{8} was not, because the process that would undo it is gone: this change takes its place";
        string said = node.Srcroute(command).Quietly().Output;
        Assert.Equal(command != "confirm", System.Text.RegularExpressions.Regex.IsMatch(said, Replaced));
        Assert.Equal("", Told(node));
        Assert.DoesNotMatch(Replaced, node.Srcroute("sync").Quietly().Output);
    }

    [KernelFact]
    public void The_guardian_is_the_last_to_go_when_memory_runs_out()
    {
        using Node node = Topology.TwoCards();
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);

        // A sandbox may let nobody ask for it.
        string asked = node.Sh("echo -1000 2>/dev/null >/proc/self/oom_score_adj || :; cat /proc/self/oom_score_adj");
        Assert.Equal(asked, node.Sh("cat /proc/$(pgrep -x exe)/oom_score_adj"));
        node.Srcroute("confirm").Quietly();
    }

    [KernelFact]
    public void One_whose_guardian_was_killed_stays_and_hinders_nobody()
    {
        using Node node = Topology.TwoCards();
        using Job caller = node.Start([Requirements.Binary, "bootstrap", "--confirm", "600"]);
        AwaitChange(node);
        node.Sh("kill -KILL $(pgrep -x exe)");
        Assert.Equal(137, caller.Finish().ExitStatus);
        Assert.EndsWith("\nnothing to do\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        node.Srcroute("teardown --confirm 1");
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Where_there_is_nothing_to_do_there_is_nothing_to_confirm()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        Assert.EndsWith("\nnothing to do\n", node.Srcroute("sync --confirm 600").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Beside_a_watcher_nothing_is_tried()
    {
        using Node node = Topology.TwoCards();
        using Watch.Watcher watcher = Watch.Watcher.Start(node);
        node.Configure(GatewayOfEth1);
        Assert.Contains("would repair what --confirm undoes; stop it first", node.Srcroute("sync --confirm 1").Error, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_pod_that_starts_meanwhile_is_reached_before_and_after_the_undoing()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        string before = node.Snapshot();
        node.Configure(GatewayOfEth1);
        using Job caller = node.Start([Requirements.Binary, "sync", "--confirm", "15"]);
        node.Await("ip route show table 1001 | grep 10.0.0.254");
        node.Sh("ip link add veth11 up type veth peer name pod11 netns lan; ip -n lan link set pod11 up; ip route add 10.254.1.5 dev veth11");
        string result = Calls.Result().Replace("cni0", "veth11", StringComparison.Ordinal);
        node.Call("ADD", Calls.Input(result)).AssertResult(result);
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));

        Assert.Equal(2, caller.Finish().ExitStatus);
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));
        node.Sh("ip link del veth11");
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void What_was_undone_no_pod_and_no_watcher_makes_anew_until_somebody_calls_for_it()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string before = State(node);
        Assert.Equal(2, node.Srcroute("bootstrap --confirm 1").ExitStatus);

        Outcome add = node.Call("ADD", Calls.Input(Calls.Result()));
        add.AssertResult(Calls.Result());
        Assert.Contains("since nobody confirmed it", add.Error, StringComparison.Ordinal);
        using Watch.Watcher watcher = Watch.Watcher.Start(node);
        Assert.Contains(watcher.Lines, line => line.Contains("since nobody confirmed it", StringComparison.Ordinal));

        // The route by which it is seen that the watcher follows.
        node.Sh("ip route del throw 10.254.255.1");
        Assert.Equal(before, State(node));

        node.Srcroute("sync").Succeeded();
        watcher.AssertTrue();
        node.Await($"{Requirements.Binary} status --watcher");
    }

    [KernelTheory]
    [InlineData("bootstrap --confirm 0")]
    [InlineData("sync --confirm -1")]
    [InlineData("teardown --confirm soon")]
    [InlineData("install --confirm 86401")]
    public void Bad_seconds_are_named(string arguments)
    {
        using Node node = Topology.TwoCards();
        string[] words = arguments.Split(' ');
        Assert.Equal($"srcroute: {words[0]}: --confirm needs a number of seconds from 1 to 86400, not {words[2]}\n", node.Srcroute(arguments).Refusal());
    }

    private static Node Dual()
    {
        Node node = Topology.TwoCardsDual().WithFlannel();

        // The sysctl is ours to set then; and what others have stays among ours.
        node.Sh("""
            echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter
            echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
            ip rule add from 10.9.9.9 lookup 99 priority 500
            ip route add 10.9.0.0/16 dev eth1 table 99
            nft add table inet others
            """);
        return node;
    }

    /// <summary>All that a change may touch.</summary>
    private static string State(Node node) => node.Snapshot() + node.Sh("""
        nft list ruleset
        sysctl net.ipv4.conf.all.src_valid_mark
        find /etc/iproute2 | sort
        find /etc/iproute2 -type f -exec cat {} +
        """);

    /// <summary>The lines of `status` about changes that wait, or did.</summary>
    private static string Told(Node node) => node.Sh($"{Requirements.Binary} status | grep 'a change ' || :");

    private static Job Terminal(Node node, string command) =>
        node.Start(["sh", "-euc", OnTerminal.Replace("{0}", $"{Requirements.Binary} {command}", StringComparison.Ordinal)], awaited: "\n");

    private static void AwaitChange(Node node) => node.Await("test -e /run/srcroute/pending && ip rule | grep -q srcroute && nft list table inet srcroute");

    // A guardian runs by the name of /proc/self/exe. Nobody in here takes note of the end of a process whose parent is gone.
    private static void AwaitEnd(Node node) => node.Await("! pgrep -xr D,R,S,T exe");
}
