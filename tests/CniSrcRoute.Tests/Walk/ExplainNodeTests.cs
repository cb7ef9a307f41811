using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes of many kinds, before and after they are set up, beside the packets.</summary>
public sealed class ExplainNodeTests
{
    private const string Both = "192.168.1.100 10.0.0.1";
    private const string Everybody = "client node2 far";

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
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public Task The_cards_that_are_told_are_those_of_the_packets(string kind, string script, string clients, string addresses, string wires)
    {
        Assert.NotEmpty(kind);
        return ExplainedNode.AssertToldAsync(script, clients, addresses, wires);
    }
}
