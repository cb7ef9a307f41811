using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Files that are reached by links, whose directories are replaced, or that are no files.</summary>
public sealed class FileTests
{
    private const string WithGateway = """{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""";

    private const string Default = "default via 10.0.0.254 dev eth1";

    private const string List = """{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"}]}""";

    private const string ListFile = "/run/cni/net.d/10-flannel.conflist";

    // The verification, which reads the files as well, is the one that says "found".
    private const string Heard = "repaired cause=\"a file changed\" ";

    [KernelFact]
    public void A_configuration_of_a_ConfigMap_is_heard_of_each_time_it_is_swapped()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh($$"""
            cd /etc/srcroute
            mkdir ..1 ..2 ..3
            echo '{ }' | tee ..1/config.json >..3/config.json
            echo '{{WithGateway}}' >..2/config.json
            ln -s ..1 ..data
            ln -s ..data/config.json config.json
            """);
        using var watcher = Watcher.StartAnew(node);

        // As the kubelet does it.
        node.Sh("cd /etc/srcroute; ln -s ..2 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..1");
        Assert.StartsWith(Heard, watcher.Await("repaired "), StringComparison.Ordinal);
        Assert.Contains(Default, node.Table("1001"), StringComparison.Ordinal);
        node.Sh("cd /etc/srcroute; ln -s ..3 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..2");
        Assert.StartsWith(Heard, watcher.Await("repaired "), StringComparison.Ordinal);
        Assert.DoesNotContain(Default, node.Table("1001"), StringComparison.Ordinal);
        node.Sh($"cd /etc/srcroute; echo '{WithGateway}' >..3/config.json");
        Assert.StartsWith(Heard, watcher.Await("repaired "), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("mv /run/cni/net.d /run/cni/old; mkdir /run/cni/net.d")]
    [InlineData("mv /run/cni /run/old; mkdir -p /run/cni/net.d")]
    [InlineData("rm -r /run/cni; mkdir -p /run/cni/net.d")]
    [InlineData("mkdir /run/new; mv /run/cni /run/old; ln -s /run/new /run/cni; mkdir /run/cni/net.d")]
    public void A_file_whose_directory_is_replaced_is_heard_of(string replace)
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkdir -p /run/cni/net.d");
        node.Write(ListFile, List);
        using var watcher = Watcher.Start(node, ["--conflist", ListFile]);
        _ = watcher.Await("conflist ");

        // Not all at once: what comes when the directory stands, comes alone.
        node.Sh(replace);
        watcher.AwaitQuiet();
        node.Write(ListFile, List);
        Assert.EndsWith("text=\"srcroute added\"", watcher.Await("conflist "), StringComparison.Ordinal);
        node.Srcroute($"conflist check {ListFile}").Quietly();
    }

    [KernelFact]
    public void A_conflist_behind_a_link_is_heard_of_when_it_is_written_and_when_the_link_leads_elsewhere()
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkdir -p /run/cni/net.d /run/real /run/other");
        node.Write("/run/real/list", List);
        node.Write("/run/other/list", List);
        node.Sh($"ln -s ../../real/list {ListFile}");
        using var watcher = Watcher.Start(node, ["--conflist", ListFile]);
        _ = watcher.Await("conflist ");

        node.Write("/run/real/list", List);
        Assert.EndsWith("text=\"srcroute added\"", watcher.Await("conflist "), StringComparison.Ordinal);
        node.Sh($"ln -sfn /run/other/list {ListFile}");
        Assert.EndsWith("text=\"srcroute added\"", watcher.Await("conflist "), StringComparison.Ordinal);
        node.Srcroute("conflist check /run/other/list").Quietly();
    }

    [KernelFact]
    public void A_pipe_in_the_place_of_a_file_holds_up_nobody()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("mkdir -p /run/cni/net.d");
        node.Write(ListFile, List);
        using var watcher = Watcher.Start(node, ["--conflist", ListFile]);
        node.Sh($"rm {ListFile}; mkfifo {ListFile}");
        Assert.Contains($"{ListFile}: not a regular file", watcher.Await("not a regular"), StringComparison.Ordinal);
        node.Sh("mkfifo -m 644 /etc/srcroute/config.json");
        Assert.Contains("/etc/srcroute/config.json: not a regular file", watcher.Await("config.json"), StringComparison.Ordinal);

        node.Sh("ip rule del from 10.0.0.1 lookup 1001");
        _ = watcher.Await("rules_added=1"); // it may be found by a reading that is due for the files
    }
}
