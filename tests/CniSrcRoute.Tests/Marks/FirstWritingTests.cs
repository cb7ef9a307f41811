using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Before anything is written for the first time: connections that would change their way.</summary>
public sealed class FirstWritingTests : IDisposable
{
    private const string Far4 = "203.0.113.7", Far6 = "2001:db8:9::7", OwnCode = "own-connection-diverted";

    private readonly Neighbourhood _place = new();
    private readonly EchoServer _far;

    public FirstWritingTests()
    {
        _far = new EchoServer("far", _place.Node.Network("far"), Neighbourhood.HostPort);

        // As kube-proxy has it: the node tracks its connections, and a service leads to another node.
        _place.Node.Write("/run/tracking", $$"""
            table inet others {
                chain input { type filter hook input priority filter; ct state invalid drop; }
                chain output {
                    type nat hook output priority -100;
                    ip daddr 10.96.0.1 tcp dport 443 dnat ip to 10.0.0.100:{{Neighbourhood.HostPort}}
                }
                chain postrouting { type nat hook postrouting priority srcnat; ip daddr 10.0.0.100 masquerade; }
            }
            """);
        _place.Node.Sh("nft -f /run/tracking");
    }

    private Node Node => _place.Node;

    public void Dispose()
    {
        _far.Dispose();
        _place.Dispose();
    }

    // As on a node without any firewall, where sockets that are connected are all there is. The last keeps its way.
    [KernelTheory]
    [InlineData(Far4, Neighbourhood.Dmz4, ProtocolType.Tcp, 3)]
    [InlineData(Far6, Neighbourhood.Dmz6, ProtocolType.Tcp, 3)]
    [InlineData(Far4, Neighbourhood.Office4, ProtocolType.Tcp, 0)]
    public async Task A_connection_that_nobody_tracks_is_seen_as_well(string far, string from, ProtocolType protocol, int status)
    {
        Node.Sh("nft flush ruleset");
        using Client own = await OpenAsync(far, from, protocol);
        Assert.Equal(["eth0 01"], Ways(own));
        Outcome bootstrap = Node.Srcroute("bootstrap");
        Assert.Equal(status, bootstrap.ExitStatus);
        Assert.Equal(status == 3, bootstrap.Error.Contains($":{own.Port} to ", StringComparison.Ordinal));
        _place.Forget();
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth0 01"], Ways(own));
    }

    [KernelTheory]
    [InlineData(Far4, Neighbourhood.Dmz4, ProtocolType.Tcp)]
    [InlineData(Far4, Neighbourhood.Dmz4, ProtocolType.Udp)]
    [InlineData(Far6, Neighbourhood.Dmz6, ProtocolType.Tcp)]
    public async Task A_connection_of_the_nodes_own_that_would_change_its_way_keeps_everything_from_being_written(string far, string from, ProtocolType protocol)
    {
        using Client own = await OpenAsync(far, from, protocol);
        Assert.Equal(["eth0 01"], Ways(own));
        string before = Everything();

        foreach (string command in (string[])["bootstrap", "sync", "adopt", "install"])
        {
            Outcome refused = Node.Srcroute(command);
            Assert.Equal((3, ""), (refused.ExitStatus, refused.Output));
            Assert.StartsWith("srcroute: nothing is written: 1 connection that the node has opened leaves by another card", refused.Error, StringComparison.Ordinal);
            Assert.Contains($":{own.Port} to ", refused.Error, StringComparison.Ordinal);
            Assert.Contains(" by eth1, not eth0; ", refused.Error, StringComparison.Ordinal);
            Assert.Equal(refused.Error.Length - 1, refused.Error.IndexOf('\n', StringComparison.Ordinal));
            Assert.Equal(before, Everything());
        }

        Outcome dry = Node.Srcroute("sync --dry-run");
        Assert.Equal(2, dry.ExitStatus);
        Assert.Contains("1 connection that the node has opened leaves by another card", dry.Error, StringComparison.Ordinal);
        _place.Forget();
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth0 01"], Ways(own));

        Outcome forced = Node.Srcroute("bootstrap --force").Succeeded();
        Assert.Contains("warning: 1 connection that the node has opened leaves by another card", forced.Error, StringComparison.Ordinal);
        _place.Forget();
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth1 fe"], Ways(own));
        Assert.Equal("nothing to do\n", Node.Srcroute("bootstrap").Quietly().Output);
    }

