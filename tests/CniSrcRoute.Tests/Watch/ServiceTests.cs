using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The watcher as a service: one a node, with few rights, restarted at any time, and others of us beside it.</summary>
public sealed class ServiceTests
{
    private static readonly string[] Unprivileged =
        [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin",
            "--bounding-set=-all,+net_admin",
        ];

    [KernelFact]
    public void The_service_manager_hears_that_it_is_ready_how_it_stands_and_that_it_lives()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using Job manager = node.Start(["socat", "-u", "UNIX-RECV:/run/notify", "CREATE:/run/told"]);
        node.Await("test -S /run/notify");
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "/run/notify" });

        node.Await("grep -x READY=1 /run/told && grep -x WATCHDOG=1 /run/told && grep -x 'STATUS=4 of 4 sources served' /run/told");
        node.Sh("ip link set eth1 down");
        node.Await("grep -x 'STATUS=2 of [34] sources served' /run/told");
    }

    [KernelFact]
    public void Ready_is_said_only_when_the_tables_are_true_and_also_by_an_abstract_socket()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using Job manager = node.Start(["socat", "-u", "ABSTRACT-RECV:srcroute-test", "SYSTEM:'read -r first; ip rule >/run/rules; cat >/dev/null'"]);
        node.Await("grep -q @srcroute-test /proc/net/unix");
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "@srcroute-test" });

        node.Await("grep . /run/rules");
        Assert.Contains("from 10.0.0.1 iif lo lookup src-10.0.0.1", node.Sh("cat /run/rules"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_service_manager_that_does_not_listen_holds_up_nobody_and_hears_it_later()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("echo 1 >/proc/sys/net/unix/max_dgram_qlen");
        using Job manager = node.Start(["sh", "-c", "echo $$ >/run/manager; exec socat -u UNIX-RECV:/run/notify CREATE:/run/told"]);
        node.Await("test -S /run/notify");
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "/run/notify" });
        node.Await("grep -x READY=1 /run/told");

        node.Sh("kill -STOP $(cat /run/manager)");
        for (int i = 0; i < 4; i++)
        {
            watcher.Signal("HUP");
            watcher.AwaitQuiet();
        }

        node.Sh("ip link set eth1 down");
        _ = watcher.Await("its card eth1 is down");
        node.Await("flock --nonblock /run/srcroute/lock true");
        node.Sh("kill -CONT $(cat /run/manager)");
        node.Await("grep -x 'STATUS=2 of [34] sources served' /run/told");
    }

    [KernelFact]
    public void Under_journald_every_line_has_its_level()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.Start(node, environment: new Dictionary<string, string> { ["JOURNAL_STREAM"] = "8:12345" });
        _ = watcher.Settle();
        node.Sh("ip link set eth1 down");
        _ = watcher.Await("trouble ");
        node.Configure("{");
        _ = watcher.Await("failed ");

        Assert.All(watcher.Lines[1..], line => Assert.Matches("^<[346]>[a-z]+ [a-z_]+=", line));
        Assert.Contains(watcher.Lines, line => line.StartsWith("<3>failed ", StringComparison.Ordinal));
        Assert.True(watcher.Lines.Any(line => line.StartsWith("<4>trouble ", StringComparison.Ordinal)), string.Join('\n', watcher.Lines));
        Assert.Contains(watcher.Lines, line => line.StartsWith("<6>repaired ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void A_second_watcher_is_refused_and_the_first_goes_on()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        Assert.Contains("another srcroute watches this node already", node.Srcroute("watch").Refusal(), StringComparison.Ordinal);
        Assert.StartsWith("followed ", watcher.SeesOnce("ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Killed_it_leaves_the_routes_and_a_new_one_takes_over_without_touching_one()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        string before;
        using (var first = Watcher.StartAnew(node))
        {
            before = node.Snapshot();
            first.Signal("KILL");
            _ = first.Finish();
        }

        Assert.Equal(before, node.Snapshot());
        node.Sh("ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink; ip rule del from 10.0.0.1 lookup 1001");
        using Job witness = node.Start(
            [
                "sh",
                "-c",
                "ip monitor route rule >/run/heard & " +
                "until awk '$4 != \"00000000\" && NR > 1 { found = 1 } END { exit !found }' /proc/net/netlink; do :; done; echo ready >&2; wait",
            ],
            awaited: "ready");
        using var second = Watcher.Start(node);
        string[] lines = second.Settle();
        Assert.Matches("^repaired cause=\"started\" routes_added=[24] rules_added=1 ms=", lines[0]);
        second.AssertTrue();

        // The witness hears of changes in their order: with the last one, it has heard of all before it.
        node.Ip("route add 198.51.100.0/24 dev cni0");
        node.Await("grep -F 198.51.100.0/24 /run/heard");
        Assert.DoesNotContain("Deleted", node.Sh("cat /run/heard"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Sync_and_bootstrap_beside_it_find_nothing_to_do_and_wake_no_quarrel()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        Assert.Contains("nothing to do", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        Assert.Contains("nothing to do", node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        Assert.StartsWith("healthy", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.Empty(watcher.Settle());

        // Whoever of the two is quicker, nobody calls the other somebody else.
        for (int i = 1; i <= 20; i++)
        {
            node.Ip($"route add 10.254.3.{i} via 10.254.2.0 dev flannel.1 onlink");
            node.Srcroute("sync").Succeeded();
        }

        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.DoesNotContain(
            watcher.Lines,
            line => line.Contains("somebody", StringComparison.Ordinal) || line.StartsWith("failed ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void Many_pods_are_added_and_deleted_beside_it_and_all_ends_right()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        for (int i = 10; i < 20; i++)
        {
            node.Sh(
                $"ip link add veth{i} up type veth peer name pod{i} netns lan; ip -n lan link set pod{i} up; ip route add 10.254.1.{i} dev veth{i} scope host");
            node.Call("ADD", Calls.Input(Calls.Result($"10.254.1.{i}/24"))).Quietly().AssertResult(Calls.Result($"10.254.1.{i}/24"));
            Assert.Equal($"dev veth{i}", node.Way($"10.254.1.{i}", "10.0.0.1"));
        }

        for (int i = 10; i < 15; i++)
        {
            node.Sh($"ip link del veth{i}");
            node.Call("DEL", Calls.Input(Calls.Result($"10.254.1.{i}/24"))).Quietly().AssertSilent();
        }

        _ = watcher.Settle();
        watcher.AssertTrue();
        Assert.DoesNotContain(
            watcher.Lines,
            line => line.Contains("somebody", StringComparison.Ordinal) || line.StartsWith("failed ", StringComparison.Ordinal));
        Assert.Equal(
            10,
            node.Sh("ip route show table 1000; ip route show table 1001").Split('\n').Count(line => line.Contains(" scope host ", StringComparison.Ordinal)));
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_lock_that_others_hold_for_some_seconds_is_waited_for_and_nothing_is_lost(int seconds)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        using Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", $"echo held >&2; exec sleep {seconds}"], awaited: "held");
        node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        holder.Finish();

        watcher.AssertTrue();
        Assert.Contains("10.254.3.0/24", node.Table("src-10.0.0.1"), StringComparison.Ordinal);
        _ = watcher.Settle();
        node.Ip("route add 10.254.4.0/24 via 10.254.4.0 dev flannel.1 onlink");
        Assert.StartsWith("followed ", watcher.Await("10.254.4.0/24"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void What_failed_before_and_went_well_since_is_news_when_it_fails_again()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/later/m.prom"]);
        _ = watcher.Await("/run/later");
        node.Configure("{");
        _ = watcher.Await("config.json");
        for (int i = 0; i < 2; i++)
        {
            using (Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held"))
            {
                node.Ip("rule del from 10.0.0.1 lookup 1001");
                _ = watcher.Await("failed text=\"/run/srcroute/lock: ");
            }

            _ = watcher.Await("repaired ");
            node.Sh("mkdir /run/later");
            node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
            node.Await("test -s /run/later/m.prom");

            // Not while a file is being written into it.
            node.Sh("mv /run/later /run/earlier; rm -r /run/earlier");
            node.Ip("route del 10.254.3.0/24");
            _ = watcher.Await("failed text=\"/run/later/m.prom: ");

            // It is broken all the time.
            node.Configure("{");
            watcher.AwaitQuiet();
        }

        Assert.Single(watcher.Lines, line => line.Contains("config.json", StringComparison.Ordinal));
    }

    [KernelFact]
    public void Without_root_one_capability_is_enough()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("install -d -o 65534 -g 65534 -m 755 /run/srcroute");
        using var watcher = Watcher.Start(node, wrapper: Unprivileged);
        _ = watcher.Settle();
        Assert.Contains("from 10.0.0.1 iif lo lookup 1001", node.Sh("ip rule"), StringComparison.Ordinal);

        node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        Assert.StartsWith("followed ", watcher.Await("10.254.3.0/24"), StringComparison.Ordinal);
        node.Ip("rule del from 10.0.0.1 lookup 1001");
        Assert.StartsWith("repaired ", watcher.Await("somebody else removed rule"), StringComparison.Ordinal);
        Assert.Empty(watcher.Settle());

        // It may not write the file of names, and knows the tables' numbers all the same.
        node.Sh("ip -4 address flush dev eth0; ip -4 address flush dev eth1");
        node.Await("! ip rule | grep 'from 10.0.0.1 '");
        node.Sh("ip address add 10.0.0.1/24 dev eth1");
        node.Sh("ip address add 192.168.1.100/24 dev eth0");
        node.Await("ip rule | grep 'from 10.0.0.1 iif lo lookup 1001'");
        _ = watcher.Settle();
        node.Call("ADD", Calls.Input(Calls.Result())).Succeeded().AssertResult(Calls.Result());

        // Names that it may not write are no reason to speak at every reading.
        watcher.Signal("HUP");
        Assert.Empty(watcher.Settle());
    }

    [KernelFact]
    public void Without_the_capability_it_says_so_and_ends()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        Assert.Contains(
            "CAP_NET_ADMIN",
            node.Start(["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Requirements.Binary, "watch"]).Finish().Refusal(),
            StringComparison.Ordinal);
    }
}
