using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>Others who touch what is ours, or put theirs beside it.</summary>
public sealed class FightTests
{
    [KernelTheory]
    [InlineData("ip rule del from 10.0.0.1 iif lo lookup 1001")]
    [InlineData("ip -6 rule del from 2001:db8:2::1 lookup 1003")]
    [InlineData("ip route del default table 1000")]
    [InlineData("ip route del 10.254.2.0/24 table 1001")]
    [InlineData("ip route del throw 10.254.0.0/16 table 1001")]
    [InlineData("ip route del 10.0.0.0/24 table 1001")]
    [InlineData("ip -6 route del fd00:254:0:2::/64 table 1002")]
    [InlineData("ip route replace default via 192.168.1.9 table 1000 proto 206")]
    [InlineData("ip -6 route replace fd00:254:0:2::/64 via fd00:254:0:2::9 dev flannel-v6.1 onlink table 1002 proto 206 metric 1024")]
    [InlineData("ip route add 198.51.100.0/24 dev eth1 table 1001 proto 206")]
    [InlineData("ip route add 198.51.100.0/24 dev eth1 table 4711 proto 206")]
    [InlineData("ip rule add from 10.0.0.7 iif lo lookup 1001 priority 32765 protocol 206")]
    [InlineData("ip rule add from 10.0.0.1 lookup 1000 priority 29999 protocol 206")]
    public void What_is_done_to_ours_is_undone_in_one_round_and_said_once(string script)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        string before = Sorted(node.Snapshot());

