using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Connections that are older than what is done to the table: they live on, by the way they have.</summary>
public sealed class EarlierConnectionTests
{
    // Main's way back to who is beyond the gateway is eth0, and the gateway does not mind: so it works without us.
    private static readonly (string To4, string To6, string Usual, string Right) Way = (Neighbourhood.Dmz4, Neighbourhood.Dmz6, "eth0 01", "eth1 fe");

    [KernelFact]
    public async Task A_connection_that_was_there_before_us_keeps_its_way_and_a_new_one_has_the_right_one()
    {
        using Neighbourhood place = Published4And6();
        Client[] old = await OpenAllAsync(place);
        AssertWays(place, old, Way.Usual);

        place.Node.Srcroute("bootstrap").Quietly();
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Usual);
        AssertWays(place, await OpenAllAsync(place), Way.Right);

        place.Node.Srcroute("sync").Quietly();
        Reload(place);
        place.Node.Srcroute("sync").Quietly();
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Usual);
    }

    // Its server is bound to the address of the other card, and a rule of ours for that one leads away from the gateway that knows the connection.
    [KernelFact]
    public async Task A_connection_to_a_hostNetwork_pod_that_was_there_before_us_keeps_its_way()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Sh("ip route add default via 192.168.1.1 metric 200; ip route replace default via 10.0.0.254; ip -6 route add default via 2001:db8:2::2 metric 1");
        Client[] old = await OpenAllAsync(place, Published.HostNetwork, Published.HostNetworkLocal);
        AssertWays(place, old, Way.Right);

        place.Node.Srcroute("bootstrap").Quietly();
        place.Forget();
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Right);
        AssertWays(place, await OpenAllAsync(place, Published.HostNetwork, Published.HostNetworkLocal), Way.Right);
    }

    // It is opened to an address of the other card than the one it comes in by, so that a rule of ours for that address would lead its replies away, and the
    // check of its reverse path as well.
    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_connection_to_the_node_itself_that_was_there_before_us_keeps_its_way(int filter)
    {
        using var place = new Neighbourhood();
        place.SetReversePath(filter);
        place.Node.Sh($$"""
            ip -n gateway route add {{Way.To4}} via {{Neighbourhood.Office4}}
            ip -n gateway route add {{Way.To6}} via {{Neighbourhood.Office6}}
            nft 'table inet tracked { chain input { type filter hook input priority 0; ct state new accept; }; }'
            """);
        Client[] old = [.. new[] { Way.To4, Way.To6 }.Select(address => place.Open("far", address, Neighbourhood.HostPort))];
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Usual);

        Assert.DoesNotContain("connection", place.Node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Usual);

        place.Node.Srcroute("teardown").Quietly();
        Assert.All(await AskAsync(old), Assert.NotNull);
        AssertWays(place, old, Way.Usual);
    }

    [KernelFact]
    public async Task A_connection_keeps_its_mark_and_its_way_over_the_loss_of_the_table_and_its_repair()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);
        string marks = Marks(place);
        Assert.Contains("mark=", marks, StringComparison.Ordinal);

        Reload(place);
        Assert.Equal(marks, Marks(place));
        place.Node.Srcroute("sync").Quietly();
        place.Forget();
        Assert.All(await AskAsync(marked), Assert.NotNull);
        AssertWays(place, marked, Way.Right);
    }

    [KernelFact]
    public async Task A_connection_keeps_its_way_when_cards_and_sources_come_and_go_beside_it()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);

        foreach (string change in (string[])
            [
                "ip address add 192.168.1.77/24 dev eth0; ip address add 2001:db8:1::77/64 dev eth0 nodad",
                "ip link add eth2 up type veth peer name eth2 netns lan; ip -n lan link set eth2 up; " +
                "ip address add 172.16.7.1/24 dev eth2; ip address add 2001:db8:7::1/64 dev eth2 nodad",
                "ip address del 192.168.1.77/24 dev eth0; ip address del 2001:db8:1::77/64 dev eth0",
                "ip link del eth2",
            ])
        {
            place.Node.Sh(change);
            place.Node.Srcroute("sync").Quietly();
            place.Forget();
            Assert.All(await AskAsync(marked), Assert.NotNull);
            AssertWays(place, marked, Way.Right);
        }
    }

    [KernelFact]
    public async Task A_connection_keeps_its_way_when_all_addresses_go_and_come_again_in_another_order()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);

        // As systemd-networkd restarts with static addresses.
        place.Node.Sh("ip -4 route save table main >/run/routes; ip -4 address flush dev eth0; ip -4 address flush dev eth1");
        place.Node.Srcroute("sync").Quietly();
        Assert.DoesNotContain("10.0.0.1", place.Node.Sh("ip rule"), StringComparison.Ordinal);
        foreach (string address in (string[])["10.0.0.1/24 dev eth1", "192.168.1.100/24 dev eth0"])
        {
            place.Node.Sh($"ip address add {address}; ip route restore </run/routes 2>/dev/null || :");
            place.Node.Srcroute("sync").Quietly();
        }

        place.Forget();
        Assert.All(await AskAsync(marked), Assert.NotNull);
        AssertWays(place, marked, Way.Right);
    }

    [KernelFact]
    public async Task A_connection_keeps_its_way_when_all_rules_are_flushed_after_a_source_before_it_has_gone()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Configure("""{ "sources": [{ "address": "192.168.1.100", "table": 2000 }, { "address": "10.0.0.1", "table": 2001 }] }""");
        place.Node.Sh("ip address add 10.0.0.77/24 dev eth1; ip address add 2001:db8:2::77/64 dev eth1 nodad");
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);
        place.Node.Sh("ip address del 10.0.0.77/24 dev eth1; ip address del 2001:db8:2::77/64 dev eth1");
        place.Node.Srcroute("sync").Quietly();
        place.Node.Sh("ip rule flush protocol 206; ip -6 rule flush protocol 206");
        place.Node.Srcroute("sync").Quietly();

        place.Forget();
        Assert.All(await AskAsync(marked), Assert.NotNull);
        AssertWays(place, marked, Way.Right);
    }

    [KernelFact]
    public async Task After_teardown_a_connection_lives_on_by_mains_way()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);
        place.Node.Srcroute("teardown").Quietly();
        place.Forget();
        Assert.All(await AskAsync(marked), Assert.NotNull);
        AssertWays(place, marked, Way.Usual);
    }

    [KernelFact]
    public async Task A_connection_lives_through_a_gateway_that_changes()
    {
        using Neighbourhood place = Published4And6();
        place.Node.Srcroute("bootstrap").Quietly();
        Client[] marked = await OpenAllAsync(place);

        place.Node.Sh("""
            ip -n gateway address add 10.0.0.253/24 dev dmz
            ip route del default via 10.0.0.254
            ip route add default via 10.0.0.253 metric 100
            """);
        place.Node.Srcroute("sync").Quietly();
        Assert.All(await AskAsync(marked), Assert.NotNull);
        AssertWays(place, marked, Way.Right);
    }

    private static Neighbourhood Published4And6()
    {
        var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        return place;
    }

    // In one transaction, as firewalld does: a late acknowledgement that met no translation would be answered with a reset.
    private static void Reload(Neighbourhood place) =>
        place.Node.Sh(
            "{ echo flush ruleset; nft -s list ruleset | sed '/^table inet srcroute /,/^}/d'; } >/run/ruleset; " +
            "nft -f /run/ruleset; ! nft list table inet srcroute 2>/dev/null");

    private static Task<Client[]> OpenAllAsync(Neighbourhood place) => OpenAllAsync(place, Published.ByHostPort, Published.Cluster, Published.Elsewhere);

    private static async Task<Client[]> OpenAllAsync(Neighbourhood place, params int[] ports)
    {
        Client[] clients =
        [
            .. from address in (string[])[Way.To4, Way.To6]
               from port in ports
               from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
               select place.Open("far", address, port, protocol),
        ];
        Assert.All(await AskAsync(clients), Assert.NotNull);
        return clients;
    }

    private static Task<string?[]> AskAsync(Client[] clients) => Task.WhenAll(clients.Select(client => client.AskAsync()));

    private static void AssertWays(Neighbourhood place, Client[] clients, string way) =>
        Assert.All(clients, client => Assert.Equal([way], place.WaysTo(client)));

    // As the kernel lists them: connections without the numbers that count down.
    private static string Marks(Neighbourhood place) =>
        place.Node.Sh("sed -n 's/.* \\(src=.*\\) \\(src=.*\\) \\(mark=[1-9][0-9]*\\) .*/\\1 \\3/p' /proc/net/nf_conntrack | sort");
}
