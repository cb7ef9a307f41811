using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// What is done to our nftables table behind our back: seen by status, repaired by sync and by the watcher; the tables of others stay as they are.
/// </summary>
public sealed class TableRepairTests
{
    private static readonly string[] All =
    [
        "flush ruleset",
        "delete table inet srcroute",
        "flush table inet srcroute",
        "flush chain inet srcroute own",
        "flush chain inet srcroute request",
        "delete chain inet srcroute output",
        "flush chain inet srcroute opening; flush chain inet srcroute forwarded; delete chain inet srcroute arrival",
        "rename chain inet srcroute output own2",
        "delete rule inet srcroute arrival handle HANDLE",
        "add rule inet srcroute prerouting accept",
        "insert rule inet srcroute prerouting return",
        "add rule inet srcroute prerouting counter",
        "add rule inet srcroute arrival iifname \"eth9\" drop",
        "add chain inet srcroute strange",
        "add chain inet srcroute strange { type filter hook prerouting priority 7; }",
        "add chain inet srcroute strange; add rule inet srcroute strange drop",
        "add chain inet srcroute a_chain_whose_name_is_much_longer_than_any_of_ours; " +
        "add rule inet srcroute a_chain_whose_name_is_much_longer_than_any_of_ours counter",
        "flush map inet srcroute requests",
        "add element inet srcroute cards { \"eth9\" : drop }",
        "delete element inet srcroute kept-ports { 4789 }",
        "add set inet srcroute strange { type ipv4_addr; }",
        "add map inet srcroute strange { type ipv4_addr : mark; }",
        "add counter inet srcroute strange",
        "delete chain inet srcroute output; add chain inet srcroute output { type route hook output priority 90; }; " +
        "add rule inet srcroute output ct status dnat ct mark & 0x3f != 0 ct direction reply goto request",
        "delete chain inet srcroute output; add chain inet srcroute output { type filter hook output priority -80; }; " +
        "add rule inet srcroute output ct mark & 0x3f != 0 ct direction reply goto request",
        "add chain inet srcroute prerouting { policy drop; }",
        "add table inet srcroute { flags dormant; }",
    ];

    /// <summary>The damage, as nft(8) takes it.</summary>
    public static TheoryData<string> Damage => [.. All];

    /// <summary>Few at a time: more than that would be a fight.</summary>
    public static TheoryData<string[]> Portions => [.. All.Chunk(4)];