        node.Sh(script);
        string line = watcher.Await("somebody else");
        Assert.StartsWith("repaired cause=\"somebody else ", line, StringComparison.Ordinal);
        Assert.Equal(before, Sorted(node.Snapshot()));
        Assert.Empty(watcher.Settle());
        watcher.AssertTrue();
    }

    [KernelTheory]
    [InlineData("nft flush ruleset", "nftables_added=1")]
    [InlineData("nft delete chain inet srcroute output", "nftables_changed=1")]
    public void Who_changes_our_nftables_table_is_named_and_it_is_made_anew(string script, string done)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        string before = node.Sh("nft -s list ruleset");
        node.Sh("nft add table inet somebodys; nft delete table inet somebodys");

        node.Sh(script);
        string line = watcher.Await("somebody else");
        Assert.StartsWith($"repaired cause=\"somebody else changed table inet srcroute of nftables (by nft)\" {done} ", line, StringComparison.Ordinal);
        Assert.Equal(before, node.Sh("nft -s list ruleset"));
        Assert.Empty(watcher.Settle());
    }

    [KernelFact]
    public void A_reverse_path_check_that_becomes_strict_is_heard_of()
    {
        using Node node = Topology.TwoCards().WithFlannel();

        // The greater of a card's value and that of all is in force.
        node.Sh("echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter");
        using var watcher = Watcher.StartAnew(node);
        Assert.DoesNotContain("meta nfproto ipv4 ct mark", node.Sh("nft list chain inet srcroute prerouting"), StringComparison.Ordinal);
        node.Sh("echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter");
        Assert.StartsWith("repaired cause=\"rp_filter was set\" nftables_changed=1 ", watcher.Await("rp_filter"), StringComparison.Ordinal);
        Assert.Contains("meta nfproto ipv4 ct mark", node.Sh("nft list chain inet srcroute prerouting"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void All_rules_and_all_tables_flushed_are_back_at_once()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        string before = Sorted(node.Snapshot());

        // At once for the watcher too: whoever goes on as long as there are rules, and meets a quick watcher, fights with it.
        watcher.Signal("STOP");
        node.Sh(
            "for p in 32765 32764; do for f in -4 -6; do while ip $f rule del priority $p; do :; done; done; done 2>/dev/null; " +
            "for t in 1000 1001 1002 1003; do ip route flush table $t 2>/dev/null || :; ip -6 route flush table $t 2>/dev/null || :; done");
        watcher.Signal("CONT");
        _ = watcher.Await("somebody else");
        watcher.AssertTrue();
        Assert.Equal(before, Sorted(node.Snapshot()));
        Assert.DoesNotContain(watcher.Lines, line => line.StartsWith("undone ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void The_culprit_is_named_while_it_lives()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        // Its second command waits for more input, so it is still there.
        using Job culprit = node.Start(
            ["sh", "-c", "(echo 'rule del from 10.0.0.1 iif lo lookup 1001'; until ip rule | grep -q 'from 10.0.0.1 '; do :; done; sleep infinity) | ip -batch -"]);
        Assert.Contains("(by ip)", watcher.Await("removed rule 32765 'from 10.0.0.1 iif lo lookup 1001"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ip rule del from 10.0.0.1 iif lo lookup 1001")]
    [InlineData("ip route flush table 1000")]
    public void Somebody_whose_number_counts_among_other_processes_is_nobody_of_ours(string script)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        // As in a container on the host's network: its ip is process 1 there, and another is that here.
        node.Sh($"unshare --pid --fork {script}");
        Assert.DoesNotContain("(by ", watcher.Await("somebody else removed"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void What_one_did_is_not_laid_at_the_door_of_another_who_was_heard_first()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.Start(node, ["--metrics-listen", "127.0.0.1:9469"]);
        _ = watcher.Settle();

        // More than it takes in at once; nftables is listened to first.
        watcher.Signal("STOP");
        node.Ip(string.Join('\n', Enumerable.Range(0, 2000).Select(i => $"route add 10.254.{16 + (i / 250)}.{i % 250} via 10.254.2.0 dev flannel.1 onlink")));
        node.Sh("ip rule del from 10.0.0.1 iif lo lookup 1001; nft flush ruleset");
        watcher.Signal("CONT");
        _ = watcher.Settle();
        watcher.AssertTrue();
        string[] lines = [.. watcher.Lines.Where(line => line.StartsWith("repaired ", StringComparison.Ordinal)).Skip(1)];
        Assert.Equal(
            [
                "repaired cause=\"somebody else changed table inet srcroute of nftables (by nft)\" nftables_added=1",
                "repaired cause=\"somebody else removed rule 32765 'from 10.0.0.1 iif lo lookup 1001'\" rules_added=1",
            ],
            lines.Select(line => line[..line.IndexOf(" ms=", StringComparison.Ordinal)]).Order(StringComparer.Ordinal));
        Assert.Contains(watcher.Lines, line => line.StartsWith("followed cause=\"main's routes to ", StringComparison.Ordinal));
        string metrics = node.Sh("printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' | socat -t 60 - TCP:127.0.0.1:9469");
        Assert.Contains("srcroute_repairs_total{cause=\"nftables\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("srcroute_repairs_total{cause=\"rule\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Matches("srcroute_repairs_total\\{cause=\"main\"\\} 4[0-9]{3}\n", metrics);
    }

    [KernelFact]
    public void A_table_of_nftables_that_is_changed_and_put_right_again_is_no_fight()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        for (int i = 1; i <= 14; i++)
        {
            // One transaction adds a chain, and another takes it away; main changes by more than can be followed.
            watcher.Signal("STOP");
            node.Sh($"nft add chain inet srcroute strange; nft delete chain inet srcroute strange; ip route add 198.51.100.{i} via 192.168.1.9");
            watcher.Signal("CONT");
            node.Await($"ip route show table 1000 | grep 198.51.100.{i}");
        }

        Assert.Equal(0, watcher.Pauses);
        watcher.AssertTrue();
    }

    [KernelFact]
    public void Who_deletes_again_and_again_meets_longer_and_longer_pauses_and_is_complained_of()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        (TimeSpan used, var clock) = (watcher.ProcessorTime(), Stopwatch.StartNew());
        using Job enemy = node.Start(["sh", "-c", "while :; do ip rule del from 10.0.0.1 iif lo lookup 1001 2>/dev/null || :; done"]);

        Assert.EndsWith("text=\"somebody keeps undoing this; next attempt in 1 s\"", watcher.Await("undone "), StringComparison.Ordinal);
        Assert.EndsWith("next attempt in 2 s\"", watcher.Await("undone "), StringComparison.Ordinal);
        Assert.EndsWith("next attempt in 4 s\"", watcher.Await("undone "), StringComparison.Ordinal);
        enemy.Dispose();

        Assert.InRange(watcher.Lines.Count(line => line.StartsWith("repaired ", StringComparison.Ordinal)), 3, 60);
        Assert.InRange(watcher.ProcessorTime() - used, TimeSpan.Zero, clock.Elapsed / 4);
        node.Await("ip rule | grep 'from 10.0.0.1 '");
        _ = watcher.Settle();
        watcher.AssertTrue();
    }

    [KernelFact]
    public void Pods_and_peers_are_followed_at_once_also_while_somebody_fights_over_a_rule()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        using Job enemy = node.Start(["sh", "-c", "while :; do ip rule del from 10.0.0.1 iif lo lookup 1001 2>/dev/null || :; done"]);
        watcher.AssertFollowsInAPause();
    }

    [KernelFact]
    public void Foreign_rules_and_routes_are_left_alone_and_spoken_of_when_they_are_in_the_way()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        node.Sh("ip rule add from 10.0.0.1 lookup 77 priority 5");
        Assert.Contains("somebody else made rule 5 'from 10.0.0.1 lookup 77'", watcher.Await("repaired "), StringComparison.Ordinal);
        Assert.Empty(watcher.Sees(
            "ip rule add fwmark 0x4000/0x4000 lookup 77 priority 6; ip route add 198.51.100.0/24 dev eth1 table 1001; " +
            "ip route add 198.51.100.0/24 dev eth1 table 77"));
        Assert.Contains("198.51.100.0/24 dev eth1 scope link", node.Table("1001"), StringComparison.Ordinal);
        Assert.Contains("lookup 77", node.Sh("ip rule"), StringComparison.Ordinal);

        // Where a copy is to stand already.
        node.Sh("ip route add 10.254.3.0/24 dev eth1 table 1001; ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        _ = watcher.Settle();
        Assert.Contains("10.254.3.0/24 dev eth1 scope link", node.Table("1001"), StringComparison.Ordinal);
        node.Sh("ip rule del priority 5; ip route del 198.51.100.0/24 dev eth1 table 1001; ip route del 10.254.3.0/24 dev eth1 table 1001");
        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.Equal("via 10.254.3.0 dev flannel.1", node.Way("10.254.3.5", "10.0.0.1"));
    }

    private static string Sorted(string snapshot) => string.Join('\n', snapshot.Split('\n').Order(StringComparer.Ordinal));
}
