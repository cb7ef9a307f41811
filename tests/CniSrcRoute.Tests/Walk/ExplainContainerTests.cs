using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes with containers beside the pods, before and after they are set up, beside the packets.</summary>
public sealed class ExplainContainerTests
{
    private const string Both = "192.168.1.100 10.0.0.1";
    private const string Everybody = "client node2 far";

    /// <summary>The kind, what makes it of the usual one, who asks, the addresses that are asked, and the node's wires.</summary>
    public static TheoryData<string, string, string, string, string> Kinds => new()
    {
        {
            "a container on a macvlan, which the node reaches by another, and a virtual address on a third", """
                macvlan() { # NAME NUMBER
                    ip link add $1 index $2 address 02:00:00:00:00:$2 link eth0 type macvlan mode bridge
                    for card in all $1 eth0; do echo 1 >/proc/sys/net/ipv4/conf/$card/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/$card/arp_announce; done
                }
                ip netns add box
                macvlan mac 91
                ip link set mac netns box name eth0 up
                ip -n box address add 192.168.1.210/24 dev eth0
                ip -n box route add default via 192.168.1.1
                macvlan shim 92
                ip address add 192.168.1.200/32 dev shim
                ip link set shim up
                ip route add 192.168.1.210 dev shim
                ip -n box route add 192.168.1.100 via 192.168.1.200
                macvlan vip 93
                ip address add 192.168.1.201/32 dev vip
                ip link set vip up
                """, $"{Everybody} box", $"{Both} 192.168.1.200 192.168.1.201", "eth0 eth1 shim vip"
        },
        {
            "a container by a veth of its own, whose name is no pod's, with a published port", $$"""
                ip netns add box
                ip link add nic7 index 97 up type veth peer name eth0 index 197 netns box
                ip -n box link set eth0 up
                ip -n box address add 10.254.1.9/32 dev eth0
                ip -n box route add 169.254.1.1 dev eth0
                ip -n box route add default via 169.254.1.1
                ip address add 169.254.1.1/32 dev nic7
                ip route add 10.254.1.9 dev nic7
                nft 'table ip ports { chain in { type nat hook prerouting priority dstnat; fib daddr type local meta l4proto { tcp, udp } th dport {{ExplainedNode.Container}} dnat to 10.254.1.9:80; }; }'
                """, Everybody, Both, "eth0 eth1"
        },
        {
            "a bridge of containers with a published port, and a VXLAN that is a LAN", $$"""
                ip link add docker0 type bridge
                ip address add 172.17.0.1/16 dev docker0
                ip netns add box
                ip link add ve-box up master docker0 type veth peer name eth0 netns box
                ip link set docker0 up
                ip -n box address add 172.17.0.2/16 dev eth0
                ip -n box link set eth0 up
                ip -n box route add default via 172.17.0.1
                nft -f - <<END
                table ip docker {
                    chain in { type nat hook prerouting priority dstnat; fib daddr type local meta l4proto { tcp, udp } th dport {{ExplainedNode.Container}} dnat to 172.17.0.2:80; }
                    chain out { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 oifname != docker0 masquerade; }
                }
                END
                ip link add vxlan7 address 02:00:00:00:07:01 up type vxlan id 7 dev eth0 local 192.168.1.100 remote 192.168.1.101 dstport 4789
                ip address add 10.7.0.1/24 dev vxlan7
                ip -n node2 link add vxlan7 address 02:00:00:00:07:02 up type vxlan id 7 dev eth0 local 192.168.1.101 remote 192.168.1.100 dstport 4789
                ip -n node2 address add 10.7.0.2/24 dev vxlan7
                ip -n gateway route add 10.7.0.0/24 via 192.168.1.101
                ip netns exec node2 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
                """, Everybody, $"{Both} 10.7.0.1", "eth0 eth1 vxlan7"
        },
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public Task The_cards_that_are_told_are_those_of_the_packets(string kind, string script, string clients, string addresses, string wires)
    {
        Assert.NotEmpty(kind);
        return ExplainedNode.AssertToldAsync(script, clients, addresses, wires);
    }
}
