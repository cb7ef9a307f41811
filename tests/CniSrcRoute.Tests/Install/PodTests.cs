using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>`srcroute install` in the init container of a pod, which sees of its node what is mounted, and whose words are read in the pod's log.</summary>
public sealed class PodTests
{
    private const string Flannels = "/etc/cni/net.d/10-flannel.conflist";

    private const string Units = "/etc/systemd/system";

    private static readonly Dictionary<string, string> InPod = new() { ["KUBERNETES_SERVICE_HOST"] = "10.96.0.1" };

    [KernelFact]
    public void It_says_nothing_of_what_a_pod_has_not()
    {
        using Tree tree = Trees.Container();
        string said = Install(tree).Quietly().Output;
        Assert.DoesNotContain("no systemd", said, StringComparison.Ordinal);
        Assert.DoesNotContain("ConfigMap", said, StringComparison.Ordinal);
        Assert.DoesNotContain("conflist add", said, StringComparison.Ordinal);
        Assert.Contains("scripts/kubernetes/boot", said, StringComparison.Ordinal);
        Assert.Contains("\"srcroute\"", tree.Read(Flannels), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Before_flannel_is_there_the_entry_is_left_to_the_watcher()
    {
        using Tree tree = Trees.Container();
        tree.Sh($"rm .{Flannels}");
        Assert.Contains("no conflist for pods yet: the watcher adds the entry when there is one\n", Install(tree).Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("/usr/lib/cni", "scripts/kubernetes/debian")]
    [InlineData("/usr/libexec/cni", "scripts/kubernetes/crio")]
    [InlineData("/srv/cni", "mount any other directory likewise")]
    public void A_runtime_that_looks_where_the_pod_does_not_see_gets_no_entry_and_the_command_is_named(string directory, string remedy)
    {
        using Tree tree = Trees.Container().Write("/etc/containerd/config.toml", $"bin_dir = \"{directory}\"\n");
        Refuses(tree, $"its runtime looks for plugins in {directory}, which is not visible in this pod; ", remedy);

        // As the command makes that directory visible.
        tree.Make(directory);
        Install(tree).Quietly();
        Assert.Equal(Tree.Plugin, tree.Sh($"readlink .{directory}/srcroute").Trim());
        Assert.Contains("\"srcroute\"", tree.Read(Flannels), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Where_no_settings_tell_and_the_others_are_not_to_be_seen_there_is_no_entry()
    {
        using Tree tree = Trees.Container();
        tree.Sh("rm opt/cni/bin/flannel");
        Refuses(tree, "its plugin flannel is in none of /opt/cni/bin, /usr/lib/cni, /usr/libexec/cni", "scripts/kubernetes/debian");
    }

    [KernelFact]
    public void The_nodes_systemd_makes_the_tables_at_boot_where_it_is_to_be_seen_and_the_pod_watches()
    {
        using Tree tree = Trees.Container().Make($"{Units}/multi-user.target.wants", "/etc/systemd/network");
        string before = tree.Snapshot();
        Install(tree).Quietly();
        Assert.Equal($"{Units}/srcroute-bootstrap.service", tree.Sh($"readlink .{Units}/multi-user.target.wants/srcroute-bootstrap.service").Trim());
        Assert.Contains("ExecStart=/opt/cni/bin/srcroute bootstrap --wait 30 --force\n", tree.Read($"{Units}/srcroute-bootstrap.service"), StringComparison.Ordinal);
        Assert.False(tree.Has($"{Units}/srcroute-watch.service"));
        Assert.True(tree.Has("/etc/systemd/networkd.conf.d/srcroute.conf"));
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void What_the_kubelet_made_for_the_pod_goes_with_the_rest()
    {
        using Tree tree = Trees.Container().Make("/etc/srcroute");
        Install(tree).Quietly();
        tree.Srcroute("uninstall").Quietly();
        Assert.False(tree.Has("/etc/srcroute"));
    }

    private static Outcome Install(Tree tree) => Job.Start([.. tree.Words("install")], "", InPod).Finish();

    private static void Refuses(Tree tree, string why, string remedy)
    {
        string before = tree.Read(Flannels);
        Outcome outcome = Install(tree);
        Assert.Equal(1, outcome.ExitStatus);
        Assert.StartsWith($"srcroute: {Flannels} got no entry: {why}", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.Equal(before, tree.Read(Flannels));
    }
}
