using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What an unprivileged user of the node can open, lock, make or name: none of it stalls or misleads.</summary>
public sealed class LocalUserTests
{
    private const string Names = "/etc/iproute2/rt_tables.d/srcroute.conf";

    private static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    [KernelFact]
    public void Locks_that_a_user_holds_on_what_he_can_open_keep_nobody()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("{}");
        node.Sh("mkdir -p /run/net.d");
        node.Write("/run/net.d/10-x.conflist", "{\"name\":\"x\",\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"bridge\"}]}");
        string[] open =
        [
            "/", "/run", "/run/srcroute", "/run/srcroute/lock", "/run/srcroute/watch.lock", "/run/srcroute/files.lock", "/etc", "/etc/iproute2",
            "/etc/iproute2/rt_tables.d", Names, "/etc/srcroute", "/etc/srcroute/config.json", "/run/flannel", "/run/flannel/subnet.env", "/run/net.d",
            "/run/net.d/10-x.conflist",
        ];
        using Job user = node.Start(
            [
                .. Nobody,
                "sh",
                "-c",
                $"held=0; for file in {string.Join(' ', open)}; do [ ! -r $file ] || {{ flock $file sleep infinity & held=$((held + 1)); }}; done; " +
                "until [ $(grep -c FLOCK /proc/locks) -ge $held ]; do :; done; echo held >&2; wait",
            ],
            awaited: "held");
        Assert.True(int.Parse(node.Sh("grep -c FLOCK /proc/locks"), System.Globalization.CultureInfo.InvariantCulture) >= 10);

        node.Ip("rule del from 10.0.0.1\naddress add 10.0.7.1/24 dev eth1");
        // Less than they wait for a lock of each other.
        node.Sh($"timeout 25 {Requirements.Binary} sync");
        Assert.Contains("src-10.0.7.1", node.Sh($"cat {Names}"), StringComparison.Ordinal);
        node.Sh($"timeout 25 {Requirements.Binary} conflist add /run/net.d/10-x.conflist");
        node.Call("ADD", Calls.Input(Calls.Result())).Quietly().AssertResult(Calls.Result());
        Assert.StartsWith("healthy", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        using var watcher = Watcher.Start(node, ["--conflist", "/run/net.d/10-x.conflist"]);
        node.Sh("ip rule del from 10.0.0.1");
        Assert.StartsWith("repaired ", watcher.Await("somebody else removed rule"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("/run/srcroute/lock")]
    [InlineData("/run/srcroute")]
    public void A_lock_that_others_could_hold_is_refused_in_a_sentence(string path)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"chmod 777 {path}");
        Assert.Contains($"srcroute: {path}: others than ", node.Srcroute("sync").Refusal(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Locks_are_our_own_files_in_a_directory_of_our_own()
    {
        using Node node = Topology.TwoCards();
        node.Sh($"umask 0; {Requirements.Binary} bootstrap");
        using var watcher = Watcher.Start(node);
        Assert.Equal("700 /run/srcroute\n", node.Sh("stat -c '%a %n' /run/srcroute"));
        Assert.Equal("600 0 /run/srcroute/lock\n600 0 /run/srcroute/watch.lock\n", node.Sh("stat -c '%a %u %n' /run/srcroute/*"));
    }

    [KernelFact]
    public void What_is_made_has_its_mode_and_group_whatever_the_umask_and_the_directory()
    {
        using Node node = Topology.TwoCards();
        node.Sh($"rm -r /etc/iproute2/rt_tables.d /etc/iproute2/rt_protos.d || true; chgrp 1000 /etc/iproute2; chmod 2755 /etc/iproute2; umask 0; {Requirements.Binary} bootstrap");
        Assert.Equal("755\n755\n", node.Sh("cd /etc/iproute2; stat -c %a rt_tables.d rt_protos.d | sed s/^2//"));
        Assert.Equal("644 0 0\n644 0 0\n", node.Sh("cd /etc/iproute2; stat -c '%a %u %g' rt_tables.d/srcroute.conf rt_protos.d/srcroute.conf"));
    }

    [KernelTheory]
    [InlineData("chown 65534", "owner 65534, mode 644")]
    [InlineData("chmod 666", "owner 0, mode 666")]
    public void Names_that_others_may_have_written_name_no_table(string change, string reason)
    {
        using Node node = Topology.TwoCards();
        node.Sh($"mkdir -p {Path.GetDirectoryName(Names)}; echo 51820 src-10.0.0.1 >{Names}; {change} {Names}");
        Outcome outcome = node.Srcroute("bootstrap").Succeeded();
        Assert.Contains($"warning: {Names}: others than root may write it ({reason}); make it root's with mode 644", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("51820", node.Sh("ip -N route show table all; ip -N rule"), StringComparison.Ordinal);

        // Ours now, and believed.
        Assert.Equal("", node.Srcroute("sync").Quietly().Error);
        Assert.Contains("lookup src-10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Pods_networks_that_others_may_have_written_are_not_believed()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("echo FLANNEL_NETWORK=8.0.0.0/8 >/run/flannel/subnet.env; chmod 666 /run/flannel/subnet.env");
        Assert.Contains("/run/flannel/subnet.env: others than root", node.Srcroute("bootstrap").Succeeded().Error, StringComparison.Ordinal);
        Assert.Equal("", node.Sh("ip route show table all 8.0.0.0/8"));
        Assert.Contains("\"code\": \"file-not-trusted\"", node.Srcroute("status -o json").Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Files_are_written_in_no_directory_that_others_may_write_in()
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkdir /run/prom; chown 65534 /run/prom; echo secret >/run/victim; chmod 600 /run/victim; ln -s /run/victim /run/prom/m.prom");
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/prom/m.prom"]);
        Assert.Contains("/run/prom: others than root may write it", watcher.Await("failed "), StringComparison.Ordinal);
        Assert.Equal("600 secret\n", node.Sh("echo $(stat -c %a /run/victim) $(cat /run/victim)"));
        Assert.Equal("m.prom\n", node.Sh("ls -A /run/prom"));
    }
}