    [KernelTheory]
    [MemberData(nameof(Damage))]
    public void It_is_drift_for_status_and_repaired_by_sync(string damage)
    {
        using Node node = Prepared();
        node.Srcroute("bootstrap").Quietly();
        string right = Ruleset.Ours(node), rules = Ruleset.MarkRules(node);
        node.Srcroute("status").Quietly();

        Do(node, damage);
        string others = Ruleset.Others(node);
        Assert.NotEqual(right, Ruleset.Ours(node));
        Outcome status = node.Srcroute("status");
        Assert.True(status.ExitStatus == 2, $"not seen: {damage}\n{status.Output}");
        Assert.StartsWith("drift", status.Output, StringComparison.Ordinal);
        Assert.Contains("table inet srcroute of nftables; `srcroute sync --dry-run` shows it in full\n", status.Output, StringComparison.Ordinal);

        bool gone = Ruleset.Ours(node).Length == 0;
        Assert.EndsWith($"\n1 table of nftables {(gone ? "added" : "changed")}\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal((right, rules, others), (Ruleset.Ours(node), Ruleset.MarkRules(node), Ruleset.Others(node)));
        Assert.EndsWith("\nnothing to do\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        node.Srcroute("status").Quietly();
    }

    [KernelTheory]
    [MemberData(nameof(Portions))]
    public void It_is_repaired_by_the_watcher_which_says_once_who_did_it(string[] portion)
    {
        using Node node = Prepared();
        using var watcher = Watcher.StartAnew(node);
        string right = Ruleset.Ours(node);
        Assert.NotEqual("", right);

        foreach (string damage in portion)
        {
            Do(node, damage);
            string line = watcher.Await("table inet srcroute of nftables");
            Assert.True(
                line.StartsWith("repaired cause=\"somebody else changed table inet srcroute of nftables (by nft)\" nftables_", StringComparison.Ordinal),
                $"{damage}: {line}");
            Assert.True(right == Ruleset.Ours(node), damage);
            Assert.True(watcher.Settle() is [], damage);
        }

        watcher.AssertTrue();
    }

    [KernelFact]
    public void Tables_of_others_are_no_news() => Watcher.BetweenVerifications(Prepared, (node, watcher) =>
    {
        // A mount over flannel's directory is no event in it: only a reading of the node would find it.
        node.Sh("mount -t tmpfs unheard /run/flannel");
        Assert.Empty(watcher.Sees("""
            for i in $(seq 1 20); do
                nft add table inet churn
                nft 'add chain inet churn c { type filter hook prerouting priority 0; }'
                nft 'add rule inet churn c meta mark set 1'
                nft delete table inet churn
                iptables-nft -t nat -A PREROUTING -p tcp --dport 1 -j ACCEPT
                iptables-nft -t nat -D PREROUTING -p tcp --dport 1 -j ACCEPT
            done
            """));
    });

    [KernelFact]
    public void Who_destroys_it_again_and_again_meets_longer_and_longer_pauses_and_is_complained_of()
    {
        using Node node = Prepared();
        using var watcher = Watcher.StartAnew(node);
        (TimeSpan used, var clock) = (watcher.ProcessorTime(), Stopwatch.StartNew());
        using Job enemy = node.Start(["sh", "-c", "while :; do nft delete table inet srcroute 2>/dev/null || :; done"]);

        Assert.EndsWith("text=\"somebody keeps undoing this; next attempt in 1 s\"", watcher.Await("undone "), StringComparison.Ordinal);
        Assert.Contains("(by nft)", watcher.Await("undone "), StringComparison.Ordinal);
        Assert.EndsWith("next attempt in 4 s\"", watcher.Await("undone "), StringComparison.Ordinal);
        enemy.Dispose();

        Assert.InRange(watcher.Lines.Count(line => line.StartsWith("repaired ", StringComparison.Ordinal)), 3, 60);
        Assert.InRange(watcher.ProcessorTime() - used, TimeSpan.Zero, clock.Elapsed / 4);
        node.Await("nft list table inet srcroute");
        _ = watcher.Settle();
        watcher.AssertTrue();
    }

    [KernelFact]
    public void Pods_are_followed_at_once_also_while_somebody_fights_over_the_table()
    {
        using Node node = Prepared();
        using var watcher = Watcher.StartAnew(node);
        using Job enemy = node.Start(["sh", "-c", "while :; do nft flush ruleset; done"]);
        watcher.AssertFollowsInAPause();
    }

    [KernelFact]
    public void A_reload_of_firewalld_which_replaces_its_own_tables_alone_is_no_loss()
    {
        using Node node = Prepared();
        using var watcher = Watcher.StartAnew(node);
        string right = Ruleset.Ours(node);
        string firewalld = "table inet firewalld { chain filter_PREROUTING { type filter hook prerouting priority filter + 10; }; " +
            "chain nat_PREROUTING { type nat hook prerouting priority dstnat + 10; }; }";
        Assert.Empty(watcher.Sees($"for i in 1 2 3; do echo 'add table inet firewalld; delete table inet firewalld; {firewalld}' | nft -f -; done"));
        Assert.Equal(right, Ruleset.Ours(node));
    }

    private static void Do(Node node, string damage)
    {
        string handle = damage.Contains("HANDLE", StringComparison.Ordinal)
            ? node.Sh("nft -a list chain inet srcroute arrival | sed -n 's/.*# handle //p' | tail -n 1").Trim()
            : "";
        node.Start(["nft", "-f", "-"], damage.Replace("HANDLE", handle, StringComparison.Ordinal)).Finish().Succeeded();
    }

    private static Node Prepared()
    {
        Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Start(["nft", "-f", "-"], Ruleset.Foreign).Finish().Succeeded();
        return node;
    }
}
