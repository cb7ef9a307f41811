using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Files that change while the watcher runs.</summary>
public sealed class ConfigurationTests
{
    private const string WithGateway = """{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""";

    private const string Default = "default via 10.0.0.254 dev eth1";

    [KernelFact]
    public void A_configuration_written_changed_replaced_and_removed_is_taken_over_each_time()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        node.Configure(WithGateway);
        node.Await($"ip route show table 1001 | grep '{Default}'");
        node.Configure(WithGateway.Replace("254", "253", StringComparison.Ordinal));
        node.Await("ip route show table 1001 | grep 'default via 10.0.0.253 dev eth1'");

        // As kubectl and careful editors do it.
        node.Sh($"echo '{WithGateway}' >/etc/srcroute/.new; chmod 644 /etc/srcroute/.new; mv /etc/srcroute/.new /etc/srcroute/config.json");
        node.Await($"ip route show table 1001 | grep '{Default}'");
        node.Sh("rm /etc/srcroute/config.json");
        node.Await("! ip route show table 1001 | grep default");
        _ = watcher.Settle();
        watcher.AssertTrue();
    }

    [KernelFact]
    public void A_broken_configuration_is_reported_and_the_old_one_stays_in_force()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Configure(WithGateway);
        using var watcher = Watcher.StartAnew(node);

        node.Configure("""{ "sources": [{ "address": "10.0.0.1", """);
        string line = watcher.Await("failed ");
        Assert.Contains("/etc/srcroute/config.json: ", line, StringComparison.Ordinal);
        Assert.Contains("the previous configuration stays in force", line, StringComparison.Ordinal);
        _ = watcher.Sees("ip route flush table src-10.0.0.1");
        node.Await($"ip route show table src-10.0.0.1 | grep '{Default}'");

        node.Configure("{ }");
        node.Await("! ip route show table src-10.0.0.1 | grep default");
        node.Sh("chmod 666 /etc/srcroute/config.json");
        Assert.Contains("others than root may write it", watcher.Await("failed "), StringComparison.Ordinal);
        Assert.True(watcher.IsRunning);
    }

    [KernelFact]
    public void While_the_configuration_is_broken_flannels_file_is_heard_of_all_the_same()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        node.Configure("{");
        _ = watcher.Await("failed ");

        node.Sh("rm /run/flannel/subnet.env");
        node.Await("! ip route show table 1001 | grep '^throw 10.254.0.0/16'");
    }

    [KernelFact]
    public void A_file_elsewhere_is_watched_when_it_was_asked_for()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("mkdir /run/elsewhere");
        node.Write("/run/elsewhere/node.json", "{ }");
        using var watcher = Watcher.Start(node, ["--config", "/run/elsewhere/node.json"]);

        node.Write("/run/elsewhere/node.json", WithGateway);
        node.Await($"ip route show table 1001 | grep '{Default}'");
        node.Sh("rm /run/elsewhere/node.json");
        Assert.Contains("/run/elsewhere/node.json", watcher.Await("failed "), StringComparison.Ordinal);
        _ = watcher.Settle();
        Assert.Contains(Default, node.Table("1001"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void SIGHUP_has_everything_read_again_and_ends_nothing()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("mkdir -p /run/a; echo '{ }' >/run/a/real.json; ln -s /run/a/real.json /etc/srcroute/config.json");
        using var watcher = Watcher.StartAnew(node);

        // A change behind a symbolic link is no event in the directory of the link.
        node.Write("/run/a/real.json", WithGateway);
        watcher.Signal("HUP");
        node.Await($"ip route show table 1001 | grep '{Default}'");
        watcher.Signal("HUP");
        watcher.Signal("HUP");
        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.True(watcher.IsRunning);
    }

    [KernelFact]
    public void Flannels_file_that_comes_late_brings_the_guards_and_one_that_changes_changes_them()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("mv /run/flannel/subnet.env /run/subnet.env; rmdir /run/flannel");
        using var watcher = Watcher.StartAnew(node);
        Assert.DoesNotContain("throw 10.254.0.0/16", node.Table("1001"), StringComparison.Ordinal);

        // flanneld writes .subnet.env and renames it.
        node.Sh("mkdir /run/flannel; cp /run/subnet.env /run/flannel/.subnet.env; mv /run/flannel/.subnet.env /run/flannel/subnet.env");
        node.Await("ip route show table 1001 | grep '^throw 10.254.0.0/16'");
        node.Await("ip -6 route show table 1003 | grep '^throw fd00:254::/48'");
        node.Sh("sed -i s,10.254.0.0/16,10.254.0.0/15, /run/flannel/subnet.env");
        node.Await("ip route show table 1001 | grep '^throw 10.254.0.0/15'");
        _ = watcher.Settle();
        watcher.AssertTrue();
    }

    [KernelFact]
    public void A_directory_made_together_with_its_file_is_seen_however_fast_that_goes()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("rmdir /etc/srcroute");
        using var watcher = Watcher.StartAnew(node);
        for (int i = 0; i < 20; i++)
        {
            node.Sh($"mkdir /etc/srcroute; echo '{WithGateway}' >/etc/srcroute/config.json");
            node.Await($"ip route show table 1001 | grep '{Default}'");
            node.Sh("rm -r /etc/srcroute");
            node.Await("! ip route show table 1001 | grep default");
        }
    }
}
