using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Pods and the node itself as clients of published ports: they came by no card, and are answered as they were without us.</summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class PodClientTests(Backends backends) : IClassFixture<Backends>
{
    private static readonly string[] Addresses = [Neighbourhood.Office4, Neighbourhood.Dmz4, Neighbourhood.Office6, Neighbourhood.Dmz6];

    /// <summary>The form of the rules, net.bridge.bridge-nf-call-iptables, rp_filter.</summary>
    public static TheoryData<string, int, int> Modes => new()
    {
        { "nftables", 0, 0 }, { "nftables", 1, 0 }, { "nftables", 0, 1 }, { "nftables", 1, 1 }, { "nftables", 0, 2 }, { "nftables", 1, 2 },
        { "iptables-nft", 0, 1 }, { "iptables-nft", 1, 1 }, { "iptables-nft", 0, 2 }, { "iptables-nft", 1, 2 },
    };

    [BridgeNetfilterTheory]
    [MemberData(nameof(Modes))]
    public async Task A_pod_asks_for_a_port_of_a_pod_on_the_same_bridge(string backend, int calls, int filter)
    {
        Neighbourhood place = Prepare(backend, calls, filter);

        // Where the bridge calls nobody, an answer to the other pod's own address does not come by the node any more.
        await AssertAnsweredAsync(
            place, "pod-c", "pod-a", calls == 0 ? [Published.Cluster] : [Published.ByHostPort, Published.Local, Published.Cluster], Addresses);
    }

    [BridgeNetfilterTheory]
    [MemberData(nameof(Modes))]
    public async Task A_pod_asks_for_its_own_port(string backend, int calls, int filter)
    {
        // A connection with itself has to be masqueraded, which portmap and Cluster do.
        Neighbourhood place = Prepare(backend, calls, filter);
        await AssertAnsweredAsync(place, "pod-a", "pod-a", [Published.ByHostPort, Published.Cluster], Addresses);
    }

    [BridgeNetfilterTheory]
    [MemberData(nameof(Modes))]
    public async Task A_pod_asks_for_a_port_of_a_pod_on_the_other_node(string backend, int calls, int filter)
    {
        Neighbourhood place = Prepare(backend, calls, filter);
        await AssertAnsweredAsync(place, "pod-c", "pod-b", [Published.Elsewhere], Addresses);
    }

    [KernelTheory]
    [InlineData("nftables", 0)]
    [InlineData("nftables", 1)]
    [InlineData("nftables", 2)]
    [InlineData("iptables-nft", 2)]
    public async Task The_node_asks_for_its_own_ports(string backend, int filter)
    {
        Neighbourhood place = Prepare(backend, 0, filter);
        await AssertAnsweredAsync(place, "", "pod-a", [Published.ByHostPort, Published.Local, Published.Cluster], Addresses);
        await AssertAnsweredAsync(place, "", "pod-b", [Published.Elsewhere], Addresses);
    }

    [KernelTheory]
    [InlineData("nftables", 0)]
    [InlineData("nftables", 2)]
    [InlineData("iptables-nft", 2)]
    public async Task A_pod_of_the_other_node_asks_with_its_own_address(string backend, int filter)
    {
        Neighbourhood place = Prepare(backend, 0, filter);
        await AssertAnsweredAsync(
            place, "pod-b", "pod-a", [Published.ByHostPort, Published.Local, Published.Cluster], [Neighbourhood.Office4, Neighbourhood.Office6]);
    }

    private static async Task AssertAnsweredAsync(Neighbourhood place, string asker, string server, int[] ports, string[] addresses)
    {
        (string What, Client Client)[] clients =
        [
            .. from port in ports
               from address in addresses
               from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
               select ($"{protocol} {address} {port}", place.Open(asker, address, port, protocol)),
        ];
        string?[] answers = await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync()));
        Assert.Equal(
            clients.Select(entry => $"{entry.What}: {server}"),
            clients.Zip(answers, (entry, answer) => $"{entry.What}: {answer?.Split(' ')[0] ?? "no answer"}"));
    }

    private Neighbourhood Prepare(string backend, int calls, int filter)
    {
        Neighbourhood place = backends[backend];
        place.Node.Sh($"""
            if [ ! -e /run/netns/pod-c ]; then
                ip netns add pod-c
                ip link add veth-c index 901 up master cni0 type veth peer name eth0 index 902 netns pod-c
                bridge link set dev veth-c hairpin on
                ip netns exec pod-c sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad'
                ip -n pod-c address add 10.254.1.99/24 dev eth0
                ip -n pod-c address add fd00:254:0:1::99/64 dev eth0 nodad
                ip -n pod-c link set eth0 up
                ip -n pod-c route add default via 10.254.1.1
                ip -n pod-c route add default via fd00:254:0:1::1
            fi
            if [ -e /proc/sys/net/bridge ]; then
                echo {calls} >/proc/sys/net/bridge/bridge-nf-call-iptables
                echo {calls} >/proc/sys/net/bridge/bridge-nf-call-ip6tables
            fi
            """);
        place.Node.Settle();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Srcroute("sync").Quietly();
        return place;
    }
}
