using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes of many kinds, before and after they are set up, beside the packets.</summary>
public sealed class ExplainNodeTests
{
    private const string Both = "192.168.1.100 10.0.0.1";
    private const string Everybody = "client node2 far";

    // A tunnel, whose other end answers nothing.
    private const string Tunnel = """
        socat -u TUN:10.99.0.1/24,tun-name=tun0,iff-up,iff-no-pi - </dev/null >/dev/null 2>&1 &
        until ip link show tun0 up 2>/dev/null | grep -q LOWER_UP; do kill -0 $!; done

        """;

    /// <summary>The kind, what makes it of the usual one, who asks, the addresses that are asked, and the node's wires.</summary>
    public static TheoryData<string, string, string, string, string> Kinds => new()
    {
        {
            "a card whose router nobody knows", """
                ip route del default via 10.0.0.254
                ip -6 route del default via 2001:db8:2::2
                """, Everybody, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 eth1"
        },
        {
            "more routes than explain keeps, by another router than the default's, the client's the last of them", """
                for i in $(seq 1500); do echo route add 198.18.$((i / 250)).$((i % 250))/32 via 192.168.1.1 proto bgp; done | ip -batch -
                ip route add 203.0.113.7 via 192.168.1.1 proto bgp
                for i in $(seq 1500); do echo route add 2001:db8:7::$i via 2001:db8:1::1 proto bgp; done | ip -6 -batch -
                ip -6 route add 2001:db8:9::7 via 2001:db8:1::1 proto bgp
                """, Everybody, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 eth1"
        },
        {
            "addresses that are on no card, on lo, on both cards, in table local, and a route with another card's address", """
                reach() { # ADDRESS NEXT-HOP
                    ip -n gateway route add $1 via $2
                    ip -n client route add $1 via 10.0.0.1
                    ip -n node2 route add $1 via 192.168.1.100
                }
                ip address add 198.51.100.9/32 dev lo
                ip address add 198.51.100.10/32 dev eth0
                ip address add 198.51.100.10/32 dev eth1
                ip route add local 198.51.100.11 dev eth1 proto 66 scope host table local
                for last in 9 10 11; do reach 198.51.100.$last 10.0.0.1; done
                ip route add 203.0.113.0/28 via 192.168.1.1 src 10.0.0.1
                """, Everybody, $"{Both} 198.51.100.9 198.51.100.10 198.51.100.11", "eth0 eth1"
        },
        {
            "two more cards in a subnet, one without a route to it", """
                for number in 2 3; do
                    ip link add eth$number index 9$number address 02:00:00:00:00:9$number up type veth peer name eth$number index 19$number netns lan
                    ip -n lan link set eth$number master office up
                done
                for card in all eth0 eth2 eth3; do echo 1 >/proc/sys/net/ipv4/conf/$card/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/$card/arp_announce; done
                ip address add 192.168.1.110/24 dev eth2
                ip address add 192.168.1.111/24 dev eth3 noprefixroute
                """, Everybody, $"{Both} 192.168.1.110 192.168.1.111", "eth0 eth1 eth2 eth3"
        },
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
            "addresses by tunnels, one with a default and a rule of somebody else", """
                tunnel() { # NAME ADDRESS PORT: to the gateway, which sends requests for the address through it
                    socat TUN:$2/32,tun-name=$1,iff-up,iff-no-pi UDP-DATAGRAM:192.168.1.1:$3,bind=192.168.1.100:$3 >/dev/null 2>&1 &
                    ip netns exec gateway socat TUN:10.99.0.1/32,tun-name=$1,iff-up,iff-no-pi UDP-DATAGRAM:192.168.1.100:$3,bind=192.168.1.1:$3 >/dev/null 2>&1 &
                    until ip link show $1 up && ip -n gateway link show $1 up; do kill -0 $!; done >/dev/null 2>&1
                    ip -n gateway route add $2 dev $1
                }
                tunnel tun1 198.51.100.12 7001
                tunnel ppp0 198.51.100.13 7002
                ip route add default dev ppp0 table 20
                ip rule add from 198.51.100.13 lookup 20
                """, Everybody, $"{Both} 198.51.100.12 198.51.100.13", "eth0 eth1 tun1 ppp0"
        },
        {
            "a card whose routes are in a table of networkd, and somebody's rules for a pod and for a network", """
                ip address del 10.0.0.1/24 dev eth1
                ip address add 10.0.0.1/24 dev eth1 noprefixroute
                ip route add 10.0.0.0/24 dev eth1 proto dhcp scope link src 10.0.0.1 metric 101 table 100
                ip route add default via 10.0.0.254 dev eth1 proto dhcp src 10.0.0.1 metric 101 table 100
                ip rule add from 10.0.0.1 lookup 100
                ip rule add from 10.254.1.2 lookup 100 pref 200
                ip rule add to 203.0.113.0/24 lookup 100 pref 31000
                """, Everybody, Both, "eth0 eth1"
        },
        {
            "a router outside its card's subnet", """
                ip address del 10.0.0.1/24 dev eth1
                ip address add 10.0.0.1/32 dev eth1
                ip route add default via 10.0.0.254 dev eth1 onlink metric 100
                """, Everybody, Both, "eth0 eth1"
        },
        {
            "a load balancer's address by a card without an address", """
                for card in all eth1; do echo 0 >/proc/sys/net/ipv4/conf/$card/rp_filter; done
                ip -4 address flush dev eth1
                ip -n gateway address add 198.51.100.17/28 dev dmz
                ip -n gateway neighbour add 198.51.100.20 lladdr $(ip link show eth1 | awk '/ether/ { print $2 }') dev dmz nud permanent
                nft 'table ip balancer { chain in { type nat hook prerouting priority dstnat; ip daddr 198.51.100.20 meta l4proto { tcp, udp } dnat to 10.254.1.2:80; }; }'
                mkdir -p /etc/srcroute
                echo '{ "sources": [{ "network": "198.51.100.16/28", "card": "eth1", "gateway": "198.51.100.17" }] }' >/etc/srcroute/config.json
                """, Everybody, "192.168.1.100 198.51.100.20", "eth0 eth1"
        },
        {
            "a VPN that takes everything, by rules as wg-quick makes them", Tunnel + """
                ip route add default dev tun0 table 51820
                ip rule add not fwmark 0xca6c lookup 51820
                ip rule add lookup main suppress_prefixlength 0
                """, Everybody, Both, "eth0 eth1 tun0"
        },
        { "a VPN that takes both halves of the internet", Tunnel + "ip route add 0.0.0.0/1 dev tun0; ip route add 128.0.0.0/1 dev tun0", Everybody, Both, "eth0 eth1 tun0" },
        {
            "local asked last, and a card that is a bridge with a cable", """
                ip rule add lookup local priority 32765; ip rule del priority 0
                ip -6 rule add lookup local priority 32765; ip -6 rule del priority 0
                ip link add br0 type bridge
                ip -6 route del default via 2001:db8:2::2
                ip address flush dev eth1 scope global
                ip link set eth1 master br0
                ip address add 10.0.0.1/24 dev br0
                ip address add 2001:db8:2::1/64 dev br0 nodad
                ip address add fe80::77/64 dev br0 nodad
                ip link set br0 up
                ip route add default via 10.0.0.254 metric 100
                ip route add default via 2001:db8:2::2 metric 2048
                """, Everybody, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 br0"
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
