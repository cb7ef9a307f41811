using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>The watcher follows what main chooses for the answers of UDP servers that are bound to no address, while they are asked.</summary>
public sealed class UdpWatchTests
{
    private const int Port = 5300;

    /// <summary>
    /// What changes; who asks for which address; which the server answers from before and after; and whether that is something to tell the kernel: where the
    /// card alone decides, nothing is.
    /// </summary>
    public static TheoryData<string, string, string, string, string, bool> Changes => new()
    {
        { "ip address add 10.0.0.9/24 dev eth1; ip route change default via 10.0.0.254 metric 100 src 10.0.0.9; ip route del default via 192.168.1.1", "far", Neighbourhood.Office4, Neighbourhood.Office4, "10.0.0.9", true },
        { "ip route add default via 10.0.0.254 src 10.0.0.1 metric 0 2>/dev/null || ip route replace default via 10.0.0.254 src 10.0.0.1", "far", Neighbourhood.Office4, Neighbourhood.Office4, Neighbourhood.Dmz4, false },
        { "ip address del 10.0.0.1/24 dev eth1; ip address add 10.0.0.2/24 dev eth1", "client", Neighbourhood.Office4, Neighbourhood.Dmz4, "10.0.0.2", true },
        { "ip address add 172.16.9.9/24 dev eth0", "client", "172.16.9.9", "", Neighbourhood.Dmz4, true },
        { "ip address add 2001:db8:2::9/64 dev eth1 nodad; ip address del 2001:db8:2::1/64 dev eth1", "client", Neighbourhood.Office6, Neighbourhood.Dmz6, "2001:db8:2::9", true },
        { "ip link set eth0 name uplink", "client", Neighbourhood.Office4, Neighbourhood.Dmz4, Neighbourhood.Dmz4, false },
        { "ip link set eth1 name uplink", "far", Neighbourhood.Dmz4, Neighbourhood.Office4, Neighbourhood.Office4, false },
    };

    [KernelTheory]
    [MemberData(nameof(Changes))]
    public async Task A_change_is_in_force_at_once(string change, string from, string to, string before, string after, bool isTold)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.Node.Sh("ip -n gateway route add 172.16.9.0/24 via 192.168.1.100");
        using var server = new AskedServer(place.Node.Network(), Port);
        using Watcher watcher = Watcher.Start(place.Node);
        watcher.Await("repaired cause=\"started\"");
        if (before.Length > 0)
        {
            using Client first = place.Open(from, to, Port, ProtocolType.Udp);
            Assert.Equal(before, await first.AskAsync());
        }

        place.Node.Sh(change);
        if (isTold)
        {
            watcher.Await("repaired ");
        }

        // What was changed in two steps may be repaired in two, and between them the watcher rests.
        watcher.AssertTrue();
        using Client second = place.Open(from, to, Port, ProtocolType.Udp);
        Assert.Equal(after, await second.AskAsync());
    }

    [KernelFact]
    public async Task A_second_address_makes_a_node_one_that_has_to_be_helped()
    {
        using var place = new Neighbourhood();
        place.Node.Sh("ip address flush dev eth0");
        using var server = new AskedServer(place.Node.Network(), Port);
        using Watcher watcher = Watcher.Start(place.Node);
        Assert.DoesNotContain("wildcard", Ruleset.Ours(place.Node), StringComparison.Ordinal);

        place.Node.Ip($"address add {Neighbourhood.Office4}/24 dev eth0");
        watcher.Await("repaired ");
        watcher.AssertTrue();
        using Client client = place.Open("client", Neighbourhood.Office4, Port, ProtocolType.Udp);
        Assert.Equal(Neighbourhood.Dmz4, await client.AskAsync());
    }

    [KernelFact]
    public async Task What_is_being_said_goes_on_while_the_table_changes_and_when_it_goes()
    {
        using var place = new Neighbourhood();
        place.MakePod();

        // As on every node of a cluster: the kernel goes on translating as long as anybody has it translate.
        Published.ByNftables(place.Node);
        using var server = new AskedServer(place.Node.Network(), Port);
        using Watcher watcher = Watcher.Start(place.Node);
        watcher.Await("repaired cause=\"started\"");
        Client[] clients =
        [
            .. from flow in Flow.Of(ipv6: false).Concat(Flow.Of(ipv6: true)) select place.Open(flow.From, flow.To, Port, ProtocolType.Udp),
            .. from address in (string[])[Neighbourhood.Office4, Neighbourhood.Dmz6] select place.Open("pod-a", address, Port, ProtocolType.Udp),
        ];
        string?[] first = await AskAsync(clients);
        Assert.All(first, Assert.NotNull);
        foreach (string change in (string[])
            ["ip address add 172.16.9.9/24 dev eth0", "ip address add 10.0.0.9/24 dev eth1", "ip address del 10.0.0.9/24 dev eth1", "ip link set eth0 name uplink", "ip link set uplink name eth0"])
        {
            place.Node.Sh(change);
            watcher.AssertTrue();
            Assert.Equal(first, await AskAsync(clients));
        }

        watcher.Signal("TERM");
        watcher.Finish();
        place.Node.Srcroute("teardown").Quietly();
        Assert.Equal("", Ruleset.Ours(place.Node));
        Assert.DoesNotContain("proto 206", place.Node.Snapshot(), StringComparison.Ordinal);

        // Ways are main's again; the address that was asked stays in the answers. A pod's way does not depend on a card.
        Assert.All(await AskAsync(clients[^2..]), Assert.NotNull);
        Array.ForEach(clients, client => client.Dispose());
    }

    private static Task<string?[]> AskAsync(Client[] clients) => Task.WhenAll(clients.Select(client => client.AskAsync()));
}
