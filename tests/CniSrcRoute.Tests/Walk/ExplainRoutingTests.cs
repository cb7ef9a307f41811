using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says on nodes whose routes and rules are unusual, before and after they are set up, beside the packets.</summary>
public sealed class ExplainRoutingTests
{
    private const string Both = "192.168.1.100 10.0.0.1", Dual = $"{Both} 2001:db8:1::100 2001:db8:2::1";
    private const string Everybody = "client node2 far";

    // A table of somebody else by the dmz.
    private const string Detour = """
        ip route add default via 10.0.0.254 table 77
        ip -6 route add default via 2001:db8:2::2 table 77

        """;

    // Of a client to which it has no route the node does not say its hardware address.
    private const string Neighbours = """
        know() { # PLACE CARD ADDRESS...
            hardware=$(ip link show $2 | awk '/ether/ { print $2 }')
            for address in $3 $4; do ip -n $1 neighbour replace $address lladdr $hardware dev eth0 nud permanent; done
        }
        know client eth1 10.0.0.1 2001:db8:2::1
        know node2 eth0 192.168.1.100 2001:db8:1::100

        """;

    /// <summary>The kind, what makes it of the usual one, who asks, the addresses that are asked, and the node's wires.</summary>
    public static TheoryData<string, string, string, string, string> Kinds => new()
    {
        {
            "a default by both cards", """
                ip route flush default
                ip route add default nexthop via 192.168.1.1 nexthop via 10.0.0.254
                ip -6 route flush default
                ip -6 route add default nexthop via 2001:db8:1::1 nexthop via 2001:db8:2::2
                """, Everybody, Dual, "eth0 eth1"
        },
        {
            "rules for marks that nobody sets, ahead of all and behind", Detour + """
                for ip in "ip -4" "ip -6"; do
                    $ip rule add fwmark 0x100/0x100 lookup 77 pref 1
                    $ip rule add fwmark 0x51 lookup 77 pref 20000
                    $ip rule add not fwmark 0x200/0x200 lookup 77 pref 40000
                done
                """, Everybody, Dual, "eth0 eth1"
        },
        {
            "two cards in one LAN, each of which answers ARP for the other", """
                for card in eth2 eth3; do
                    number=9${card#eth}
                    ip link add $card index $number address 02:00:00:00:00:$number up type veth peer name $card index 1$number netns lan
                    ip -n lan link set $card master office up
                done
                ip address add 192.168.1.110/24 dev eth2
                ip address add 192.168.1.111/24 dev eth3
                """, Everybody, $"{Both} 192.168.1.110 192.168.1.111", "eth0 eth1 eth2 eth3"
        },
    };

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public Task The_cards_that_are_told_are_those_of_the_packets(string kind, string script, string clients, string addresses, string wires)
    {
        Assert.NotEmpty(kind);
        return ExplainedNode.AssertToldAsync(script, clients, addresses, wires);
    }

    [KernelFact]
    public Task Clients_that_main_refuses_are_told_to_get_no_answer() => ExplainedNode.AssertToldAsync(
        Neighbours + """
            ip route add unreachable 203.0.113.7
            ip route add blackhole 192.168.1.101
            ip route add prohibit 10.0.0.96/28
            ip -6 route add throw 2001:db8:9::/64
            ip -6 route add blackhole 2001:db8:1::101
            ip -6 route add prohibit 2001:db8:2::100
            """,
        Everybody,
        Dual,
        "eth0 eth1",
        patience: TimeSpan.FromSeconds(10));

    // As a VPN that takes everything, but without its rule for main.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rule_that_leads_requests_for_a_pod_astray_is_named_and_the_cure_cures(bool withUs)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh(Detour + "ip rule add not fwmark 0x200/0x200 lookup 77 pref 20000");
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Succeeded();
        }

        using Client lost = place.Open("client", Neighbourhood.Dmz4, Published.Local);
        Assert.Null(await lost.AskAsync(TimeSpan.FromSeconds(1)));
        Outcome told = place.Node.Srcroute($"explain 10.0.0.100 {Neighbourhood.Dmz4}:{Published.Local}");
        Assert.Equal(2, told.ExitStatus);
        Assert.Contains("  10.0.0.100 <-- nothing -- nowhere --", told.Output, StringComparison.Ordinal);
        Assert.Contains("+  the request is not heard\n", told.Output, StringComparison.Ordinal);
        Assert.Contains(
            "why: the request does not get to 10.254.1.2: somebody else's rule 20000 \"not from all fwmark 0x200/0x200 lookup 77\" leads it to table 77, whose route default leaves by eth1\n",
            told.Output, StringComparison.Ordinal);
        place.Node.Sh(told.Output.Split("\ncure: ")[1]);

        using Client again = place.Open("client", Neighbourhood.Dmz4, Published.Local);
        Assert.NotNull(await again.AskAsync());
        place.Node.Srcroute($"explain 10.0.0.100 {Neighbourhood.Dmz4}:{Published.Local}").Succeeded();
    }
}
