using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The one setting for which the kernel has no event. It has a class of its own, since it takes the verification's minute.</summary>
public sealed class SysctlTests
{
    [KernelFact]
    public void One_that_another_resets_is_set_again_within_a_minute_and_nobody_says_that_it_should_have_been_heard()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter");
        node.Configure("""{ "marks": { "setSrcValidMark": true } }""");
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/srcroute.prom"]);
        watcher.Await("sysctls_changed=1");

        node.Sh("echo 0 >/proc/sys/net/ipv4/conf/all/src_valid_mark");
        Assert.StartsWith(
            "repaired cause=\"somebody else reset net.ipv4.conf.all.src_valid_mark: inferred from the repair, no event announced it\" sysctls_changed=1",
            watcher.Await("sysctls_changed=1"),
            StringComparison.Ordinal);
        Assert.Equal("1\n", node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));
        node.Await("grep -qx 'srcroute_repairs_total{cause=\"sysctl\"} 1' /run/srcroute.prom");
        node.Sh("grep -qx 'srcroute_repairs_total{cause=\"verification\"} 0' /run/srcroute.prom");
    }
}
