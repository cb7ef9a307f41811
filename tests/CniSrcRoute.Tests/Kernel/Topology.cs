namespace CniSrcRoute.Tests.Kernel;

/// <summary>Nodes that tests begin with.</summary>
internal static class Topology
{
    /// <summary>eth0 192.168.1.100/24 with a gateway, eth1 10.0.0.1/24 without one.</summary>
    public static Node TwoCards()
    {
        Node node = new();
        node.AddCard("eth0", "192.168.1.100/24");
        node.AddCard("eth1", "10.0.0.1/24");
        node.Ip("route add default via 192.168.1.1");
        return node;
    }

    /// <summary>The same in IPv6.</summary>
    public static Node TwoCards6()
    {
        Node node = new();
        node.AddCard("eth0", "2001:db8:1::100/64");
        node.AddCard("eth1", "2001:db8:2::1/64");
        node.Ip("route add default via 2001:db8:1::1");
        return node;
    }

    /// <summary>Both.</summary>
    public static Node TwoCardsDual()
    {
        Node node = TwoCards();
        node.Ip("""
            address add 2001:db8:1::100/64 dev eth0 nodad
            address add 2001:db8:2::1/64 dev eth1 nodad
            route add default via 2001:db8:1::1
            """);
        return node;
    }

    /// <summary>Gives the node what flannel and its first pod leave there: subnet.env, flannel.1 with a peer, cni0 with a port.</summary>
    public static Node WithFlannel(this Node node)
    {
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_SUBNET=10.254.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n");
        node.WithBridge("10.254.1.1/24");
        node.WithOverlay();
        return node;
    }

    /// <summary>The same in IPv6.</summary>
    public static Node WithFlannel6(this Node node)
    {
        node.Write(
            "/run/flannel/subnet.env", "FLANNEL_IPV6_NETWORK=fd00:254::/48\nFLANNEL_IPV6_SUBNET=fd00:254:0:1::1/64\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=true\n");
        node.WithBridge("fd00:254:0:1::1/64");
        node.WithOverlay6();
        return node;
    }

    /// <summary>Both.</summary>
    public static Node WithFlannelDual(this Node node)
    {
        node.WithBridge("10.254.1.1/24");
        node.Ip("address add fd00:254:0:1::1/64 dev cni0 nodad");
        return node.WithOverlayDual();
    }

    /// <summary>The same before the first pod: what flannel alone leaves on a node, in both families.</summary>
    public static Node WithOverlayDual(this Node node)
    {
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        node.WithOverlay();
        node.WithOverlay6();
        return node;
    }

    /// <summary>Has containerd look for plugins in /run/cni, where the program under test stands.</summary>
    public static Node WithPlugin(this Node node)
    {
        node.Sh($"mkdir -p /etc/containerd /run/cni; echo 'bin_dir = \"/run/cni\"' >/etc/containerd/config.toml; ln -s {Requirements.Binary} /run/cni/srcroute");
        return node;
    }

    private static void WithOverlay(this Node node) => node.Ip("""
        link add flannel.1 up type vxlan id 1 dstport 8472 local 192.168.1.100 nolearning dev eth0
        address add 10.254.1.0/32 dev flannel.1
        route add 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink
        """);

    private static void WithOverlay6(this Node node) => node.Ip("""
        link add flannel-v6.1 up type vxlan id 1 dstport 8472 local 2001:db8:1::100 nolearning dev eth0
        address add fd00:254:0:1::/128 dev flannel-v6.1 nodad
        route add fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 onlink
        """);

    // A bridge without a port has no carrier, and its routes would show it.
    private static void WithBridge(this Node node, string address)
    {
        node.Ip($"""
            link add cni0 type bridge
            link add veth0 index 50 up master cni0 type veth peer name pod0 index 150 netns lan
            address add {address} dev cni0{Node.NoDad(address)}
            """);
        node.Sh("ip -n lan link set pod0 up; ip link set cni0 up");

        // The kernel hears of a bridge's carrier a moment later, and then makes the last of its routes.
        node.Await("ip -6 route show table local ff00::/8 dev cni0 | grep .");
    }
}
