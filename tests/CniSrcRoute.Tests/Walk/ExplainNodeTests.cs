using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes of many kinds, before and after they are set up, beside the packets.</summary>
public sealed class ExplainNodeTests
{
    private const int Wildcard = 5300, Container = 8088;
    private const string Both = "192.168.1.100 10.0.0.1";

    // A tunnel, whose other end answers nothing.
    private const string Tunnel = """
        socat -u TUN:10.99.0.1/24,tun-name=tun0,iff-up,iff-no-pi - </dev/null >/dev/null 2>&1 &
        until ip link show tun0 up 2>/dev/null | grep -q LOWER_UP; do kill -0 $!; done

        """;

    /// <summary>The kind, what makes it of the usual one, the addresses that are asked by everybody, and the node's wires.</summary>
    public static TheoryData<string, string, string, string> Kinds => new()
    {
        {
            "a card whose router nobody knows", """
                ip route del default via 10.0.0.254
                ip -6 route del default via 2001:db8:2::2
                """, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 eth1"
        },
        {
            "more routes than explain keeps, by another router than the default's, the client's the last of them", """
                for i in $(seq 1500); do echo route add 198.18.$((i / 250)).$((i % 250))/32 via 192.168.1.1 proto bgp; done | ip -batch -
                ip route add 203.0.113.7 via 192.168.1.1 proto bgp
                for i in $(seq 1500); do echo route add 2001:db8:7::$i via 2001:db8:1::1 proto bgp; done | ip -6 -batch -
                ip -6 route add 2001:db8:9::7 via 2001:db8:1::1 proto bgp
                """, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 eth1"
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
                """, $"{Both} 198.51.100.9 198.51.100.10 198.51.100.11", "eth0 eth1"
        },
        {
            "a second card in a subnet, and a virtual address on a macvlan", """
                ip link add eth2 index 90 address 02:00:00:00:00:90 up type veth peer name eth2 index 190 netns lan
                ip -n lan link set eth2 master office up
                for card in all eth0 eth2; do echo 1 >/proc/sys/net/ipv4/conf/$card/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/$card/arp_announce; done
                ip address add 192.168.1.110/24 dev eth2
                """, $"{Both} 192.168.1.110", "eth0 eth1 eth2"
        },
        {
            "a VPN that takes everything, by rules as wg-quick makes them", Tunnel + """
                ip route add default dev tun0 table 51820
                ip rule add not fwmark 0xca6c lookup 51820
                ip rule add lookup main suppress_prefixlength 0
                """, Both, "eth0 eth1 tun0"
        },
        { "a VPN that takes both halves of the internet", Tunnel + "ip route add 0.0.0.0/1 dev tun0; ip route add 128.0.0.0/1 dev tun0", Both, "eth0 eth1 tun0" },
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
                """, $"{Both} 2001:db8:1::100 2001:db8:2::1", "eth0 br0"
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
                    chain in { type nat hook prerouting priority dstnat; fib daddr type local meta l4proto { tcp, udp } th dport {{Container}} dnat to 172.17.0.2:80; }
                    chain out { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 oifname != docker0 masquerade; }
                }
                END
                ip link add vxlan7 address 02:00:00:00:07:01 up type vxlan id 7 dev eth0 local 192.168.1.100 remote 192.168.1.101 dstport 4789
                ip address add 10.7.0.1/24 dev vxlan7
                ip -n node2 link add vxlan7 address 02:00:00:00:07:02 up type vxlan id 7 dev eth0 local 192.168.1.101 remote 192.168.1.100 dstport 4789
                ip -n node2 address add 10.7.0.2/24 dev vxlan7
                ip -n gateway route add 10.7.0.0/24 via 192.168.1.101
                ip netns exec node2 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
                """, $"{Both} 10.7.0.1", "eth0 eth1 vxlan7"
        },
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public async Task The_cards_that_are_told_are_those_of_the_packets(string kind, string script, string addresses, string wires)
    {
        Assert.NotEmpty(kind);
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Sh(script);
        bool hasContainer = script.Contains("docker0", StringComparison.Ordinal);
        using EchoServer? container = hasContainer ? new EchoServer("box", place.Node.Network("box"), 80) : null;
        int[] ports = hasContainer ? [Wildcard, Published.Local, Container] : [Wildcard, Published.Local];
        (string, string, int)[] requests =
        [
            .. from client in (string[])["client", "node2", "far"] from address in addresses.Split(' ') from port in ports select (client, address, port),
        ];
        var explained = new ExplainedRequests(place, wires.Split(' '));
        await explained.AssertToldAsync(requests, Naming.OfGuesses);
        place.Node.Srcroute("bootstrap").Succeeded();
        await explained.AssertToldAsync(requests, Naming.Never);
    }
}
