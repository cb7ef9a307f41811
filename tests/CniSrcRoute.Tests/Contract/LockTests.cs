using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>The lock, held by somebody else.</summary>
public sealed class LockTests
{
    [KernelFact]
    public void Who_must_write_gives_up_in_bounded_time_and_who_only_looks_does_not_wait()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        using Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held");
        string before = node.Snapshot();
        string input = Calls.Input(Calls.Result(version: "1.1.0"), "1.1.0");

        // Beside each of those that only look there is one that waits, and waits on when they have looked.
        foreach (string verb in (string[])["DEL", "CHECK", "STATUS"])
        {
            AssertLooks(() => node.Call(verb, input).Quietly().AssertSilent());
        }

        AssertLooks(() => Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output));
        AssertLooks(() => Assert.StartsWith("healthy", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal));

        var clock = Stopwatch.StartNew();
        using Job add = node.StartCall("ADD", input);
        using Job gc = node.StartCall("GC", input);
        foreach (Job waiting in (Job[])[add, gc])
        {
            Assert.Contains("lock", waiting.Finish().AssertRefused(11).Message, StringComparison.Ordinal);
        }

        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(5), "given up too early");
        Assert.Equal(before, node.Snapshot());

        void AssertLooks(Action look)
        {
            using Job waiting = node.StartCall("ADD", input);
            node.Await("grep -e '->' /proc/locks");
            look();
            Assert.True(waiting.IsRunning);
        }
    }

    [KernelFact]
    public void Who_waits_is_served_in_turn()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        using Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held");
        using Job add = node.StartCall("ADD", Calls.Input(Calls.Result()));
        node.Await("[ $(grep -c -e '->' /proc/locks) = 1 ]");
        using Job next = node.Start(["flock", "/run/srcroute/lock", "sleep", "infinity"]);
        node.Await("[ $(grep -c -e '->' /proc/locks) = 2 ]");

        holder.Dispose();
        add.Finish().Quietly().AssertResult(Calls.Result());
        Assert.True(next.IsRunning);
    }

    [KernelFact]
    public void A_lock_whose_holder_was_killed_is_free()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        using Job holder = node.Start(
            ["flock", "-o", "/run/srcroute/lock", "sh", "-c", "echo held $PPID >/run/holder; echo held >&2; exec sleep infinity"], awaited: "held");
        using Job add = node.StartCall("ADD", Calls.Input(Calls.Result()));
        Assert.True(add.IsRunning);

        node.Sh("read -r _ holder </run/holder; kill -KILL $holder");
        add.Finish().Quietly().AssertResult(Calls.Result());
    }
}
