using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>What belongs to others stays theirs, and what somebody made of ours is no longer ours.</summary>
public sealed class KeptTests
{
    private const string Watch = "/etc/systemd/system/srcroute-watch.service";

    private const string WatchLink = "/etc/systemd/system/multi-user.target.wants/srcroute-watch.service";

    private const string Config = "/etc/srcroute/config.json";

    private const string Conflist = "/etc/cni/net.d/10-flannel.conflist";

    [KernelFact]
    public void What_stood_there_before_is_left_or_gets_out_of_the_way_and_all_of_it_is_said()
    {
        using Tree tree = Trees.ByHand();
        string said = tree.Srcroute("install").Quietly().Output;
        Assert.Contains($"\nkept {Config}\n", said, StringComparison.Ordinal);
        Assert.Contains($"\nleft {Watch}: it was there before, and is a different file\n", said, StringComparison.Ordinal);
        Assert.Contains("\nleft /usr/local/sbin/srcroute: it was there before, and is a different file\n", said, StringComparison.Ordinal);
        Assert.Contains($"\nset aside {Tree.Plugin} as {Tree.Plugin}.before-srcroute\nreplaced {Tree.Plugin}\n", said, StringComparison.Ordinal);
        tree.AssertWorks([Requirements.Binary], "installed");
        Assert.Contains($"\nput back {Tree.Plugin}\n", tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void The_very_same_file_of_somebody_else_stays()
    {
        using Tree tree = Trees.Debian();
        tree.Sh($"cp {Requirements.Binary} .{Tree.Plugin}");
        string before = tree.Snapshot();
        Assert.Contains($"unchanged {Tree.Plugin}\n", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void A_file_of_ours_that_was_changed_is_left_and_named()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install").Quietly();
        tree.Sh($"echo '# mine' >>.{Watch}; echo '{{ \"discover\": false }}' >.{Config}");
        string changed = tree.Read(Watch);

        string again = tree.Srcroute("install").Quietly().Output;
        Assert.Contains($"left {Watch}: it has been changed since it was installed\n", again, StringComparison.Ordinal);
        Assert.Contains($"kept {Config}\n", again, StringComparison.Ordinal);
        Assert.EndsWith("nothing to do\n", again, StringComparison.Ordinal);

        string said = tree.Srcroute("uninstall").Quietly().Output;
        Assert.Contains($"left {Watch}: it has been changed since it was installed\n", said, StringComparison.Ordinal);
        Assert.Contains($"left {Config}: it has been changed since it was installed\n", said, StringComparison.Ordinal);
        Assert.Equal(changed, tree.Read(Watch));
        Assert.Equal("{ \"discover\": false }\n", tree.Read(Config));
        Assert.False(tree.Has(WatchLink));
        Assert.False(tree.Has(Tree.Plugin));
        Assert.False(tree.Has("/etc/srcroute/installed"));
    }

    [KernelFact]
    public void A_directory_of_ours_that_others_use_by_now_stays()
    {
        using Tree tree = Trees.Ubuntu();
        tree.Srcroute("install").Quietly();
        tree.Write("/opt/cni/bin/bridge", "#!/bin/sh\n", "755");
        Assert.Contains("left /opt/cni/bin: it is not empty\n", tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("bridge", tree.Sh("ls opt/cni/bin").Trim());
        Assert.False(tree.Has("/etc/srcroute"));
    }

    [KernelFact]
    public void A_unit_that_was_disabled_or_masked_stays_that()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install").Quietly();
        tree.Sh($"rm .{WatchLink}");
        Assert.Contains("left srcroute-watch.service disabled\n", tree.Srcroute("install", tree.Older()).Quietly().Output, StringComparison.Ordinal);
        Assert.False(tree.Has(WatchLink));

        tree.Sh($"ln -sf /dev/null .{Watch}");
        Assert.Contains($"left {Watch}: it has been changed", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("/dev/null", tree.Sh($"readlink .{Watch}").Trim());
    }

    [KernelFact]
    public void An_upgrade_replaces_the_program_and_its_units_and_keeps_the_configuration()
    {
        using Tree tree = Trees.Debian();
        string before = tree.Snapshot();
        tree.Srcroute("install", tree.Older()).Quietly();
        Assert.Contains("RestartSec=9", tree.Read(Watch), StringComparison.Ordinal);
        Assert.Contains("n*ne", tree.Read(Config), StringComparison.Ordinal);
        string said = tree.Srcroute("install").Quietly().Output;
        Assert.Contains($"\nreplaced {Tree.Plugin}\n", said, StringComparison.Ordinal);
        Assert.Contains($"\nreplaced {Watch}\n", said, StringComparison.Ordinal);
        Assert.Contains($"\nkept {Config}\n", said, StringComparison.Ordinal);
        tree.Sh($"cmp .{Tree.Plugin} {Requirements.Binary}");
        Assert.Contains("RestartSec=1\n", tree.Read(Watch), StringComparison.Ordinal);
        Assert.Contains("n*ne", tree.Read(Config), StringComparison.Ordinal);
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void An_older_program_takes_away_what_a_newer_one_put_there()
    {
        using Tree tree = Trees.K3sNode();
        string before = tree.Snapshot();
        tree.Srcroute("install").Quietly();
        tree.Srcroute("uninstall", tree.Older()).Quietly();
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void A_plugin_that_runs_is_replaced_all_the_same()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install", tree.Older()).Quietly();

        // It waits for its standard input's end, which does not come.
        tree.Sh($"""
            mkfifo fifo
            CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/ .{Tree.Plugin} <fifo >/dev/null 2>&1 &
            exec 9>fifo
            until readlink /proc/$!/exe | grep -q srcroute; do :; done
            {string.Join(' ', tree.Words("install"))} >/dev/null
            cmp .{Tree.Plugin} {Requirements.Binary}
            kill $!
            """);
    }

    [KernelFact]
    public void An_entry_that_others_have_put_there_goes_with_the_plugin_it_names()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install").Quietly();

        // flannel's ConfigMap has the entry by now, and its file another name.
        tree.Sh("cd etc/cni/net.d; mv 10-flannel.conflist 05-flannel.conflist");
        Assert.Contains("took srcroute out of /etc/cni/net.d/05-flannel.conflist\n", tree.Srcroute("uninstall").Quietly().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("srcroute", tree.Read("/etc/cni/net.d/05-flannel.conflist"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_conflist_that_is_written_anew_gets_its_entry_again()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install").Quietly();
        tree.Write(Conflist, Tree.Conflist);
        Assert.Contains($"added srcroute to {Conflist}\n", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
        tree.Write(Conflist, Tree.Conflist);
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(Tree.Conflist, tree.Read(Conflist));
    }
}
