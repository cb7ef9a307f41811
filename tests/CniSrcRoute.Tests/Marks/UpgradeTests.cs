using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Live traffic over an upgrade from version 0.1.0, whose rules for addresses stood ahead of main and whose marks only pods' replies needed.</summary>
public sealed class UpgradeTests
{
    private const int Wildcard = 5300;

    private static readonly (int Number, string Family, string Address, string Card, string Subnet, string Router)[] Tables =
    [
        (1000, "-4", Neighbourhood.Office4, "eth0", "192.168.1.0/24", "192.168.1.1"),
        (1001, "-4", Neighbourhood.Dmz4, "eth1", "10.0.0.0/24", "10.0.0.254"),
        (1002, "-6", Neighbourhood.Office6, "eth0", "2001:db8:1::/64", "2001:db8:1::1"),
        (1003, "-6", Neighbourhood.Dmz6, "eth1", "2001:db8:2::/64", "2001:db8:2::2"),
    ];

    /// <summary>Its nftables table.</summary>
    private const string Marks = """
        table inet srcroute {
            chain restore {
                ct mark & 0x3f == 0x20 meta mark set meta mark & 0xffffffa0 | 0x20 return
                ct mark & 0x3f == 0x21 meta mark set meta mark & 0xffffffa1 | 0x21 return
            }
            chain own {
                jump restore
                meta mark set meta mark | 0x40
            }
            chain arrival {
                meta nfproto ipv4 iifname "eth0" ct mark set ct mark & 0xffffffa0 | 0x20 return
                meta nfproto ipv4 iifname "eth1" ct mark set ct mark & 0xffffffa1 | 0x21 return
                meta nfproto ipv6 iifname "eth0" ct mark set ct mark & 0xffffffa0 | 0x20 goto own
                meta nfproto ipv6 iifname "eth1" ct mark set ct mark & 0xffffffa1 | 0x21 goto own
            }
            chain translated6 {
                ct direction reply return
                ct mark & 0x3f != 0 goto own
                ct state new goto arrival
            }
            chain translated {
                meta nfproto ipv6 goto translated6
                ct mark & 0x3f != 0 ct direction reply goto restore
                ct state new goto arrival
            }
            chain prerouting {
                type filter hook prerouting priority -80;
                ct status dnat goto translated
            }
            chain routing6 {
                ct direction reply goto restore
                meta mark set meta mark & 0xffffff80
            }
            chain routing {
                type filter hook prerouting priority 120;
                meta nfproto ipv6 ct status dnat ct mark & 0x3f != 0 goto routing6
            }
            chain output {
                type route hook output priority -80;
                ct status dnat ct mark & 0x3f != 0 ct direction reply goto own
            }
        }
        """;

    [KernelTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Connections_that_the_old_rules_served_live_on_by_their_card(bool ipv6, bool watch)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        Install(place.Node);
        (Flow Flow, Client Client)[] clients =
        [
            .. from flow in Flow.Of(ipv6)
               from port in (int[])[Wildcard, Published.ByHostPort, Published.Local, Published.Cluster]
               select (flow, place.Open(flow.From, flow.To, port)),
        ];
        await AssertServedAsync(place, clients, "before");

        if (watch)
        {
            using var watcher = Watcher.StartAnew(place.Node);
            await AssertServedAsync(place, clients, "while it is watched");
            watcher.AssertTrue();
        }
        else
        {
            place.Node.Srcroute("sync").Quietly();
        }

        Assert.DoesNotContain("30000:", place.Node.Sh("ip rule; ip -6 rule"), StringComparison.Ordinal);
        await AssertServedAsync(place, clients, "after");
        await AssertServedAsync(place, [.. clients.Select(one => (one.Flow, place.Open(one.Flow.From, one.Flow.To, Wildcard)))], "anew");
        Array.ForEach(clients, one => one.Client.Dispose());
    }

    [KernelFact]
    public async Task Connections_of_others_keep_their_marks()
    {
        using var place = new Neighbourhood();
        place.MakePod();
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        Install(place.Node);
        place.Node.Sh("nft 'add table inet others; add chain inet others c { type filter hook prerouting priority 5; }; add rule inet others c ct state new ct mark set 0x1200'");
        Client client = place.Open("node2", Neighbourhood.Dmz4, Wildcard);
        Assert.NotNull(await client.AskAsync());
        place.Node.Srcroute("sync").Quietly();
        Assert.NotNull(await client.AskAsync());
        Assert.Contains($"mark={0x1261}", place.Node.Sh("cat /proc/net/nf_conntrack"), StringComparison.Ordinal);
        client.Dispose();
    }

    private static async Task AssertServedAsync(Neighbourhood place, (Flow Flow, Client Client)[] clients, string when)
    {
        place.Forget();
        string?[] answers = await Task.WhenAll(clients.Select(one => one.Client.AskAsync()));
        Assert.Equal(
            clients.Select(one => $"{when}: {one.Flow.From} -> {one.Flow.To} by {one.Flow.Way}"),
            clients.Select((one, i) =>
                $"{when}: {one.Flow.From} -> {(answers[i] is null ? "no answer of " : "")}{one.Flow.To} by {string.Join(" and ", place.WaysTo(one.Client))}"));
    }

    /// <summary>As version 0.1.0 leaves a node.</summary>
    private static void Install(Node node)
    {
        const string Owned = "protocol 206";
        foreach ((int number, string family, string address, string card, string subnet, string router) in Tables)
        {
            (string network, string here, string there) = family == "-4"
                ? ("10.254.0.0/16", "10.254.1.0/24 dev cni0", "10.254.2.0/24 via 10.254.2.0 dev flannel.1")
                : ("fd00:254::/48", "fd00:254:0:1::/64 dev cni0", "fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1");
            int mark = number % 2 == 0 ? 0x20 : 0x21;
            node.Sh($"""
                ip {family} route add {subnet} dev {card} table {number} {Owned}
                ip {family} route add default via {router} dev {card} table {number} {Owned}
                ip {family} route add throw {network} metric 4294967295 table {number} {Owned}
                ip {family} route add {here} table {number} {Owned}
                ip {family} route add {there} onlink table {number} {Owned}
                ip {family} rule add fwmark {mark | 0x40}/0x7f lookup {number} priority 29999 {Owned}
                ip {family} rule add from {address} lookup {number} priority 30000 {Owned}
                ip {family} rule add fwmark {mark}/0x7f lookup {number} priority 30001 {Owned}
                mkdir -p /etc/iproute2/rt_tables.d
                echo '{number} src-{address} # mark 0x{mark:x}/0x7f' >>/etc/iproute2/rt_tables.d/srcroute.conf
                """);
        }

        node.Start(["nft", "-f", "-"], Marks).Finish().Succeeded();
    }
}
