using CniSrcRoute.Tests.Kernel;
using Xunit;
using Xunit.Abstractions;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Thousands of routes at once, more events than the kernel keeps, and what it all costs.</summary>
public sealed class BurstTests(ITestOutputHelper output)
{
    private const int Peers = 5000;

    [KernelFact]
    public void Five_thousand_routes_at_once_end_in_full_and_true_tables_of_eight_sources_in_little_memory()
    {
        using Node node = EightSources();
        using var watcher = Watcher.StartAnew(node);
        output.WriteLine($"resident with one peer: {watcher.Memory("VmRSS")} kB");

        node.Ip(Batch("add", Peers));
        AwaitCopies(node, Peers);
        _ = watcher.Settle();
        watcher.AssertTrue();
        output.WriteLine($"resident at {Peers} routes in 8 tables: {watcher.Memory("VmRSS")} kB, at the most so far {watcher.Memory("VmHWM")} kB");
        Assert.InRange(watcher.Memory("VmRSS"), 1, 20_000);

        node.Ip(Batch("del", Peers));
        AwaitCopies(node, 0);
        node.Ip(Batch("add", Peers));
        AwaitCopies(node, Peers);
        watcher.Signal("HUP");
        _ = watcher.Settle();
        watcher.AssertTrue();
        output.WriteLine(
            $"resident after all left and came back, and were read: {watcher.Memory("VmRSS")} kB, at the most so far {watcher.Memory("VmHWM")} kB, of which the program's file is {watcher.Memory("RssFile")} kB");
        Assert.InRange(watcher.Memory("VmRSS"), 1, 20_000);

        // How much of the file is mapped is up to the kernel: between a half and all of it.
        Assert.InRange(watcher.Memory("VmHWM") - watcher.Memory("RssFile"), 1, 17_000);
    }

    [KernelFact]
    public void More_than_the_kernel_keeps_is_an_overrun_and_ends_in_a_full_reading()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        node.Ip(Batch("add", Peers));
        _ = watcher.Settle();

        // The queue holds some 40,000 events.
        watcher.Signal("STOP");
        string addAndDelete = $"{Batch("del", Peers)}\n{Batch("add", Peers)}";
        do
        {
            node.Ip(addAndDelete);
        }
        while (node.Sh("awk 'NR > 1 { drops += $9 } END { print drops + 0 }' /proc/net/netlink").Trim() == "0");

        // These are among what is lost.
        node.Ip("""
            route del 10.254.16.0/29
            route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink
            rule del from 10.0.0.1 lookup 1001
            """);
        watcher.Signal("CONT");
        Assert.Contains("the queue of the kernel's events overflowed", watcher.Await("repaired "), StringComparison.Ordinal);
        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.Contains("10.254.3.0/24", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.254.16.0/29", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        Assert.Contains("from 10.0.0.1 ", node.Sh("ip rule"), StringComparison.Ordinal);
        output.WriteLine($"resident after the overrun: {watcher.Memory("VmRSS")} kB, at the most {watcher.Memory("VmHWM")} kB");
        Assert.InRange(watcher.Memory("VmHWM"), 1, 40_000);
    }

    [KernelFact]
    public void Readings_while_main_never_stands_still_end_in_true_tables()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        node.Ip(Batch("add", 1000));
        node.Write("/run/churn", $"{Batch("del", 1000)}\n{Batch("add", 1000)}\n");
        using Job churn = node.Start(["sh", "-c", "while :; do cat /run/churn; done | ip -force -batch -"]);
        using Job changes = node.Start(
        [
            "sh",
            "-euc",
            "for i in $(seq 40); do ip -batch /dev/stdin <<END\n" +
            "route replace 10.254.16.0/29 via 10.254.2.$i dev flannel.1 onlink\n" +
            "route replace 10.254.17.0/29 via 10.254.2.$i dev flannel.1 onlink\n" +
            "END\n" +
            "ip rule del from 10.0.0.1 lookup 1001 || :; done",
        ]);
        changes.Finish().Succeeded();
        churn.Dispose();
        node.Await("ip rule | grep 'from 10.0.0.1 '");
        _ = watcher.Settle();
        watcher.AssertTrue();
    }

    private static Node EightSources()
    {
        Node node = Topology.TwoCardsDual().WithFlannelDual();
        for (int i = 2; i < 8; i++)
        {
            node.AddCard($"eth{i}", $"10.{i}.0.1/24");
        }

        return node;
    }

    private static string Batch(string verb, int count) =>
        string.Join('\n', Enumerable.Range(0, count).Select(i => $"route {verb} 10.254.{16 + (i / 32)}.{i % 32 * 8}/29 via 10.254.2.0 dev flannel.1 onlink"));

    private static void AwaitCopies(Node node, int count, int tables = 8) =>
        node.Await($"[ $(ip -N route show table all proto 206 | grep -c '/29 via') = {tables * count} ]");
}
