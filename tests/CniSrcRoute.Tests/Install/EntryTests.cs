using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>Which conflist gets the entry, and that its runtime finds the plugin then.</summary>
public sealed class EntryTests
{
    private const string Settings = "/etc/containerd/config.toml";

    private const string Flannels = "/etc/cni/net.d/10-flannel.conflist";

    [KernelTheory]
    [InlineData("bin_dir = \"/usr/lib/cni\"\n", "/usr/lib/cni")]
    [InlineData("bin_dir='/srv/cni/' # ours\n", "/srv/cni")]
    [InlineData("bin_dir = \"\"\nbin_dirs = [\n  \"/opt/cni/bin\", # first\n  \"/srv/cni\",\n]\nconf_dir = \"/srv\"\n", "")]
    [InlineData("bin_dirs = [\"/srv/cni\", \"/srv/cni2\"]\n", "/srv/cni")]
    [InlineData("#bin_dir = \"/srv/cni\"\n", "")]
    [InlineData("plugin_dir = \"/srv/cni\"\n", "")]
    public void The_plugin_stands_where_the_settings_of_the_runtime_say(string settings, string directory)
    {
        foreach (string file in (string[])[Settings, "/etc/containerd/conf.d/10-cni.toml"])
        {
            using Tree tree = Trees.Debian().Write(file, settings);
            tree.Srcroute("install").Quietly();
            string links = tree.Sh("find usr/lib srv -name srcroute 2>/dev/null || true").Trim();
            Assert.Equal(directory.Length == 0 ? "" : $"{directory}/srcroute", links.Length == 0 ? "" : $"/{links}");
            if (links.Length > 0)
            {
                Assert.Equal(Tree.Plugin, tree.Sh($"readlink {links}").Trim());
            }

            Assert.Contains("\"srcroute\"", tree.Read(Flannels), StringComparison.Ordinal);
        }
    }

