using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Firewalls that look at the destination of UDP requests let through, and keep out, what they did without us.</summary>
public sealed class UdpFirewallTests
{
    private const int Port = 514, Unfiltered = 600;
    private const string Denied = "-A INPUT -d 10.0.0.1 -p udp --dport 514 -j DROP";

    /// <summary>The rules, and what is left alone for them: requests to the port ("514"), of the family ("IPv4"), or none ("").</summary>
    public static TheoryData<string, string> Rules => new()
    {
        { Iptables(Denied), "514" },
        { Iptables("-A INPUT -d 10.0.0.1 -p udp --dport 514 -j ACCEPT\n-A INPUT -p udp --dport 514 -j DROP"), "514" },
        { Iptables("-N user\n-A INPUT -j user\n-A user -d 10.0.0.1/32 -p udp -m multiport --dports 500:520,53 -j REJECT"), "500-520" },
        { Iptables("-N user\n-A INPUT -d 192.168.1.100 -j user\n-A user -p udp --dport 514 -j DROP\n-A user -p tcp --dport 80 -j DROP"), "514" },
        { Iptables("-A INPUT -m iprange --dst-range 10.0.0.1-10.0.0.9 -p udp --dport 514 -j DROP"), "514" },
        { Iptables("-t mangle -A INPUT -p udp --dport 514 -m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT"), "514" },
        { Nft("input", "ip daddr 10.0.0.0/24 udp dport { 53, 514 } drop"), "514" },
        { Nft("input", "ip daddr . udp dport { 10.0.0.1 . 514, 10.0.0.1 . 53 } drop"), "514" },
        { Nft("input", "ip daddr . meta l4proto . th dport vmap { 192.168.1.100 . udp . 514 : drop, 10.0.0.1 . tcp . 53 : drop }"), "514" },
        { Nft("input", "udp dport vmap { 53 : accept, 514 : goto user }", "ip saddr 0.0.0.0/0 ip daddr 10.0.0.1 drop"), "514" },
        { Nft("prerouting", "fib daddr . iif type != { local, broadcast, multicast } drop"), "IPv4" },
        { Nft("input", "udp dport 600 accept; ct status dnat accept; udp dport 514 drop"), "IPv4" },

        // Near misses: the kubelet's, what asks for another protocol, for the source, for the card, for all addresses alike, and chains that nothing leads to.
        { Iptables("-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"), "" },
        { Iptables("-A INPUT -p tcp -d 10.0.0.1 -j DROP\n-A INPUT -p icmp -d 10.0.0.1 -j DROP"), "" },
        { Iptables("-A INPUT -s 10.0.0.77 -p udp -j DROP\n-A INPUT -i eth7 -p udp -j DROP\n-A INPUT -m addrtype --dst-type BROADCAST -j DROP"), "" },
        { Iptables("-N idle\n-A idle -d 10.0.0.1 -j DROP\n-A FORWARD -d 10.0.0.1 -j DROP\n-A INPUT -i lo -d 10.0.0.1 -j DROP"), "" },
        { Nft("input", "ip daddr 224.0.0.0/4 drop; ip daddr 0.0.0.0/1 drop; ip daddr 128.0.0.0/1 counter accept; ct original ip daddr 10.0.0.7 drop; fib daddr type != local drop")
            .Replace("ip daddr 0.0.0.0/1 drop; ip daddr 128.0.0.0/1 counter accept; ", "", StringComparison.Ordinal), "" },
        { Nft("prerouting", "ip daddr 10.0.0.1 udp dport 514 counter").Replace("priority 0", "priority -150", StringComparison.Ordinal), "" },
        { Nft("input", "ip6 daddr fe80::/10 udp dport 546 accept; tcp dport vmap { 514 : goto user }", "ip daddr 10.0.0.1 drop"), "" },
    };

    [KernelTheory]
    [MemberData(nameof(Rules))]
    public void What_a_firewall_lets_through_stays_as_it_was(string rules, string left)
    {
        using var scene = new Scene();
        scene.Place.Node.Sh(rules);
        bool[] before = scene.Hears();

        scene.Place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(before, scene.Hears());
        Assert.Equal(left.Length == 0, scene.Translates());
        AssertTold(scene.Place.Node, left);

        scene.Place.Node.Sh("nft flush ruleset");
        scene.Place.Node.Srcroute("sync").Quietly();
        scene.Forget();
        Assert.All(scene.Hears(), Assert.True);
        Assert.True(scene.Translates());
        AssertTold(scene.Place.Node, "");
    }

