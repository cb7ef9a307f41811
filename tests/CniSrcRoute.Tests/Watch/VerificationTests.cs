using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The verification that comes once a minute. It has a class of its own, since others need not wait for its minute.</summary>
public sealed class VerificationTests
{
    private const string List = """{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"}]}""";

    [KernelFact]
    public void A_minute_later_everything_is_verified_and_what_nobody_told_is_called_that()
    {
        using Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        node.Sh("mkdir -p /run/cni/net.d /run/new");
        node.Write("/run/cni/net.d/list.conflist", List);
        node.Write("/run/new/list.conflist", List);
        node.Write("/run/new/config.json", """{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");

        // Its own writing would be a change of a file, after which it reads the node.
        node.Srcroute("conflist add /run/cni/net.d/list.conflist").Succeeded();
        using var watcher = Watcher.Start(node, ["--conflist", "/run/cni/net.d/list.conflist"]);
        _ = watcher.Settle();

        // A mount over a directory is no event in it: only a reading of the node finds it. It shall not come between them.
        watcher.Stop();
        node.Sh("mount -t tmpfs unheard /run/flannel; mount --bind /run/new /etc/srcroute; mount --bind /run/new /run/cni/net.d");
        watcher.Signal("CONT");
        string found = watcher.Await("found ");
        Assert.StartsWith(
            "found cause=\"periodic check found that /etc/srcroute/config.json and /run/flannel/subnet.env and /run/cni/net.d/list.conflist changed, " +
            "which no event announced\" routes_added=1 ",
            found,
            StringComparison.Ordinal);
        Assert.True(found.Contains(" routes_removed=4 ", StringComparison.Ordinal), string.Join("\n", watcher.Lines));
        Assert.Contains(
            "conflist file=\"/run/cni/net.d/list.conflist\" text=\"srcroute added; it was missing, which no event announced\"",
            watcher.Lines);
        node.Srcroute("conflist check /run/new/list.conflist").Quietly();
    }
}