    [KernelTheory]
    [InlineData(Far4, Neighbourhood.Dmz4, ProtocolType.Tcp)]
    [InlineData(Far4, Neighbourhood.Dmz4, ProtocolType.Udp)]
    [InlineData(Far6, Neighbourhood.Dmz6, ProtocolType.Tcp)]
    public async Task A_connection_that_its_program_has_bound_to_a_card_keeps_to_it_and_is_no_obstacle(string far, string from, ProtocolType protocol)
    {
        // Main has another default first.
        Node.Ip("route add default via 10.0.0.254 dev eth1 metric 2000\nroute add default via 2001:db8:2::2 dev eth1 metric 2000");
        using Client own = new(Node.Network(), far, Neighbourhood.HostPort, protocol, from, card: "eth1");
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth1 fe"], Ways(own));

        Assert.DoesNotContain("connection", Node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        _place.Forget();
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth1 fe"], Ways(own));
    }

    [KernelTheory]
    [InlineData(0, 3)]
    [InlineData(16, 0)]
    public async Task A_connection_that_its_program_has_given_a_mark_in_our_bits_would_be_led_by_it(int shift, int status)
    {
        Node.Srcroute("bootstrap").Succeeded();
        string table = Node.Sh("awk '$2 == \"src-10.0.0.1\" { print $1 }' /etc/iproute2/rt_tables.d/srcroute.conf").Trim();
        string mark = Node.Sh($"ip -N rule | sed -nE 's,.*fwmark (0x[0-9a-f]+)/0x7f lookup {table} .*,\\1,p' | sort | head -n 1").Trim();
        Node.Srcroute("teardown").Quietly();

        using Client own = new(Node.Network(), Far4, Neighbourhood.HostPort, mark: Convert.ToUInt32(mark, 16) << shift);
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth0 01"], Ways(own));
        Outcome outcome = Node.Srcroute("bootstrap");
        Assert.Equal(status, outcome.ExitStatus);
        Assert.Equal(status == 3, outcome.Error.Contains($":{own.Port} to ", StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task What_adopt_removes_is_asked_about_as_well_and_force_does_it_all_the_same()
    {
        // A rule made by hand leads what is bound to the source to everybody by its card; ours leaves to main what that knows more exactly.
        Node.Sh("ip route add default via 10.0.0.254 dev eth1 table 101; ip route add 10.0.0.0/24 dev eth1 table 101; ip rule add from 10.0.0.1 lookup 101 priority 200");
        Node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
        using Client own = await OpenAsync(Far4, Neighbourhood.Dmz4);
        Assert.Equal(["eth1 fe"], Ways(own));
        Node.Sh($"ip route add {Far4} via 192.168.1.1 dev eth0");
        string before = Everything();

        Outcome refused = Node.Srcroute("adopt");
        Assert.Equal(3, refused.ExitStatus);
        Assert.Contains($":{own.Port} to {Far4}:9080 by eth0, not eth1", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
        Node.Srcroute("adopt --force").Succeeded();
        Assert.DoesNotContain("lookup 101", Node.Sh("ip rule"), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_line_that_is_named_leaves_the_connection_alone()
    {
        using Client own = await OpenAsync(Far4, Neighbourhood.Dmz4);
        string error = Node.Srcroute("bootstrap").Error;
        int cure = error.IndexOf("\"sources\"", StringComparison.Ordinal);
        Node.Configure($"{{ {error[cure..error.IndexOf(" in ", cure, StringComparison.Ordinal)]} }}");

        Node.Srcroute("bootstrap").Quietly();
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(["eth0 01"], Ways(own));
    }

    // With marks none does: those of connections that are open keep main's way.
    [KernelFact]
    public async Task Without_marks_a_reply_that_changes_its_way_is_told_and_is_no_obstacle()
    {
        Node.Configure("""{ "marks": false }""");
        using Client client = _place.Open("far", Neighbourhood.Dmz4, Neighbourhood.HostPort);
        Assert.NotNull(await client.AskAsync());
        Assert.Equal(["eth0 01"], _place.WaysTo(client));

        string said = Node.Srcroute("bootstrap").Quietly().Output;
        Assert.Contains(
            $"the replies of 1 connection leave by another card with srcroute's rules than without: tcp {Far4}:{client.Port} to 10.0.0.1:9080 by eth1, not eth0\n",
            said,
            StringComparison.Ordinal);
        _place.Forget();
        Assert.NotNull(await client.AskAsync());
        Assert.Equal(["eth1 fe"], _place.WaysTo(client));
    }

    [KernelFact]
    public async Task Of_an_ordinary_nodes_connections_not_a_word_is_said()
    {
        using var server = new EchoServer("client", Node.Network("client"), Neighbourhood.HostPort);
        using Client far = await OpenAsync(Far4, ""), far6 = await OpenAsync(Far6, "");
        using Client neighbour = await OpenAsync("192.168.1.101", ""), bound = await OpenAsync("10.0.0.100", Neighbourhood.Dmz4);
        using Client service = new(Node.Network(), "10.96.0.1", 443);
        Assert.NotNull(await service.AskAsync());
        Assert.Contains("dport=443", Node.Sh("cat /proc/net/nf_conntrack"), StringComparison.Ordinal);

        string said = Node.Srcroute("bootstrap").Quietly().Output;
        Assert.DoesNotContain("connection", said, StringComparison.Ordinal);
        foreach (Client client in (Client[])[far, far6, neighbour, bound, service])
        {
            Assert.NotNull(await client.AskAsync());
        }
    }

    [KernelFact]
    public async Task A_connection_that_has_ended_keeps_nothing()
    {
        var passing = new EchoServer("far", Node.Network("far"), 9999);
        Client own = new(Node.Network(), Far4, 9999, from: Neighbourhood.Dmz4);
        Assert.NotNull(await own.AskAsync());
        Assert.Equal(3, Node.Srcroute("bootstrap").ExitStatus);

        // Both ends close.
        passing.Dispose();
        own.Dispose();
        Node.Await($"! grep -E '(ESTABLISHED|FIN_WAIT|CLOSE_WAIT) .*sport={own.Port} ' /proc/net/nf_conntrack");
        Node.Srcroute("bootstrap").Quietly();
    }

    [KernelFact]
    public async Task The_watcher_has_nobody_to_ask_and_says_what_it_does()
    {
        using Client own = await OpenAsync(Far4, Neighbourhood.Dmz4);
        using var watcher = Watcher.Start(Node);
        Assert.Contains($":{own.Port} to {Far4}:9080 by eth1, not eth0", watcher.Await($"trouble code={OwnCode} "), StringComparison.Ordinal);
        Assert.Contains("from 10.0.0.1", Node.Sh("ip rule"), StringComparison.Ordinal);
    }

    /// <summary>A connection that the node opens.</summary>
    private async Task<Client> OpenAsync(string address, string from, ProtocolType protocol = ProtocolType.Tcp)
    {
        var client = new Client(Node.Network(), address, Neighbourhood.HostPort, protocol, from);
        Assert.NotNull(await client.AskAsync());
        return client;
    }

    private string[] Ways(Client own) => [.. _place.Sent().Where(packet => packet.SourcePort == own.Port).Select(packet => packet.Way).Distinct()];

    private string Everything() => Node.Snapshot() + Node.Sh("nft list ruleset; ls -R /etc/iproute2; cat /proc/sys/net/ipv4/conf/all/src_valid_mark");
}