    // The control: without us knowing of it, the firewall would be deceived.
    [KernelFact]
    public void Translated_requests_pass_a_rule_for_the_address_that_was_asked()
    {
        using var scene = new Scene();
        scene.Place.Node.Srcroute("bootstrap").Quietly();
        scene.Place.Node.Sh(Iptables(Denied));
        Assert.True(scene.Hears()[2]);
    }

    [LegacyTheory]
    [InlineData("-A INPUT -d 10.0.0.1 -p udp --dport 514 -j DROP", "514")]
    [InlineData("-N user\n-A user -p tcp -j DROP\n-A user -p udp --dport 500:520 -j DROP\n-A INPUT -d 192.168.1.0/24 -j user", "500-520")]
    [InlineData("-N user\n-A INPUT -g user\n-A user -m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT", "IPv4")]
    [InlineData("-A INPUT ! -d 10.0.0.1 -p udp -m multiport ! --dports 0:513,515:65535 -j DROP", "514")]
    [InlineData("-N user\n-A user -p tcp -j DROP\n-A INPUT -d 192.168.1.0/24 -j user\n-A INPUT -i lo -d 10.0.0.1 -j DROP\n-A FORWARD -d 10.0.0.1 -j DROP", "")]
    [InlineData("-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP", "")]
    public void So_does_one_of_iptables_legacy(string rules, string left)
    {
        using var scene = new Scene();
        scene.Place.Node.Sh(Iptables(rules, "legacy"));
        bool[] before = scene.Hears();
        scene.Place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(before, scene.Hears());
        Assert.Equal(left.Length == 0, scene.Translates());
        AssertTold(scene.Place.Node, left);
    }

    // Which addresses may answer, of a server that answers from the one that was asked; and near misses.
    [KernelTheory]
    [InlineData("iptables-nft -P OUTPUT DROP; iptables-nft -A OUTPUT -s 10.0.0.1 -p udp -m udp --sport 514 -j ACCEPT", "514")]
    [InlineData("iptables-nft -A OUTPUT -m iprange --src-range 192.168.1.100-192.168.1.101 -p udp -m multiport --sports 500:520 -j DROP", "500-520")]
    [InlineData("nft 'table inet f { chain o { type filter hook postrouting priority 0; ip saddr . udp sport { 192.168.1.100 . 514 } drop; }; }'", "514")]
    [InlineData("nft 'table inet f { chain o { type filter hook output priority 0; fib saddr . oif type != local udp sport 514 drop; }; }'", "IPv4")]
    [InlineData("iptables-nft -A OUTPUT -d 192.168.1.100 -p udp --dport 514 -j DROP; iptables-nft -A OUTPUT -o lo -s 10.0.0.1 -j ACCEPT; iptables-nft -A OUTPUT -s 127.0.0.0/8 -j ACCEPT", "")]
    [InlineData("nft 'table inet f { chain o { type filter hook postrouting priority 300; ip saddr 192.168.1.100 udp sport 514 drop; }; chain i { type filter hook input priority 0; ip saddr 10.0.0.1 drop; }; }'", "")]
    public Task Answers_that_a_firewall_lets_out_stay_as_they_were(string rules, string left) => AssertAnsweredAsBeforeAsync(rules, left);

    [LegacyTheory]
    [InlineData("iptables-legacy -P OUTPUT DROP; iptables-legacy -A OUTPUT -s 10.0.0.1 -p udp -m udp --sport 514 -j ACCEPT", "514")]
    [InlineData("iptables-legacy -t mangle -A POSTROUTING ! -s 10.0.0.0/24 -p udp -m multiport --sports 500:520 -j DROP", "500-520")]
    [InlineData("iptables-legacy -A OUTPUT -d 192.168.1.100 -p udp --dport 514 -j DROP; iptables-legacy -A OUTPUT -o lo -s 10.0.0.1 -j ACCEPT", "")]
    public Task So_do_those_that_iptables_legacy_lets_out(string rules, string left) => AssertAnsweredAsBeforeAsync(rules, left);

