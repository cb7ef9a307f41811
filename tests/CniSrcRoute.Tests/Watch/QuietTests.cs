using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>A good citizen: it sleeps when nothing happens, does not wake up for its own echoes, and ends when it is told to.</summary>
public sealed class QuietTests
{
    // A mount over flannel's directory is no event in it: only a reading of the node finds it.
    private const string HideNetworks = "mount -t tmpfs unheard /run/flannel";

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

            Assert.True(attempt < 15, $"{watcher.Sleeps() - sleeps} times awake in 3 seconds");
        }
    }

    [KernelFact]
    public void Its_own_copies_are_no_news_to_it()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        // Four rules and some twenty routes are written in answer to one event; a copy in two tables to the other.
        AssertWakes(watcher, 2, attempt =>
        {
            node.Ip($"route add 10.254.3.{attempt} via 10.254.2.0 dev flannel.1 onlink");
            Assert.StartsWith("followed ", watcher.Await($"10.254.3.{attempt} "), StringComparison.Ordinal);
        });
        AssertWakes(watcher, 4, _ =>
        {
            node.Ip("rule del from 10.0.0.1 lookup 1001");
            Assert.StartsWith("repaired ", watcher.Await("10.0.0.1"), StringComparison.Ordinal);
        });
        Assert.Empty(watcher.Settle());

        // Now and then it also sleeps for a moment because somebody else on the machine has a lock of the kernel's.
        static void AssertWakes(Watcher watcher, int most, Action<int> change)
        {
            const int Attempts = 4;
            int slept = int.MaxValue;
            for (int attempt = 1; attempt <= Attempts && slept > most; attempt++)
            {
                watcher.AwaitQuiet();
                int before = watcher.Sleeps();
                change(attempt);
                watcher.AwaitQuiet();
                slept = watcher.Sleeps() - before;
            }

            Assert.InRange(slept, 1, most);
        }
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
    public void A_port_of_a_bridge_that_changes_is_no_card_that_does() => Watcher.BetweenVerifications(() => Topology.TwoCardsDual().WithFlannelDual(), (node, watcher) =>
    {
        node.Sh(HideNetworks);
        Assert.Empty(watcher.Sees("bridge link set dev veth0 cost 7; bridge link set dev veth0 learning off; bridge link set dev veth0 learning on"));
        Assert.DoesNotContain(watcher.Sees("ip link set veth0 nomaster"), line => line.Contains("veth0 went away", StringComparison.Ordinal));
    });

    [KernelFact]
    public void Pods_that_come_and_such_as_go_from_a_bridge_have_nothing_read() => Watcher.BetweenVerifications(() => Topology.TwoCardsDual().WithFlannelDual(), (node, watcher) =>
    {
        node.Sh(HideNetworks);

        Assert.Empty(watcher.Sees(PodComes("veth10", "ip link set veth10 master cni0")));
        string[] lines = watcher.Sees(PodComes("veth11", """
            ip address add 10.254.1.1/32 dev veth11
            ip route add 10.254.1.11 dev veth11 scope host
            ip route add fd00:254:0:1::b dev veth11
            """));
        Assert.NotEmpty(lines);

        // The card's own address is one that the kernel answers with, so the table of nftables has it; a reading would have taken the guards away.
        Assert.All(lines, line => Assert.Matches("^(followed |repaired cause=\"(card veth11|address 10.254.1.1) )", line));
        Assert.DoesNotContain(lines, line => line.Contains("routes_removed", StringComparison.Ordinal));
        Assert.Empty(watcher.Sees("ip link set veth10 nomaster; ip link set veth10 down; ip link del veth10"));

        node.Sh("umount /run/flannel");
        watcher.AssertTrue();
        Assert.Equal("dev veth11", node.Way("10.254.1.11", "10.0.0.1"));
        Assert.Equal("dev veth11", node.Way("fd00:254:0:1::b", "2001:db8:2::1"));
    });

    [KernelTheory]
    [InlineData("ip link set veth10 down")]
    [InlineData("ip link del veth10")]
    public void Cards_that_take_routes_with_them_have_everything_read(string script)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        _ = watcher.Sees(PodComes("veth10", "ip route add 10.254.1.10 dev veth10 scope host"));
        node.Sh(HideNetworks);
        node.Sh(script);
        _ = watcher.Await("repaired cause=\"card ");
        watcher.AssertTrue();
    }

    [KernelTheory]
    [InlineData("ip link add wire0 type veth peer name wire1")]
    [InlineData("ip link add br7 type bridge")]
    [InlineData("ip link del veth12; ip link add wire0 type veth peer name wire1")]
    [InlineData("ip link set veth12 name wire0")]
    public void Cards_that_no_route_names_have_nothing_read(string script) => Watcher.BetweenVerifications(() => Topology.TwoCardsDual().WithFlannelDual(), (node, watcher) =>
    {
        _ = watcher.Sees(PodComes("veth12", ""));
        node.Sh(HideNetworks);
        Assert.Empty(watcher.Sees(script));
        node.Sh("umount /run/flannel");
        watcher.AssertTrue();
    });

    [KernelFact]
    public void A_pods_card_that_takes_a_route_of_somebody_else_out_of_our_way_is_read_about()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        _ = watcher.Sees(PodComes("veth10", ""));

        // It stands in the place of ours until its card goes, of which the kernel tells nothing.
        _ = watcher.Sees(
            "metric=$(ip route show table 1000 10.254.2.0/24 | sed 's/.*metric //; s/ .*//'); " +
            "ip route replace 10.254.2.0/24 dev veth10 metric $metric table 1000");
        watcher.AssertTrue();
        _ = watcher.Sees("ip link del veth10");
        watcher.AssertTrue();
        Assert.Equal("via 10.254.2.0 dev flannel.1", node.Way("10.254.2.9", "192.168.1.100"));
    }

    [KernelTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void It_ends_at_once_when_it_is_told_to_and_leaves_the_routes(string signal)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();

        // Whoever runs the tests in the background of a shell has them ignore SIGINT, and what they start.
        using var watcher = Watcher.Start(node, wrapper: ["env", $"--default-signal={signal}"]);
        _ = watcher.Settle();
        string before = node.Snapshot();
        using Job holder = HinderWork(node);
        watcher.Signal(signal);
        node.Await($"! kill -0 {watcher.Pid} 2>/dev/null");
        node.Ip("route del 10.254.3.0/24");
        Assert.Equal(before, node.Snapshot());
        Assert.DoesNotContain(
            watcher.Lines,
            line => line.StartsWith("failed ", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.Ordinal));
    }

    [KernelTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void As_the_first_process_of_a_container_it_ends_at_once_too(string signal)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, wrapper: ["env", $"--default-signal={signal}", "unshare", "--pid", "--fork", "--mount-proc"]);
        using Job holder = HinderWork(node);
        node.Sh($"kill -{signal} $(pgrep -P {watcher.Pid})");
        node.Await($"! kill -0 {watcher.Pid} 2>/dev/null");
        Assert.Equal("", node.Sh("ip route show table all 10.254.3.0/24 proto 206"));
    }

    [KernelFact]
    public void It_is_known_by_its_own_name()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        Assert.Equal("srcroute\n", node.Sh($"cat /proc/{watcher.Pid}/comm"));
    }

    // The watcher has something to do and cannot do it, as long as the lock is held: "at once" is without having done it.
    private static Job HinderWork(Node node)
    {
        Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held");
        node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        return holder;
    }

    private static string PodComes(string card, string script) => $"""
        ip link add {card} type veth peer name {card} netns lan
        ip address add fe80::{card[^2..]}/64 dev {card} nodad
        ip link set {card} up
        {script}
        ip -n lan link set {card} up
        until ip link show {card} | grep -q LOWER_UP; do :; done

        """;
}
