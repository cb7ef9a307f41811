using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.UnitTests;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>`srcroute install` and `uninstall` on trees of files.</summary>
public sealed class InstallTests
{
    private const string Units = "/etc/systemd/system";

    private const string K3sPlugins = "/var/lib/rancher/k3s/data";

    public static TheoryData<string> Kinds => [.. Makers.Keys];

    private static Dictionary<string, Func<Tree>> Makers => new()
    {
        ["Debian"] = Trees.Debian,
        ["Debian's containerd"] = Trees.DebianContainerd,
        ["Ubuntu"] = Trees.Ubuntu,
        ["Fedora"] = Trees.Fedora,
        ["Fedora with CRI-O"] = Trees.FedoraCrio,
        ["Fedora CoreOS"] = Trees.CoreOs,
        ["k3s"] = Trees.K3sNode,
        ["k3s and podman"] = Trees.K3sAndPodman,
        ["old k3s"] = Trees.OldK3s,
        ["linked k3s"] = Trees.LinkedK3s,
        ["container"] = Trees.Container,
        ["single plugin"] = Trees.Single,
        ["by hand"] = Trees.ByHand,
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public void Uninstall_leaves_the_very_tree_that_install_found(string kind)
    {
        using Tree tree = Makers[kind]();
        string before = tree.Snapshot();
        tree.Srcroute("install").Quietly();
        Assert.NotEqual(before, tree.Snapshot());
        tree.AssertWorks([Requirements.Binary], kind);
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());

        Assert.EndsWith("nothing to do\n", tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public void Run_again_it_changes_nothing_and_says_so(string kind)
    {
        using Tree tree = Makers[kind]();
        tree.Srcroute("install").Quietly();
        string installed = tree.Snapshot();
        Assert.EndsWith("\nnothing to do\n", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        tree.Srcroute("install --dry-run").Quietly();
        Assert.Equal(installed, tree.Snapshot());
    }

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public void A_dry_run_tells_what_is_then_done_and_changes_nothing(string kind)
    {
        using Tree tree = Makers[kind]();
        foreach (string verb in (string[])["install", "uninstall"])
        {
            string before = tree.Snapshot();
            Outcome dry = tree.Srcroute($"{verb} --dry-run");
            Assert.Equal(2, dry.ExitStatus);
            Assert.Equal(before, tree.Snapshot());
            string[] told = Paths(dry.Output, "would ");
            Assert.Equal(told, Paths(tree.Srcroute(verb).Quietly().Output, ""));
            Assert.NotEmpty(told);
        }
    }

    [KernelFact]
    public void What_a_Debian_node_gets()
    {
        using Tree tree = Trees.Debian();
        string said = tree.Srcroute("install").Quietly().Output;
        Assert.Equal("755", tree.Sh($"stat -c %a .{Tree.Plugin}").Trim());
        tree.Sh($"cmp .{Tree.Plugin} {Requirements.Binary}");
        Assert.Equal(Tree.Plugin, tree.Sh("readlink usr/local/sbin/srcroute").Trim());
        Assert.Equal("600", tree.Sh("stat -c %a etc/cni/net.d/10-flannel.conflist").Trim());
        Assert.Contains("\"srcroute\"", tree.Read("/etc/cni/net.d/10-flannel.conflist"), StringComparison.Ordinal);
        foreach (string unit in (string[])["srcroute-bootstrap.service", "srcroute-watch.service"])
        {
            Assert.Equal(Repository.Read($"scripts/systemd/{unit}"), tree.Read($"{Units}/{unit}"));
            Assert.Equal($"{Units}/{unit}", tree.Sh($"readlink .{Units}/multi-user.target.wants/{unit}").Trim());
        }

        Assert.Equal(Repository.Read("scripts/systemd/networkd-srcroute.conf"), tree.Read("/etc/systemd/networkd.conf.d/srcroute.conf"));
        Assert.Equal(Repository.Read("conflist/config.json"), tree.Read("/etc/srcroute/config.json"));
        Assert.Contains("\nmade /opt/cni/bin/srcroute\n", said, StringComparison.Ordinal);
        Assert.Contains("\nadded srcroute to /etc/cni/net.d/10-flannel.conflist\n", said, StringComparison.Ordinal);
        Assert.Contains("systemd-networkd reads", said, StringComparison.Ordinal);
    }

    [KernelFact]
    public void What_is_not_there_gets_nothing_and_that_is_said()
    {
        using Tree container = Trees.Container();
        Assert.Contains("no systemd here", container.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.False(container.Has(Units));

        using Tree fedora = Trees.Fedora();
        fedora.Srcroute("install").Quietly();
        Assert.False(fedora.Has("/etc/systemd/networkd.conf.d"));
        Assert.True(fedora.Has($"{Units}/srcroute-watch.service"));

        using Tree ubuntu = Trees.Ubuntu();
        Assert.Contains("no conflist for pods yet", ubuntu.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.True(ubuntu.Has("/etc/systemd/networkd.conf.d/srcroute.conf"));
        Assert.False(ubuntu.Has("/etc/cni"));
    }

    [KernelFact]
    public void K3s_finds_the_plugin_where_it_looks()
    {
        using Tree lasting = Trees.K3sNode();
        lasting.Srcroute("install").Quietly();
        Assert.Equal(Tree.Plugin, lasting.Sh($"readlink .{K3sPlugins}/cni/srcroute").Trim());
        Assert.False(lasting.Has($"{K3sPlugins}/0123/bin/srcroute"));

        using Tree old = Trees.OldK3s();
        Assert.Contains($"after its next upgrade k3s will look for plugins in another directory than {K3sPlugins}/0123/bin", old.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(Tree.Plugin, old.Sh($"readlink .{K3sPlugins}/0123/bin/srcroute").Trim());

        // One directory by two names: the program itself, no link to itself.
        using Tree linked = Trees.LinkedK3s();
        linked.Srcroute("install").Quietly();
        linked.Sh($"cmp .{K3sPlugins}/cni/srcroute {Requirements.Binary}");
    }

    [KernelFact]
    public void After_an_upgrade_of_an_old_k3s_both_directories_are_cleaned()
    {
        using Tree tree = Trees.OldK3s();
        string before = tree.Snapshot();
        tree.Srcroute("install").Quietly();
        tree.Write($"{K3sPlugins}/4567/bin/bridge", "#!/bin/sh\n", "755").Sh($"ln -sfn {K3sPlugins}/4567 .{K3sPlugins}/current");
        tree.Srcroute("install").Quietly();
        Assert.Equal(Tree.Plugin, tree.Sh($"readlink .{K3sPlugins}/4567/bin/srcroute").Trim());
        tree.Srcroute("uninstall").Quietly();
        tree.Sh($"ls .{K3sPlugins}/4567/bin >left; rm -r .{K3sPlugins}/4567; ln -sfn {K3sPlugins}/0123 .{K3sPlugins}/current");
        Assert.Equal("bridge\n", tree.Sh("cat left; rm left"));
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void Others_may_read_what_it_makes_whatever_the_umask()
    {
        using Tree tree = Trees.Ubuntu();
        tree.Sh("umask 077; " + string.Join(' ', tree.Words("install")) + " >/dev/null");
        Assert.Equal("", tree.Sh("find opt etc/srcroute etc/systemd etc/iproute2 ! -type l ! -perm -444"));
        Assert.Equal("", tree.Sh("find opt etc -type d ! -perm 755"));
    }

    [KernelFact]
    public void Several_at_once_do_it_one_after_the_other()
    {
        using Tree tree = Trees.K3sNode();
        string before = tree.Snapshot();
        string install = string.Join(' ', tree.Words("install")), uninstall = string.Join(' ', tree.Words("uninstall"));
        for (int i = 0; i < 5; i++)
        {
            tree.Sh($"for i in 1 2 3; do {install} >/dev/null & {uninstall} >/dev/null & done; wait");
            tree.AssertWorks([Requirements.Binary], "several at once");
        }

        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    // The paths of the lines about what is done.
    private static string[] Paths(string output, string prefix) =>
    [
        .. from line in output.Split('\n')
           where line.StartsWith(prefix, StringComparison.Ordinal) && line.Contains('/', StringComparison.Ordinal)
           let words = line[prefix.Length..].Split(' ')
           where words[0] is "make" or "made" or "replace" or "replaced" or "remove" or "removed" or "add" or "added" or "take" or "took" or "set" or "put"
           select string.Join(' ', words[1..]),
    ];
}
