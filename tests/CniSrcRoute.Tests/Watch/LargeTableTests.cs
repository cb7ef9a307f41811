using CniSrcRoute.Tests.Kernel;
using Xunit;
using Xunit.Abstractions;

namespace CniSrcRoute.Tests.Watch;

/// <summary>A routing daemon fills main: what is no business of ours is not kept, and what is, is not missed.</summary>
public sealed class LargeTableTests(ITestOutputHelper output)
{
    private const int Routes = 200_000;

    [KernelFact]
    public void A_full_table_costs_little_memory_and_nothing_that_matters_in_it_is_missed()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip(Foreign("add", 0, Routes));
        using var watcher = Watcher.StartAnew(node);
        Assert.DoesNotContain("20.", node.Table("src-192.168.1.100"), StringComparison.Ordinal);

        // Somebody's undoing is repaired while main changes, by events alone.
        node.Ip($"rule del from 192.168.1.100 lookup 1000\n{Foreign("del", 0, 1000)}\n{Foreign("add", 0, 1000)}");
        node.Await("ip rule | grep 'from 192.168.1.100 '");
        Assert.DoesNotContain(watcher.Settle(), line => line.Contains("came that others of main lie in", StringComparison.Ordinal));

        // By another router of the card; what lies in it goes by the old one.
        node.Ip("route add 20.1.0.0/16 via 192.168.1.9");
        node.Await("ip route show table 1000 | grep '^20.1.7.0/24 via 192.168.1.1 '");
        watcher.AssertTrue();
        Assert.DoesNotContain("20.2.7.0/24", node.Table("src-192.168.1.100"), StringComparison.Ordinal);

        // Now another router has the default, and all go by the old one still.
        node.Ip("route del 20.1.0.0/16 via 192.168.1.9");
        node.Ip(Foreign("del", 300, Routes));
        node.Ip("route replace default via 192.168.1.9");
        node.Await("ip route show table 1000 | grep '^20.0.7.0/24 via 192.168.1.1 '");
        watcher.AssertTrue();
        output.WriteLine($"resident {watcher.Memory("VmRSS")} kB, at the most {watcher.Memory("VmHWM")} kB");
        Assert.InRange(watcher.Memory("VmHWM"), 1, 40_000);
    }

    private static string Foreign(string verb, int from, int to) => string.Join(
        '\n', Enumerable.Range(from, to - from).Select(i => $"route {verb} {20 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}.0/24 via 192.168.1.1 metric 20 proto bgp"));
}
