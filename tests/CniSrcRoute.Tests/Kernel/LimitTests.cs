using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Surroundings that give too little: it works, or says in one sentence what it cannot do; health is claimed where it was seen alone.</summary>
public sealed class LimitTests
{
    [KernelTheory]
    [InlineData("bootstrap")]
    [InlineData("sync")]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("teardown")]
    public void With_few_descriptors_it_works_or_says_so(string command)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        for (int limit = 4; limit <= 16; limit++)
        {
            Outcome outcome = node.Start(["timeout", "--signal=KILL", "2", "prlimit", $"--nofile={limit}", Requirements.Binary, command]).Finish();
            AssertWorkedOrSaid(outcome, $"{command} with {limit} descriptors");
        }
    }

    [KernelTheory]
    [InlineData("status")]
    [InlineData("bootstrap")]
    public void With_little_memory_it_works_or_says_so_and_never_claims_health(string command)
    {
        using Node node = Topology.TwoCards();
        foreach (int mebibytes in (int[])[4, 8, 12, 16, 32])
        {
            Outcome outcome = node.Start(["prlimit", $"--data={mebibytes << 20}", Requirements.Binary, command]).Finish();

            // Without memory for its heap the runtime ends before the first line of the program: 255, and no word.
            if (outcome is not { ExitStatus: 255, Output: "" } || mebibytes >= 32)
            {
                AssertWorkedOrSaid(outcome, $"{command} in {mebibytes} MiB");
            }
        }
    }

    [KernelFact]
    public void Without_inodes_it_says_what_it_cannot_make()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("mkdir /run/srcroute; mount -t tmpfs -o nr_inodes=1,mode=700 full /run/srcroute");
        string before = node.Snapshot();
        Assert.Equal("srcroute: /run/srcroute/lock: No space left on device\n", node.Srcroute("bootstrap").Refusal());
        Assert.Equal("srcroute: /run/srcroute/watch.lock: No space left on device\n", node.Srcroute("watch").Refusal());
        Assert.Contains("No space left on device", node.Call("ADD", Calls.Input(Calls.Result())).AssertRefused(5).Message, StringComparison.Ordinal);
        node.Call("DEL", Calls.Input(Calls.Result())).Quietly().AssertSilent();
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void Names_that_have_no_inode_cost_no_source_its_rule()
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkdir -p /etc/iproute2/rt_tables.d; mount -t tmpfs -o nr_inodes=1,mode=755 full /etc/iproute2/rt_tables.d");
        Assert.Contains("No space left on device", node.Srcroute("bootstrap").Succeeded().Error, StringComparison.Ordinal);
        Assert.Contains("from 10.0.0.1 iif lo lookup", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Where_nothing_can_be_written_it_says_so_and_looks_all_the_same()
    {
        using Node node = Topology.TwoCards();
        node.Sh("mount -o remount,bind,ro /run 2>/dev/null || mount -o remount,ro /run");
        Assert.Contains("/run/srcroute", node.Srcroute("bootstrap").Refusal(), StringComparison.Ordinal);
        Assert.Contains("Read-only file system", node.Srcroute("watch").Refusal(), StringComparison.Ordinal);
        Assert.StartsWith("not set up yet", node.Srcroute("status").Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("/etc/srcroute/config.json", "sync")]
    [InlineData("/run/x.conflist", "conflist add /run/x.conflist")]
    public void A_file_that_would_take_an_hour_to_read_is_refused(string file, string command)
    {
        using Node node = Topology.TwoCards();
        node.Sh($"truncate -s 7T {file}");
        string refusal = node.Start(["prlimit", $"--data={128 << 20}", Requirements.Binary, .. command.Split(' ')]).Finish().Refusal();
        Assert.Equal($"srcroute: {file}: longer than 4 MiB\n", refusal);
    }

    [KernelTheory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    [InlineData("-5")]
    [InlineData("soon")]
    public void A_watchdogs_time_that_is_none_keeps_nobody_busy(string microseconds)
    {
        using Node node = Topology.TwoCards();
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string>
        {
            ["NOTIFY_SOCKET"] = "@nobody-listens",
            ["WATCHDOG_USEC"] = microseconds,
            ["WATCHDOG_PID"] = microseconds == "1" ? "1" : "",
        });
        _ = watcher.Settle();
        int before = watcher.Sleeps();
        node.Sh("sleep 1");
        Assert.True(watcher.Sleeps() - before < 20, "it wakes up all the time");
        Assert.True(watcher.IsRunning);
    }

    [KernelTheory]
    [InlineData("relative/path")]
    [InlineData("/run/fifo")]
    [InlineData("/run/file")]
    [InlineData("/nowhere/at/all")]
    [InlineData("/run/stream")]
    [InlineData("@")]
    public void A_service_managers_socket_that_is_none_keeps_nobody_from_work(string socket)
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkfifo /run/fifo; touch /run/file");
        using Job stream = node.Start(["socat", "UNIX-LISTEN:/run/stream", "-"]);
        node.Await("test -S /run/stream");
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = socket });
        node.Await("ip rule | grep -F 'from 10.0.0.1 '");
        node.Sh("ip rule del from 10.0.0.1");
        Assert.StartsWith("repaired ", watcher.Await("somebody else removed rule"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("1 hour ago")]
    [InlineData("1 hour")]
    public void Where_the_clock_jumped_health_is_not_claimed_until_it_has_looked_again(string jump)
    {
        using Node node = Topology.TwoCards();
        using var watcher = Watcher.StartAnew(node);
        Assert.Equal(0, node.Srcroute("status --watcher").ExitStatus);

        // What the clock's jump by as much the other way makes of the last verification.
        node.Sh($"touch -d '{jump}' /run/srcroute/watch.lock");
        Outcome status = node.Srcroute("status --watcher");
        Assert.NotEqual(0, status.ExitStatus);
        Assert.Contains("has not verified the node in the last 3 minutes", status.Output + status.Error, StringComparison.Ordinal);
        watcher.Signal("HUP");
        node.Await($"{Requirements.Binary} status --watcher");
    }

    [KernelFact]
    public void What_happened_while_the_machine_was_asleep_is_repaired_when_it_wakes_up()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.StartAnew(node);
        watcher.Signal("STOP");
        node.Ip("rule del from 10.0.0.1\nroute flush table 1000\naddress add 10.0.0.2/24 dev eth1\nroute add 10.254.77.0/24 dev cni0");
        watcher.Signal("CONT");
        node.Await("ip rule | grep -F 'from 10.0.0.2 ' && ip rule | grep -F 'from 10.0.0.1 '");
        watcher.AssertTrue();
    }

    [KernelFact]
    public void The_service_manager_hears_that_it_fails_and_that_it_does_not_any_more()
    {
        using Node node = Topology.TwoCards();
        using Job manager = node.Start(["socat", "-u", "UNIX-RECV:/run/notify", "CREATE:/run/told"]);
        node.Await("test -S /run/notify");
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "/run/notify" });
        using (Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held"))
        {
            node.Ip("rule del from 10.0.0.1");
            node.Await("tail -n 2 /run/told | grep '^STATUS=failing: /run/srcroute/lock: another srcroute'");
        }

        node.Await("tail -n 2 /run/told | grep -x 'STATUS=2 of 2 sources served'");
    }

    private static void AssertWorkedOrSaid(Outcome outcome, string what)
    {
        // 137: killed by timeout(1), so it was at work.
        bool worked = outcome.ExitStatus is 0 or 2 or 137;
        bool said = outcome.ExitStatus == 1 && outcome.Error.Trim().Split('\n')[^1].StartsWith("srcroute: ", StringComparison.Ordinal);
        Assert.True(worked || said, $"{what}: exit status {outcome.ExitStatus}\n{outcome.Output}{outcome.Error}");
        Assert.True(worked || !outcome.Output.StartsWith("healthy", StringComparison.Ordinal), what);
    }
}
