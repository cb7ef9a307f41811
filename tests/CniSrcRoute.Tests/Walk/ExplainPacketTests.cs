using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says of a request, beside the packets that answer it.</summary>
public sealed class ExplainPacketTests
{
    private const int Wildcard = 5300;

    /// <summary>Ports by which the node itself, its pod, and the other node's answer, handed on in every way.</summary>
    private static readonly int[] Ports =
    [
        Wildcard, Published.ByHostPort, Published.Local, Published.Cluster, Published.Elsewhere, Published.HostNetwork, Published.HostNetworkLocal, Published.HostNetworkElsewhere,
    ];

    /// <summary>Whether by IPv6, whether with us, and somebody else's rule ahead of all.</summary>
    public static TheoryData<bool, bool, string> Stages
    {
        get
        {
            TheoryData<bool, bool, string> stages = [];
            foreach (bool ipv6 in (bool[])[false, true])
            {
                stages.Add(ipv6, false, "");
                stages.Add(ipv6, true, "");
                stages.Add(ipv6, true, "from all lookup main");
                stages.Add(ipv6, true, $"from {(ipv6 ? Neighbourhood.Office6 : Neighbourhood.Office4)} lookup 77");
                stages.Add(ipv6, false, "iif lo ipproto udp lookup 77");
            }

            return stages;
        }
    }

    [KernelTheory]
    [MemberData(nameof(Stages))]
    public async Task The_cards_that_are_told_are_those_of_the_packets(bool ipv6, bool withUs, string rule)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        if (rule.Length > 0)
        {
            string ip = ipv6 ? "ip -6" : "ip";
            place.Node.Sh($"{ip} route add default via {(ipv6 ? "2001:db8:2::2" : "10.0.0.254")} table 77; {ip} rule add {rule} pref 100");
        }

        // Where others' rules break it, a port of each kind tells.
        int[] ports = rule.Length == 0 ? Ports : [Wildcard, Published.ByHostPort, Published.HostNetworkLocal];

        // Addresses on no card come in by the card of the router that has them.
        (string From, string To, int Port)[] all =
        [
            .. from flow in Flow.Of(ipv6) from port in ports select (flow.From, flow.To, port),
            .. from flow in Flow.External(ipv6) from port in (int[])[Published.External, Published.ExternalLocal] select (flow.From, flow.To, port),
        ];

        // Until the table follows such a rule, a server of UDP is asked by another address than it answers from.
        bool isHelpless = withUs && rule.EndsWith("lookup 77", StringComparison.Ordinal);
        await new ExplainedRequests(place, "eth0", "eth1") { Patience = isHelpless ? TimeSpan.FromSeconds(10) : Job.Patience }
            .AssertToldAsync(all, withUs ? Naming.Never : Naming.OfGuesses);
    }

    // The LAN is theirs as well, and nothing on the node tells which of its routers they asked by.
    [KernelFact]
    public async Task A_pod_that_is_reached_without_a_tunnel_may_ask_by_any_card()
    {
        using var place = new Neighbourhood();
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Configure("""{ "overlay": { "networks": ["10.244.0.0/16"] } }""");
        place.Node.Sh("""
            ip route add 10.244.1.0/24 via 192.168.1.101 proto bird
            ip -n gateway route add 10.244.1.0/24 via 192.168.1.101
            ip -n node2 address add 10.244.1.7/32 dev lo
            ip -n node2 route add 192.168.1.100 dev eth0 src 10.244.1.7
            ip -n node2 route add 10.0.0.1 via 192.168.1.1 src 10.244.1.7
            """);
        (string, string, int)[] requests = [("node2", Neighbourhood.Office4, Wildcard), ("node2", Neighbourhood.Dmz4, Wildcard)];
        var explained = new ExplainedRequests(place, "eth0", "eth1");
        await explained.AssertToldAsync(requests, Naming.OfGuesses);
        place.Node.Srcroute("bootstrap").Succeeded();
        await explained.AssertToldAsync(requests, Naming.OfGuesses);
    }

    // Of who asks by another card than that of the address it is not known before, and with --card, or by a connection that is marked, it is.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_by_another_card_than_that_of_its_address_is_told_right(bool withUs)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Sh($"ip -n client route add {Neighbourhood.Office4} via {Neighbourhood.Dmz4}; ip -n client route add {Neighbourhood.Office6} via {Neighbourhood.Dmz6}");
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        await new ExplainedRequests(place, "eth0", "eth1").AssertToldAsync(
            from to in (string[])[Neighbourhood.Office4, Neighbourhood.Office6] from port in (int[])[Wildcard, Published.Local] select ("client", to, port), withUs ? Naming.Never : Naming.Always);
    }
}
