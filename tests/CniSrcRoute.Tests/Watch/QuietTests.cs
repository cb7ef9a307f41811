using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>A good citizen: it sleeps when nothing happens, does not wake up for its own echoes, and ends when it is told to.</summary>
public sealed class QuietTests
{
    [KernelFact]
    public void Nobody_wakes_up_when_nothing_happens()
    {
        // A bridge would have something to tell for a while.
        using Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\n");
        using var watcher = Watcher.StartAnew(node);

        // Time itself is what is waited for here; new cards may still tell of themselves in the first seconds.
        for (int attempt = 1; ; attempt++)
        {
            watcher.AwaitQuiet();
            (int sleeps, TimeSpan used) = (watcher.Sleeps(), watcher.ProcessorTime());
            node.Sh("sleep 3");
            if ((sleeps, used) == (watcher.Sleeps(), watcher.ProcessorTime()))
            {
                return;
            }

            Assert.True(attempt < 4, $"{watcher.Sleeps() - sleeps} times awake in 3 seconds");
        }
    }

    [KernelFact]
    public void Its_own_copies_are_no_news_to_it()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        watcher.AwaitQuiet();
        int before = watcher.Sleeps();

        // Four rules and some twenty routes are written in answer to one event; a copy in two tables to the other.
        node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        Assert.StartsWith("followed ", watcher.Await("10.254.3.0/24"), StringComparison.Ordinal);
        watcher.AwaitQuiet();
        Assert.InRange(watcher.Sleeps() - before, 1, 2);

        before = watcher.Sleeps();
        node.Ip("rule del from 10.0.0.1 lookup 1001");
        Assert.StartsWith("repaired ", watcher.Await("10.0.0.1"), StringComparison.Ordinal);
        watcher.AwaitQuiet();
        Assert.InRange(watcher.Sleeps() - before, 1, 4);
        Assert.Empty(watcher.Settle());
    }

    [KernelFact]
    public void What_happens_in_other_tables_wakes_it_but_makes_no_work()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        Assert.Empty(watcher.Sees(string.Join('\n', Enumerable.Range(1, 50).Select(i => $"ip route add 198.51.100.{i} dev eth1 table 77"))));
        watcher.AssertTrue();
    }

    [KernelFact]
    public void A_port_of_a_bridge_that_changes_is_no_card_that_does()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        // A mount over flannel's directory is no event in it: only a reading of the node would find it.
        node.Sh("mount -t tmpfs unheard /run/flannel");
        Assert.Empty(watcher.Sees("bridge link set dev veth0 cost 7; bridge link set dev veth0 learning off; bridge link set dev veth0 learning on"));
        Assert.DoesNotContain(watcher.Sees("ip link set veth0 nomaster"), line => line.Contains("veth0 went away", StringComparison.Ordinal));
    }

    [KernelTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void It_ends_at_once_when_it_is_told_to_and_leaves_the_routes(string signal)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        string before = node.Snapshot();

        var clock = Stopwatch.StartNew();
        watcher.Signal(signal);
        node.Await($"! kill -0 {watcher.Pid} 2>/dev/null");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(before, node.Snapshot());
        Assert.DoesNotContain(watcher.Lines, line => line.StartsWith("failed ", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.Ordinal));
    }

    [KernelTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void As_the_first_process_of_a_container_it_ends_at_once_too(string signal)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, wrapper: ["unshare", "--pid", "--fork", "--mount-proc"]);
        var clock = Stopwatch.StartNew();
        node.Sh($"kill -{signal} $(pgrep -P {watcher.Pid})");
        node.Await($"! kill -0 {watcher.Pid} 2>/dev/null");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [KernelFact]
    public void It_is_known_by_its_own_name()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        Assert.Equal("srcroute\n", node.Sh($"cat /proc/{watcher.Pid}/comm"));
    }

    [KernelFact]
    public void A_minute_later_everything_is_verified_and_what_nobody_told_is_called_that()
    {
        using Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        using var watcher = Watcher.StartAnew(node);

        // A mount over flannel's directory is no event in it.
        node.Sh("mount -t tmpfs unheard /run/flannel");
        Assert.True(SpinWait.SpinUntil(() => watcher.Lines.Any(line => line.StartsWith("found ", StringComparison.Ordinal)), TimeSpan.FromSeconds(80)));
        Assert.StartsWith("found cause=\"verification: this should have been heard\" routes_removed=4", watcher.Await("found "), StringComparison.Ordinal);
    }
}