    [KernelTheory]
    [InlineData("nft add table inet f; nft add chain inet f input '{ type filter hook input priority 0; }'; nft add set inet f some '{ type ipv4_addr . inet_service; }'; nft add rule inet f input ip daddr . udp dport @some drop",
        "nft add element inet f some '{ 10.0.0.1 . 514 }'", "nft flush set inet f some")]
    [InlineData("", "iptables-nft -A INPUT -d 10.0.0.1 -p udp --dport 514 -j DROP", "iptables-nft -F")]
    public void The_watcher_follows(string rules, string change, string back)
    {
        using var scene = new Scene();
        scene.Place.Node.Sh(rules);
        using Watcher watcher = Watcher.Start(scene.Place.Node);
        watcher.Await("repaired cause=\"started\"");
        Assert.True(scene.Translates());
        foreach ((string step, bool isTranslated) in ((string, bool)[])[(change, false), (back, true)])
        {
            scene.Forget();
            scene.Place.Node.Sh(step);
            watcher.Await("repaired cause=\"somebody else changed a firewall");
            Assert.Equal(isTranslated, scene.Translates());
        }
    }

    private static async Task AssertAnsweredAsBeforeAsync(string rules, string left)
    {
        using var place = new Neighbourhood();
        using var server = new AskedServer(place.Node.Network(), Port, fromAsked: true);
        place.Node.Sh(rules);
        bool[] before = await AskAsync();
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(before, await AskAsync());
        AssertTold(place.Node, left);

        async Task<bool[]> AskAsync()
        {
            List<bool> answered = [];
            foreach ((string from, string to) in ((string, string)[])[("node2", Neighbourhood.Office4), ("client", Neighbourhood.Dmz4)])
            {
                using Client client = place.Open(from, to, Port, ProtocolType.Udp);
                answered.Add(await client.AskAsync(TimeSpan.FromSeconds(1)) is not null);
            }

            return [.. answered];
        }
    }

    private static string Iptables(string rules, string kind = "nft") => string.Join('\n', rules.Split('\n').Select(rule => $"iptables-{kind} {rule}"));

    private static string Nft(string hook, string rules, string user = "counter") => $$"""
        nft -f - <<'END'
        table inet f {
            chain user {
                {{user}}
            }
            chain base {
                type filter hook {{hook}} priority 0;
                {{rules}}
            }
        }
        END
        """;

    private static void AssertTold(Node node, string left)
    {
        using JsonDocument status = JsonDocument.Parse(node.Srcroute("status -o json").Quietly().Output);
        string[] sentences = [.. status.RootElement.GetProperty("findings").EnumerateArray()
            .Where(finding => finding.GetProperty("code").GetString() == "udp-firewall").Select(finding => finding.GetProperty("sentence").GetString()!)];
        if (left.Length == 0)
        {
            Assert.Empty(sentences);
        }
        else
        {
            Assert.Contains(left, Assert.Single(sentences), StringComparison.Ordinal);
        }
    }

    /// <summary>A node with a server on all addresses behind the firewall, and one whose requests nothing is to keep out.</summary>
    private sealed class Scene : IDisposable
    {
        private static readonly (string From, string To)[] Asked =
            [("client", Neighbourhood.Office4), ("client", Neighbourhood.Dmz4), ("far", Neighbourhood.Dmz4), ("far", Neighbourhood.Office4)];

        private readonly Socket _server;
        private readonly Socket _end;

        public Scene()
        {
            Place = new Neighbourhood();
            (_server, _end) = Place.Node.Network().In(() => (Bound(Port), Bound(Unfiltered)));
        }

        public Neighbourhood Place { get; }

        public void Dispose()
        {
            _server.Dispose();
            _end.Dispose();
            Place.Dispose();
        }

        /// <summary>Whether the server hears each of some requests. They are delivered in order, so when the other has its own, nothing is under way.</summary>
        public bool[] Hears() => [.. Asked.Select(flow =>
        {
            using Socket client = Place.Node.Network(flow.From).In(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            byte[] buffer = new byte[16];
            client.SendTo([1], new IPEndPoint(IPAddress.Parse(flow.To), Port));
            client.SendTo([2], new IPEndPoint(IPAddress.Parse(flow.From == "far" ? Neighbourhood.Office4 : Neighbourhood.Dmz4), Unfiltered));
            Assert.Equal(1, _end.Receive(buffer));
            bool isHeard = _server.Available > 0;
            while (_server.Available > 0)
            {
                _server.Receive(buffer);
            }

            return isHeard;
        })];

        /// <summary>Whether requests are translated that the server hears.</summary>
        public bool Translates()
        {
            _ = Hears();
            return Place.Node.Sh($"conntrack -L -p udp --dst-nat --orig-port-dst {Port} 2>/dev/null").Length > 0;
        }

        /// <summary>Has conversations begin anew.</summary>
        public void Forget() => Place.Node.Sh("conntrack -F 2>/dev/null");

        private static Socket Bound(int port)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return socket;
        }
    }
}
