using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>What --dry-run prints is what would be done: a shell that is fed with it does the same.</summary>
public sealed class DryRunTests
{
    private const string Feed = "| sed '/^[-+~] names in /d; s/^[-+~] //' | sh -eu";

    [KernelTheory]
    [InlineData(2)]
    [InlineData(1)]
    public void From_nothing(int filter)
    {
        using Node node = Prepared(filter);
        string before = node.Snapshot();
        string ruleset = Ruleset.All(node);
        Assert.Equal(2, node.Srcroute("sync --dry-run").ExitStatus);
        Assert.Equal((before, ruleset), (node.Snapshot(), Ruleset.All(node)));

        node.Sh($"{Requirements.Binary} sync --dry-run {Feed}");
        Assert.EndsWith("names written\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        (string, string) fed = (Sorted(node.Snapshot()), Ruleset.Ours(node));

        node.Srcroute("teardown").Quietly();
        Assert.Equal((before, ruleset), (node.Snapshot(), Ruleset.All(node)));
        node.Srcroute("sync").Quietly();
        Assert.Equal(fed, (Sorted(node.Snapshot()), Ruleset.Ours(node)));
    }

    [KernelFact]
    public void From_nothing_with_networks_as_sources()
    {
        using Node node = Prepared(2);
        node.Sh("ip address add 172.16.3.9/20 dev eth0; ip address add 172.17.0.9/16 dev eth0; ip address add 2001:db8:9:9::9/64 dev eth0 nodad");
        node.Configure("""{ "sources": [{ "network": "172.16.0.0/20" }, { "network": "172.17.0.0/16", "gateway": "172.17.0.1" }, { "network": "2001:db8:9::/48" }] }""");
        Assert.Contains("ct original ip daddr 172.17.0.0/16", node.Srcroute("sync --dry-run").Output, StringComparison.Ordinal);
        node.Sh($"{Requirements.Binary} sync --dry-run {Feed}");
        Assert.EndsWith("\nnames written\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("nft delete table inet srcroute", "+ nft -f - <<'END'\ntable inet srcroute {\n")]
    [InlineData("nft flush table inet srcroute", "~ nft -f - <<'END'\ndelete table inet srcroute\ntable inet srcroute {\n")]
    [InlineData("nft add rule inet srcroute request counter", "~ nft -f - <<'END'\ndelete table inet srcroute\ntable inet srcroute {\n")]
    public void From_another_state(string change, string printed)
    {
        using Node node = Prepared(1);
        node.Srcroute("bootstrap").Quietly();
        node.Sh(change);

        Outcome plan = node.Srcroute("sync --dry-run");
        Assert.Equal(2, plan.ExitStatus);
        Assert.Contains(printed, plan.Output, StringComparison.Ordinal);
        node.Sh($"{Requirements.Binary} sync --dry-run {Feed}");
        node.Srcroute("sync").Quietly();
        (string, string) fed = (Sorted(node.Snapshot()), Ruleset.Ours(node));

        // The same damage once more, and sync.
        node.Srcroute("teardown").Quietly();
        node.Sh(change.StartsWith("ip", StringComparison.Ordinal) ? "ip address del 172.16.0.9/24 dev eth1" : ":");
        node.Srcroute("bootstrap").Quietly();
        node.Sh(change);
        node.Srcroute("sync").Quietly();
        Assert.Equal(fed, (Sorted(node.Snapshot()), Ruleset.Ours(node)));
    }

    [KernelFact]
    public void To_nothing()
    {
        using Node node = Prepared(1);
        (string, string) before = (node.Snapshot(), Ruleset.All(node));
        node.Srcroute("bootstrap").Quietly();

        string plan = node.Srcroute("teardown --dry-run").Output;
        Assert.StartsWith(
            "- nft delete table inet srcroute\n- ip rule del from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206\n",
            plan,
            StringComparison.Ordinal);
        node.Sh($"{Requirements.Binary} teardown --dry-run {Feed}");
        Assert.Equal(before, (node.Snapshot(), Ruleset.All(node)));
    }

    private static Node Prepared(int filter)
    {
        Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh($"echo {filter} >/proc/sys/net/ipv4/conf/all/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/all/src_valid_mark");
        node.Start(["nft", "-f", "-"], Ruleset.Foreign).Finish().Succeeded();
        return node;
    }

    // Among rules of one priority the kernel lists the one made last as the last.
    private static string Sorted(string snapshot) => string.Join('\n', snapshot.Split('\n').Order(StringComparer.Ordinal));
}
