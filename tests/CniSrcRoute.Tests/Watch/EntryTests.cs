using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The plugin's entry in the conflist of a node: it is there while the plugin stands and somebody watches, and no runtime finds a plugin named that is not.</summary>
public sealed class EntryTests
{
    private const string List = """{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"}]}""";

    private const string File = "/etc/cni/net.d/10-flannel.conflist";

    // The first process of a container is told to end, and ends: any other is ended by the signal.
    private static readonly string[] AsFirst = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

    [KernelFact]
    public void It_comes_with_the_plugin_and_goes_with_it()
    {
        using Node node = NodeWithPlaceForPlugin();
        using var watcher = Watcher.Start(node, ["--conflist", File]);
        Assert.Contains("its runtime looks for plugins in /opt/cni/bin", watcher.Await("gets no entry"), StringComparison.Ordinal);
        Assert.Equal(List, node.Sh($"cat {File}"));

        node.Sh($"cp {Requirements.Binary} /opt/cni/bin/.new; mv /opt/cni/bin/.new /opt/cni/bin/srcroute");
        Assert.EndsWith("text=\"srcroute added\"", watcher.Await("conflist "), StringComparison.Ordinal);
        node.Srcroute($"conflist check {File}").Quietly();

        node.Sh("rm /opt/cni/bin/srcroute");
        Assert.Contains("srcroute removed, since /opt/cni/bin/srcroute is gone", watcher.Await("conflist "), StringComparison.Ordinal);
        Assert.Equal(List, node.Sh($"cat {File}"));
    }

    [KernelFact]
    public void It_is_put_back_when_flannel_writes_its_list_and_goes_when_the_container_is_told_to_end()
    {
        using Node node = NodeWithPlaceForPlugin();
        node.Sh($"cp {Requirements.Binary} /opt/cni/bin/srcroute");
        using Job container = node.Start([.. AsFirst, Requirements.Binary, "watch", "--conflist", File], awaited: "srcroute added");
        node.Write(File, List);
        node.Await($"grep -q srcroute {File}");

        node.Sh("kill $(pgrep -x srcroute)");
        container.Finish().Succeeded();
        Assert.Equal(List, node.Sh($"cat {File}"));
        Assert.Contains("srcroute removed, because this watcher ends", container.Heard(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_kill_leaves_it_and_the_plugin_that_it_names()
    {
        using Node node = NodeWithPlaceForPlugin();
        node.Sh($"cp {Requirements.Binary} /opt/cni/bin/srcroute");
        using Job container = node.Start([.. AsFirst, Requirements.Binary, "watch", "--conflist", File], awaited: "srcroute added");
        node.Sh("kill -KILL $(pgrep -x srcroute)");
        _ = container.Finish();
        node.Srcroute($"conflist check {File}").Quietly();
        node.Sh("test -x /opt/cni/bin/srcroute");
    }

    // containerd's settings say where it looks, and there nothing of ours stands yet.
    private static Node NodeWithPlaceForPlugin()
    {
        Node node = Topology.TwoCards();
        node.Sh("""
            mkdir -p /etc/cni/net.d /etc/containerd
            mount -t tmpfs opt /opt
            mkdir -p /opt/cni/bin
            echo 'bin_dir = "/opt/cni/bin"' >/etc/containerd/config.toml
            """);
        node.Write(File, List);
        return node;
    }
}
