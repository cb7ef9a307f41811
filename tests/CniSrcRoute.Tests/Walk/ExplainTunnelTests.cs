using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes with tunnels and VPNs, before and after they are set up, beside the packets.</summary>
public sealed class ExplainTunnelTests
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
            "a VPN that takes everything, by rules as wg-quick makes them", Tunnel + """
                ip route add default dev tun0 table 51820
                ip rule add not fwmark 0xca6c lookup 51820
                ip rule add lookup main suppress_prefixlength 0
                """, Everybody, Both, "eth0 eth1 tun0"
        },
        { "a VPN that takes both halves of the internet", Tunnel + "ip route add 0.0.0.0/1 dev tun0; ip route add 128.0.0.0/1 dev tun0", Everybody, Both, "eth0 eth1 tun0" },
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public Task The_cards_that_are_told_are_those_of_the_packets(string kind, string script, string clients, string addresses, string wires)
    {
        Assert.NotEmpty(kind);
        return ExplainedNode.AssertToldAsync(script, clients, addresses, wires);
    }
}
