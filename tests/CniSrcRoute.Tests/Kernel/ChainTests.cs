using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>srcroute as the last plugin of chains of the CNI project's own plugins.</summary>
public sealed class ChainTests
{
    public static TheoryData<string> Versions => ["0.3.1", "0.4.0", "1.0.0"];

    [KernelTheory]
    [MemberData(nameof(Versions))]
    public void The_first_pod_after_boot_makes_the_bridge_and_every_table_learns_it_at_once(string version)
    {
        using Node node = NodeAfterBoot();
        Chain chain = Chain.Bridge(node, version, "10.254.1.0/24", "fd00:254:0:1::/64");
        Assert.DoesNotContain("cni0", node.Snapshot(), StringComparison.Ordinal);

        string pod = chain.Add("pod-a");
        AssertReachable(node, "cni0", Chain.Address(pod), Chain.Address(pod, ipv6: true));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        string second = chain.Add("pod-b");
        AssertReachable(node, "cni0", Chain.Address(second), Chain.Address(second, ipv6: true));
        chain.Delete("pod-b");
        chain.Delete("pod-a");
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelTheory]
    [MemberData(nameof(Versions))]
    public void Every_pod_of_ptp_has_a_route_of_its_own_in_every_table_until_it_goes(string version)
    {
        using Node node = NodeAfterBoot();
        Chain chain = Chain.Ptp(node, version, "10.254.1.0/24", "fd00:254:0:1::/64");
        string before = node.Table("1000") + node.Table("1001") + node.Table6("1002") + node.Table6("1003");

        foreach (string name in (string[])["pod-a", "pod-b"])
        {
            string pod = chain.Add(name);
            string card = node.Sh($"ip route show {Chain.Address(pod)} | sed 's/.* dev \\([^ ]*\\).*/\\1/'").Trim();
            Assert.StartsWith("veth", card, StringComparison.Ordinal);
            AssertReachable(node, card, Chain.Address(pod), Chain.Address(pod, ipv6: true));
        }

        chain.Delete("pod-a");
        chain.Delete("pod-b");
        node.Srcroute("sync").Quietly();
        Assert.Equal(before, node.Table("1000") + node.Table("1001") + node.Table6("1002") + node.Table6("1003"));
    }

    [KernelTheory]
    [MemberData(nameof(Versions))]
    public void Deleting_twice_and_without_a_network_namespace_succeeds(string version)
    {
        using Node node = NodeAfterBoot();
        Chain chain = Chain.Bridge(node, version, "10.254.1.0/24");
        chain.Add("pod-a");

        chain.Delete("pod-a");
        string input = $$"""{ "cniVersion": "{{version}}", "name": "pods", "type": "srcroute" }""";
        Outcome again = node.Start([Requirements.Binary], input, new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = "DEL",
            ["CNI_CONTAINERID"] = "pod-a",
            ["CNI_NETNS"] = "",
            ["CNI_IFNAME"] = "eth0",
            ["CNI_PATH"] = Requirements.CniPath,
        }).Finish().Quietly();
        Assert.Equal("", again.Output);
    }

    [KernelFact]
    public void A_card_that_is_down_does_not_keep_a_pod_from_starting()
    {
        using Node node = NodeAfterBoot();
        node.Ip("link set eth1 down");

        string pod = Chain.Bridge(node, "1.0.0", "10.254.1.0/24").Add("pod-a");
        Assert.Equal("dev cni0", node.Way(Chain.Address(pod), "192.168.1.100"));
    }

    [KernelFact]
    public void A_node_that_was_never_bootstrapped_is_set_up_by_its_first_pod()
    {
        using Node node = Topology.TwoCardsDual();

        string pod = Chain.Ptp(node, "1.0.0", "10.254.1.0/24", "fd00:254:0:1::/64").Add("pod-a");
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
        Assert.StartsWith("dev veth", node.Way(Chain.Address(pod), "192.168.1.100"), StringComparison.Ordinal);
    }

    // After a boot there is no bridge yet; flannel has written its file and made its card.
    private static Node NodeAfterBoot()
    {
        Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        node.Srcroute("bootstrap").Quietly();
        return node;
    }

    private static void AssertReachable(Node node, string card, string pod, string pod6)
    {
        Assert.Equal($"dev {card}", node.Way(pod, "192.168.1.100"));
        Assert.Equal($"dev {card}", node.Way(pod, "10.0.0.1"));
        Assert.Equal($"dev {card}", node.Way(pod6, "2001:db8:1::100"));
        Assert.Equal($"dev {card}", node.Way(pod6, "2001:db8:2::1"));

        // Not by the guard's leave, but by a route of the table itself.
        foreach ((string table, string address) in ((string, string)[])[("1000", pod), ("1001", pod), ("1002", pod6), ("1003", pod6)])
        {
            string family = address.Contains(':') ? "-6" : "-4";
            Assert.NotEmpty(node.Sh($"ip {family} route show table {table} match {address} type unicast dev {card}"));
        }
    }
}