    [KernelFact]
    public void Settings_of_CRIO_are_read_as_well()
    {
        using Tree tree = Trees.Debian().Write("/etc/crio/crio.conf.d/10-dirs.conf", "[crio.network]\nplugin_dirs = [\n\t\"/srv/cni/\",\n]\n");
        tree.Srcroute("install").Quietly();
        Assert.Equal(Tree.Plugin, tree.Sh("readlink srv/cni/srcroute").Trim());
    }

    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_usr_is_read_only_and_nothing_else_is_looked_in_there_is_no_entry(bool named)
    {
        using Tree tree = Trees.DebianContainerd();
        if (!named)
        {
            tree.Sh($"rm .{Settings} opt/cni/bin/flannel; mv usr/lib/cni/bridge usr/lib/cni/flannel");
        }

        string before = tree.Snapshot();
        foreach (string dry in (string[])[" --dry-run", ""])
        {
            Outcome outcome = WithReadOnlyUsr(tree, "install" + dry);
            Assert.Equal(1, outcome.ExitStatus);
            Assert.Contains("left /usr/lib/cni: it is not writable\n", outcome.Output, StringComparison.Ordinal);
            Assert.StartsWith(
                $"srcroute: {Flannels} got no entry: its runtime looks for plugins in /usr/lib/cni, which is not writable",
                outcome.Error,
                StringComparison.Ordinal);
            Assert.Single(outcome.Error.TrimEnd().Split('\n'));
            Assert.Equal(Tree.Conflist, tree.Read(Flannels));
        }

        Assert.True(tree.Has("/etc/systemd/system/srcroute-watch.service"));
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void A_read_only_usr_does_no_harm_where_the_runtime_looks_elsewhere_as_well()
    {
        using Tree tree = Trees.DebianContainerd().Write(Settings, "bin_dirs = [\"/usr/lib/cni\", \"/opt/cni/bin\"]\n");
        WithReadOnlyUsr(tree, "install").Quietly();
        Assert.Contains("\"srcroute\"", tree.Read(Flannels), StringComparison.Ordinal);
    }

    [KernelFact]
    public void K3s_goes_before_podman_and_that_is_said()
    {
        using Tree tree = Trees.K3sAndPodman();
        string podman = tree.Sh("sha256sum etc/cni/net.d/*");
        string k3s = "/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist";
        string said = tree.Srcroute("install").Quietly().Output;
        Assert.Contains($"chose {k3s}, since k3s reads it; for another one run `srcroute conflist add FILE`\n", said, StringComparison.Ordinal);
        Assert.Contains($"added srcroute to {k3s}\n", said, StringComparison.Ordinal);
        Assert.Equal(podman, tree.Sh("sha256sum etc/cni/net.d/*"));
    }

    [KernelTheory]
    [InlineData("", "10-flannel.conflist", "since it is flannel's")]
    [InlineData("rm 10-flannel.conflist", "05-a.conflist", "since the others are not for pods")]
    [InlineData("rm 10-flannel.conflist 00-loopback.conf", "05-a.conflist", "the first by name")]
    [InlineData("mkdir -p ../../../var/lib/rancher/k3s/agent/etc/cni/net.d ../../../var/lib/rancher/k3s/data/cni; touch ../../../var/lib/rancher/k3s/data/cni/b;"
        + "mv 20-z.conflist ../../../var/lib/rancher/k3s/agent/etc/cni/net.d", "20-z.conflist", "since k3s reads it")]
    public void The_pods_network_is_chosen(string script, string chosen, string why)
    {
        using Tree tree = Trees.Debian()
            .Write("/opt/cni/bin/bridge", "#!/bin/sh\n", "755").Write("/opt/cni/bin/ptp", "#!/bin/sh\n", "755")
            .Write("/etc/cni/net.d/00-loopback.conf", "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"type\": \"loopback\"}")
            .Write("/etc/cni/net.d/05-a.conflist", Tree.Conflist.Replace("flannel", "bridge", StringComparison.Ordinal))
            .Write("/etc/cni/net.d/20-z.conflist", Tree.Conflist.Replace("flannel", "ptp", StringComparison.Ordinal));
        tree.Sh("cd etc/cni/net.d\n" + script);
        Assert.Contains($"/{chosen}, {why}; ", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(chosen, Path.GetFileName(tree.Sh("grep -rl srcroute etc/cni var/lib/rancher/k3s/agent 2>/dev/null || true").Trim()));
    }

    [KernelFact]
    public void Alone_podmans_network_and_the_loopback_devices_get_no_entry()
    {
        using Tree tree = Trees.Debian().Write("/etc/cni/net.d/87-podman-bridge.conflist", Trees.Podman);
        tree.Sh("rm etc/cni/net.d/10-flannel.conflist; echo '{\"name\":\"lo\",\"cniVersion\":\"1.0.0\",\"type\":\"loopback\"}' >etc/cni/net.d/00-loopback.conf");
        Assert.Contains("no conflist for pods yet", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("00-loopback.conf\n87-podman-bridge.conflist\n", tree.Sh("ls etc/cni/net.d"));
    }

    [KernelFact]
    public void Where_plugins_of_an_older_k3s_cannot_be_seen_there_is_no_entry()
    {
        // As the pod of the DaemonSet sees it, for which the kubelet has made the directory.
        const string Conflist = "/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist";
        using Tree pod = new Tree().Make("/opt/cni/bin", "/etc/srcroute", "/var/lib/rancher/k3s/data/cni").Write(Conflist, Tree.Conflist);
        Outcome outcome = pod.Srcroute("install");
        Assert.Equal(1, outcome.ExitStatus);
        Assert.StartsWith(
            $"srcroute: {Conflist} got no entry: there is no plugin of k3s in /var/lib/rancher/k3s/data/cni",
            outcome.Error,
            StringComparison.Ordinal);
        Assert.Equal(Tree.Conflist, pod.Read(Conflist));

        // On the node itself they are found, whatever the kubelet has made.
        using Tree node = Trees.OldK3s().Make("/var/lib/rancher/k3s/data/cni");
        node.Srcroute("install").Quietly();
        node.AssertWorks([Requirements.Binary], "old k3s");
    }

    [KernelFact]
    public void A_file_that_somebody_has_written_anew_since_it_was_set_aside_is_kept()
    {
        using Tree tree = Trees.Single();
        tree.Srcroute("install").Quietly();
        const string Newer = "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\", \"mtu\": 1400}";
        tree.Write("/etc/cni/net.d/10-bridge.conf", Newer);
        string words = "left /etc/cni/net.d/10-bridge.conf: it has been rewritten since; the copy that was set aside is removed\n";
        Assert.Contains(words, tree.Srcroute("uninstall --dry-run").Output, StringComparison.Ordinal);
        Assert.Contains(words, tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("10-bridge.conf", tree.Sh("ls etc/cni/net.d").Trim());
        Assert.Equal(Newer, tree.Read("/etc/cni/net.d/10-bridge.conf"));
    }

    [KernelFact]
    public void The_entry_in_a_list_goes_also_where_a_file_of_one_plugin_has_the_same_name()
    {
        using Tree tree = Trees.Debian();
        string conf = Flannels.Replace(".conflist", ".conf", StringComparison.Ordinal);
        tree.Write(conf, "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\"}");
        string before = tree.Snapshot();
        tree.Srcroute("install").Quietly();
        Assert.Contains("\"srcroute\"", tree.Read(Flannels), StringComparison.Ordinal);
        Assert.Contains($"took srcroute out of {Flannels}\n", tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void Install_takes_such_a_file_in_again()
    {
        using Tree tree = Trees.Single();
        tree.Srcroute("install").Quietly();
        tree.Write("/etc/cni/net.d/10-bridge.conf", "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\", \"mtu\": 1400}", "640");
        string before = tree.Read("/etc/cni/net.d/10-bridge.conf");
        tree.Srcroute("install").Quietly();
        Assert.Contains("1400", tree.Read("/etc/cni/net.d/10-bridge.conflist"), StringComparison.Ordinal);
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal("10-bridge.conf", tree.Sh("ls etc/cni/net.d").Trim());
        Assert.Equal(before, tree.Read("/etc/cni/net.d/10-bridge.conf"));
    }

    [KernelFact]
    public void The_conflist_keeps_its_owner_and_group()
    {
        using Tree tree = Trees.Debian();
        tree.Sh($"chown 1001:1002 .{Flannels}; chmod 640 .{Flannels}");
        foreach (string verb in (string[])["install", "uninstall"])
        {
            tree.Srcroute(verb).Quietly();
            Assert.Equal("1001:1002 640", tree.Sh($"stat -c '%u:%g %a' .{Flannels}").Trim());
        }
    }

    private static Outcome WithReadOnlyUsr(Tree tree, string arguments)
    {
        const string Script = "mount --bind \"$1/usr\" \"$1/usr\"; mount -o remount,bind,ro \"$1/usr\"; shift; exec \"$@\"";
        return Job.Start(
        [
            "unshare", "--mount", "--propagation", "private", "sh", "-euc", Script, "sh", tree.Sh("pwd").Trim(), .. tree.Words(arguments),
        ]).Finish();
    }
}
