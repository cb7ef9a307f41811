using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>Bad input: one sentence that names it, exit status 1, nothing changed.</summary>
public sealed class RefusalTests
{
    [KernelTheory]
    [InlineData("/etc/cni/net.d/10-flannel.conflist", "{ \"plugins\": [", "/etc/cni/net.d/10-flannel.conflist: not valid JSON")]
    [InlineData("/etc/cni/net.d/10-flannel.conflist", "{ \"plugins\": [] }", "/etc/cni/net.d/10-flannel.conflist: plugins: there is none")]
    [InlineData("/etc/cni/net.d/10-flannel.conflist", "{ \"type\": \"bridge\" }", "/etc/cni/net.d/10-flannel.conflist: plugins: there is none")]
    [InlineData("/etc/srcroute/config.json", "{ \"discover\": \"no\" }", "/etc/srcroute/config.json: discover")]
    [InlineData("/etc/srcroute/installed", "file:0123\n", "/etc/srcroute/installed: not understood: file:0123")]
    [InlineData("/etc/srcroute/installed", "entry etc/cni\n", "/etc/srcroute/installed: not understood: entry etc/cni")]
    [InlineData("/etc/srcroute/installed", "socket /run/x\n", "/etc/srcroute/installed: not understood: socket /run/x")]
    public void A_file_that_is_not_understood_is_named(string file, string text, string sentence)
    {
        using Tree tree = Trees.Debian().Write(file, text);
        string before = tree.Snapshot();
        Assert.StartsWith($"srcroute: {sentence}", tree.Srcroute("install").Refusal(), StringComparison.Ordinal);
        Assert.StartsWith($"srcroute: {sentence}", tree.Srcroute("install --dry-run").Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void A_record_that_others_may_write_is_not_believed()
    {
        using Tree tree = Trees.Debian();
        tree.Srcroute("install").Quietly();
        tree.Sh("chmod 666 etc/srcroute/installed");
        string before = tree.Snapshot();
        Assert.Contains("/etc/srcroute/installed: others than root may write it", tree.Srcroute("uninstall").Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelTheory]
    [InlineData("chown 1001 etc/srcroute", "/etc/srcroute: others than root may write it (owner 1001, mode 755)")]
    [InlineData("mkdir -p opt/cni; rm -r opt/cni/bin; ln -s /none opt/cni/bin", "/opt/cni/bin: a symbolic link to /none, where there is no directory")]
    [InlineData("rm -r opt/cni; touch opt/cni", "/opt/cni: not a directory")]
    [InlineData("mkdir opt/cni/bin/srcroute", "/opt/cni/bin/srcroute: a directory is in the place of srcroute; move it away")]
    public void What_is_in_the_way_is_named_and_left(string script, string sentence)
    {
        using Tree tree = Trees.Debian().Make("/etc/srcroute");
        tree.Sh(script);
        string before = tree.Snapshot();
        Assert.StartsWith($"srcroute: {sentence}", tree.Srcroute("install").Refusal(), StringComparison.Ordinal);
        Assert.StartsWith($"srcroute: {sentence}", tree.Srcroute("install --dry-run").Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void A_list_that_was_changed_since_it_was_made_of_a_plugin_is_not_thrown_away()
    {
        using Tree tree = Trees.Single();
        tree.Srcroute("install").Quietly();
        tree.Write("/etc/cni/net.d/10-bridge.conflist", tree.Read("/etc/cni/net.d/10-bridge.conflist").Replace("bridge", "ptp", StringComparison.Ordinal));
        string before = tree.Snapshot();
        Assert.Contains("/etc/cni/net.d/10-bridge.conflist: has been changed", tree.Srcroute("uninstall").Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelTheory]
    [InlineData("install")]
    [InlineData("uninstall")]
    public void Without_root_that_is_said(string verb)
    {
        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        using Tree tree = Trees.Debian();
        Assert.Contains("needs root", Job.Start([.. nobody, .. tree.Words(verb)]).Finish().Refusal(), StringComparison.Ordinal);
        Assert.Contains("needs root", Job.Start([.. nobody, .. tree.Words($"{verb} --dry-run")]).Finish().Refusal(), StringComparison.Ordinal);
        Assert.Contains(
            "CAP_SYS_CHROOT",
            Job.Start(["setpriv", "--bounding-set=-sys_chroot", .. tree.Words(verb)]).Finish().Refusal(),
            StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("install --root", "needs a directory")]
    [InlineData("install --root /none", "--root /none: ")]
    [InlineData("uninstall --root /proc", "--root /proc: ")]
    [InlineData("install /opt", "/opt")]
    [InlineData("uninstall --force", "--force")]
    public void A_wrong_command_line_is_named(string arguments, string words) =>
        Assert.Contains(words, Job.Start([Requirements.Binary, .. arguments.Split(' ')]).Finish().Refusal(), StringComparison.Ordinal);

    [KernelFact]
    public void A_full_disk_leaves_no_half_of_a_file()
    {
        using Tree tree = Trees.Debian();
        string before = tree.Snapshot();
        string script = "mount -t tmpfs -o size=1m small opt/cni/bin; shift; \"$@\"; status=$?; ls -A opt/cni/bin >&2; exit $status";
        Outcome outcome = Job.Start(
        [
            "unshare", "--mount", "--propagation", "private", "sh", "-uc", $"cd \"$1\"; {script}", "sh", tree.Sh("pwd").Trim(), .. tree.Words("install"),
        ]).Finish();
        Assert.Equal(1, outcome.ExitStatus);
        Assert.StartsWith("srcroute: No space left on device", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        tree.Srcroute("uninstall").Quietly();
        Assert.Equal(before, tree.Snapshot());
    }
}
