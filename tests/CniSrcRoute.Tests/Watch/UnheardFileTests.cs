using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Where the kernel has nothing left to hear of files with. Each case waits for the verification that comes once a minute.</summary>
public sealed class UnheardFileTests
{
    private const string List = """{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"}]}""";

    [StraceTheory]
    [InlineData("inotify_init1", "EMFILE", "fs.inotify.max_user_instances")]
    [InlineData("inotify_add_watch", "ENOSPC", "fs.inotify.max_user_watches")]
    public void It_runs_on_says_once_why_and_looks_at_the_files_once_a_minute(string call, string errno, string parameter)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("mkdir -p /run/cni/net.d");
        node.Write("/run/cni/net.d/list.conflist", List);

        // With -D it is strace that is the child.
        using var watcher = Watcher.Start(
            node,
            ["--conflist", "/run/cni/net.d/list.conflist"],
            ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:error={errno}"]);
        Assert.Contains(parameter, watcher.Await("failed "), StringComparison.Ordinal);
        node.Await("ip rule | grep 'from 10.0.0.1 '");

        // It shall not look in between, when one of them is not written yet, or half.
        watcher.Signal("STOP");
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
        node.Write("/run/cni/net.d/list.conflist", List);
        watcher.Signal("CONT");
        Assert.StartsWith(
            "repaired cause=\"/etc/srcroute/config.json and /run/cni/net.d/list.conflist changed\" routes_added=1 ",
            watcher.Await("config.json"),
            StringComparison.Ordinal);
        node.Srcroute("conflist check /run/cni/net.d/list.conflist").Quietly();
        Assert.Single(watcher.Lines, line => line.StartsWith("failed ", StringComparison.Ordinal));
    }
}
