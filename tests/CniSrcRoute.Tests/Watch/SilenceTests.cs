using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>What the kernel does to the tables without a word, or with half of one.</summary>
public sealed class SilenceTests
{
    private const string NewFlannelCards = """
        ip link add flannel.1 up type vxlan id 1 dstport 8472 local 192.168.1.100 nolearning dev eth0
        ip address add 10.254.1.0/32 dev flannel.1
        ip link add flannel-v6.1 up type vxlan id 1 dstport 8472 local 2001:db8:1::100 nolearning dev eth0
        ip address add fd00:254:0:1::/128 dev flannel-v6.1 nodad
        """;

    private const string Peers = """
        ip route replace 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink
        ip route replace fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 onlink
        """;

    [KernelFact]
    public void Flannels_cards_down_and_up_leave_no_copy_behind_and_get_them_back()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip link set flannel.1 down; ip link set flannel-v6.1 down");
        watcher.AssertTrue();
        AssertNoCopy(node, "dev flannel");

        _ = watcher.Sees($"ip link set flannel.1 up; ip link set flannel-v6.1 up; {Peers}");
        watcher.AssertTrue();
        AssertPeersCopied(node);
        AssertNobodyBlamed(watcher);
    }

    [KernelFact]
    public void Flannels_cards_deleted_and_made_anew_are_followed_by_their_new_numbers()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip link del flannel.1; ip link del flannel-v6.1");
        watcher.AssertTrue();
        AssertNoCopy(node, "dev flannel");

        _ = watcher.Sees($"{NewFlannelCards}\n{Peers}");
        watcher.AssertTrue();
        AssertPeersCopied(node);

        _ = watcher.Sees($"ip link del flannel.1; ip link del flannel-v6.1\n{NewFlannelCards}\n{Peers}");
        watcher.AssertTrue();
        AssertPeersCopied(node);
        AssertNobodyBlamed(watcher);
    }

    [KernelFact]
    public void That_flannels_card_lost_its_peers_is_said_once()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        node.Sh("ip link del flannel.1");
        _ = watcher.Await("lost ");
        Assert.DoesNotContain(watcher.WorksOff("for one in 1 2 3; do ip link add up type veth; done; ip link set eth1 down"), IsAboutLostRoutes);
    }

    [KernelFact]
    public void That_a_node_left_is_nothing_to_warn_of_when_the_next_card_comes()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        Assert.DoesNotContain(watcher.Sees("ip route del 10.254.2.0/24"), IsAboutLostRoutes);
        Assert.DoesNotContain(watcher.WorksOff("ip link add up type veth; ip link set eth1 down"), IsAboutLostRoutes);
    }

    [KernelFact]
    public void That_a_pod_went_is_nothing_to_warn_of()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh(
            "ip link add veth1 up type veth peer name pod1 netns lan; ip route add 10.254.1.9 dev veth1 scope host; ip route add fd00:254:0:1::9 dev veth1");
        using var watcher = Watcher.StartAnew(node);

        Assert.DoesNotContain(watcher.WorksOff("ip link del veth1"), IsAboutLostRoutes);
    }

    [KernelFact]
    public void The_bridge_deleted_and_made_anew_is_followed()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip link del cni0");
        watcher.AssertTrue();
        AssertNoCopy(node, "dev cni0");

        _ = watcher.Sees("""
            ip link add cni0 type bridge
            ip link set veth0 master cni0
            ip address add 10.254.1.1/24 dev cni0
            ip address add fd00:254:0:1::1/64 dev cni0 nodad
            ip link set cni0 up
            until ip -6 route show fd00:254:0:1::/64 dev cni0 | grep -v linkdown | grep .; do :; done
            """);
        watcher.AssertTrue();
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "10.0.0.1"));
        Assert.Equal("dev cni0", node.Way("fd00:254:0:1::5", "2001:db8:2::1"));
        AssertNobodyBlamed(watcher);
    }

    [KernelFact]
    public void A_card_down_takes_its_rules_with_it_and_gets_them_back_when_it_is_up()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        Assert.Contains(watcher.WorksOff("ip link set eth1 down"), line => line.StartsWith("repaired cause=\"card eth1 went down\"", StringComparison.Ordinal));
        Assert.DoesNotContain("10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.DoesNotContain("2001:db8:2::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
        Assert.Contains("192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);

        _ = watcher.Sees("ip link set eth1 up; ip address replace 2001:db8:2::1/64 dev eth1 nodad");
        watcher.AssertTrue();
        Assert.Contains("from 10.0.0.1 iif lo lookup src-10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Contains("from 2001:db8:2::1 iif lo lookup src-2001:db8:2::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
        AssertNobodyBlamed(watcher);
    }

    [KernelFact]
    public void A_card_that_flaps_is_nobodys_fight()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        for (int i = 0; i < 8; i++)
        {
            _ = watcher.Sees("ip link set eth1 down");
            _ = watcher.Sees("ip link set eth1 up; ip address replace 2001:db8:2::1/64 dev eth1 nodad");
        }

        watcher.AssertTrue();
        Assert.DoesNotContain(watcher.Lines, line => line.StartsWith("undone ", StringComparison.Ordinal));
        AssertNobodyBlamed(watcher);
    }

    [KernelFact]
    public void The_card_of_the_default_route_down_and_up_again_ends_right()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip link set eth0 down");
        watcher.AssertTrue();
        Assert.DoesNotContain("192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);

        _ = watcher.Sees("ip link set eth0 up; ip route add default via 192.168.1.1");
        watcher.AssertTrue();
        Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Contains("default via 192.168.1.1 dev eth0 proto srcroute", node.Table("src-192.168.1.100"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void IPv6_routes_that_a_quiet_kernel_flushes_without_a_word_are_noticed_by_their_card()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Sh("echo 1 >/proc/sys/net/ipv6/route/skip_notify_on_dev_down");
        using var watcher = Watcher.StartAnew(node);

        _ = watcher.Sees("ip link set flannel-v6.1 down");
        watcher.AssertTrue();
        AssertNoCopy(node, "dev flannel-v6.1");
        _ = watcher.Sees($"ip link set flannel-v6.1 up; {Peers}");
        watcher.AssertTrue();
        AssertPeersCopied(node);
    }

    [KernelFact]
    public void A_cable_pulled_and_plugged_in_again_changes_nothing_for_good()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        using var watcher = Watcher.StartAnew(node);
        string before = node.Sh("ip rule; ip -6 rule");

        _ = watcher.Sees("ip -n lan link set eth1 down; while ip link show eth1 | grep -q LOWER_UP; do :; done");
        watcher.AssertTrue();
        _ = watcher.Sees("ip -n lan link set eth1 up; until ip link show eth1 | grep -q LOWER_UP; do :; done");
        watcher.AssertTrue();
        Assert.Equal(before, node.Sh("ip rule; ip -6 rule"));
    }

    private static bool IsAboutLostRoutes(string line) => line.StartsWith("lost ", StringComparison.Ordinal);

    private static void AssertNoCopy(Node node, string words) =>
        Assert.DoesNotContain(words, node.Sh("ip route show table all proto 206; ip -6 route show table all proto 206"), StringComparison.Ordinal);

    private static void AssertPeersCopied(Node node)
    {
        foreach (string source in (string[])["192.168.1.100", "10.0.0.1"])
        {
            Assert.Contains("10.254.2.0/24 via 10.254.2.0 dev flannel.1 proto srcroute metric * onlink", node.Table($"src-{source}"), StringComparison.Ordinal);
        }

        foreach (string source in (string[])["2001:db8:1::100", "2001:db8:2::1"])
        {
            Assert.Contains(
                "fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 proto srcroute metric 1024 onlink",
                node.Table6($"src-{source}"),
                StringComparison.Ordinal);
        }
    }

    private static void AssertNobodyBlamed(Watcher watcher) =>
        Assert.DoesNotContain(watcher.Lines, line => line.Contains("somebody", StringComparison.Ordinal));
}
