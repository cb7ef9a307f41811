using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Walk;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Connections that rules of others keep from being tracked: what `status` and `explain` say, beside the packets.</summary>
public sealed class UntrackedTests
{
    private const int Port = 5300;

    /// <summary>The rules, by which program, and where the one is that is to be named; nothing where the connection is tracked all the same.</summary>
    public static TheoryData<string, string> Rules => new()
    {
        { "nft 'table inet z { chain p { type filter hook prerouting priority raw; udp dport 5300 notrack; tcp dport 5300 notrack; }; }'", "nftables table inet z, chain p" },
        { "nft 'table ip z { set served { type inet_proto . inet_service; elements = { tcp . 5300, udp . 5300 }; }; chain p { type filter hook prerouting priority raw; meta l4proto . th dport @served notrack; }; }'", "nftables table ip z, chain p" },
        { "nft 'table ip z { chain q { notrack; }; chain p { type filter hook prerouting priority raw; iifname \"eth*\" ip daddr 10.0.0.0/8 jump q; }; }'", "nftables table ip z, chain q" },
        { "nft 'table ip z { chain o { type filter hook output priority raw; ip saddr { 10.0.0.1, 10.0.0.9 } th sport { 80, 5000-6000 } notrack; }; }'", "nftables table ip z, chain o" },
        { "for p in tcp udp; do iptables-nft -t raw -A PREROUTING -p $p --dport 5300 -j NOTRACK; done", "nftables table ip raw, chain PREROUTING" },
        { "iptables-nft -t raw -N own; iptables-nft -t raw -A own -p tcp -m multiport --dports 53,5300:5301 -m comment --comment x -j CT --notrack; iptables-nft -t raw -A own -p udp -j CT --notrack; iptables-nft -t raw -A PREROUTING -i eth1 -g own", "nftables table ip raw, chain own" },
        { "iptables-nft -t raw -A OUTPUT ! -d 10.0.0.0/24 -j CT --notrack", "nftables table ip raw, chain OUTPUT" },

        { "nft 'table inet z { chain p { type filter hook prerouting priority -150; notrack; }; }'", "" },
        { "nft 'table inet z { chain p { type filter hook prerouting priority raw; ip daddr 10.0.0.1 accept; notrack; }; chain o { type filter hook output priority raw; oifname lo notrack; }; }'", "nftables table inet z, chain p; by eth0" },
        { "nft 'table ip z { chain q { ip daddr 10.0.0.1 return; notrack; }; chain p { type filter hook prerouting priority raw; iifname { eth0, eth1 } ip daddr { 10.0.0.0/24 } jump q; }; }'", "" },
        { "iptables-nft -t raw -A PREROUTING -i cni0 -j CT --notrack; iptables-nft -t raw -A OUTPUT -o lo -j CT --notrack; iptables-nft -t raw -A PREROUTING -j CT --zone 0", "" },

        // Cilium's, and NodeLocal DNSCache's (cmd/node-cache/app of kubernetes/dns), whose addresses are on a card of its own.
        { "iptables-nft -t raw -A PREROUTING -m mark --mark 0x200/0xf00 -j CT --notrack; iptables-nft -t raw -A OUTPUT -m mark --mark 0xa00/0xfffffeff -j CT --notrack", "" },
        { $"ip link add nodelocaldns type bridge; ip address add 169.254.20.10/32 dev nodelocaldns; {NodeLocal("iptables-nft")}", "" },
    };

    private static string NodeLocal(string iptables) => $$"""
        for ip in 169.254.20.10 10.96.0.10; do
            for p in tcp udp; do
                {{iptables}} -t raw -A PREROUTING -d $ip -p $p --dport 53 -j NOTRACK
                {{iptables}} -t raw -A OUTPUT -s $ip -p $p --sport 53 -j NOTRACK
                {{iptables}} -t raw -A OUTPUT -d $ip -p $p --dport 53 -j NOTRACK
            done
            {{iptables}} -t raw -A OUTPUT -s $ip -p tcp --sport 8080 -j NOTRACK
            {{iptables}} -t raw -A OUTPUT -d $ip -p tcp --dport 8080 -j NOTRACK
        done
        """;

    [KernelTheory]
    [MemberData(nameof(Rules))]
    public Task What_is_told_is_what_the_packets_do(string rules, string place) => AssertToldAsync(rules, place);

    [LegacyTheory]
    [InlineData("for p in tcp udp; do IP -t raw -A PREROUTING -p $p --dport 5300 -j NOTRACK; done", "iptables-legacy table ip raw, chain PREROUTING")]
    [InlineData("IP -t raw -N own; IP -t raw -A own ! -s 203.0.113.0/24 -j CT --notrack; IP -t raw -A PREROUTING -i eth+ -d 10.0.0.0/30 -g own", "iptables-legacy table ip raw, chain own")]
    [InlineData("IP -t raw -A OUTPUT -p tcp -m multiport --sports 53,5300 -j CT --notrack; IP -t raw -A OUTPUT -p udp --sport 5000:6000 -j CT --notrack", "iptables-legacy table ip raw, chain OUTPUT")]
    [InlineData("IP -t raw -A PREROUTING -i eth1 -j ACCEPT; IP -t raw -A PREROUTING -j CT --notrack", "iptables-legacy table ip raw, chain PREROUTING; by eth0")]
    [InlineData("IP -t raw -A PREROUTING -d 10.0.0.1 -j ACCEPT; IP -t raw -A PREROUTING -d 10.0.0.0/8 -j CT --notrack", "")]
    [InlineData("NODELOCAL", "")]
    public Task What_is_told_of_iptables_legacy_is_what_the_packets_do(string rules, string place) =>
        AssertToldAsync(rules.Replace("NODELOCAL", NodeLocal("iptables-legacy"), StringComparison.Ordinal).Replace("IP ", "iptables-legacy ", StringComparison.Ordinal), place);

    private static async Task AssertToldAsync(string rules, string place)
    {
        using var neighbourhood = new Neighbourhood();
        Node node = neighbourhood.Node;
        using var server = new EchoServer("served", node.Network(), Port, Neighbourhood.Dmz4);
        node.Srcroute("bootstrap").Quietly();
        Assert.DoesNotContain("from being tracked", node.Srcroute("status").Output, StringComparison.Ordinal);
        node.Sh(rules);

        // Of another source alone is it, where that is said.
        bool isOfOther = place.Contains("; by eth0", StringComparison.Ordinal), isUntracked = place.Length > 0 && !isOfOther;
        string named = place.Split(';')[0];
        string status = node.Srcroute("status").Output;
        Assert.Equal(place.Length > 0, status.Contains("from being tracked", StringComparison.Ordinal));
        Assert.Equal(place.Length > 0, status.Contains($"a rule of {named}, keeps ", StringComparison.Ordinal));
        if (place.Length > 0)
        {
            string line = Assert.Single(status.Split('\n'), line => line.Contains("from being tracked", StringComparison.Ordinal));
            Assert.Contains(isOfOther ? Neighbourhood.Office4 : Neighbourhood.Dmz4, line, StringComparison.Ordinal);
            Assert.Equal(isOfOther, !line.Contains(Neighbourhood.Dmz4, StringComparison.Ordinal));
        }

        using var passing = new Passing(node);
        foreach (ProtocolType protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp])
        {
            using Client client = neighbourhood.Open("node2", Neighbourhood.Dmz4, Port, protocol);
            string? answer = await client.AskAsync(TimeSpan.FromSeconds(1));
            string card = Assert.Single(passing.Cards(client, isOut: true, ["eth0", "eth1"]));
            Assert.Equal(isUntracked ? "eth0" : "eth1", card);
            Assert.Equal(protocol == ProtocolType.Udp || !isUntracked, answer is not null);
            string question = $"explain 192.168.1.101 {Neighbourhood.Dmz4}:{Port} --card eth1 --proto {(protocol == ProtocolType.Tcp ? "tcp" : "udp")}";
            Outcome outcome = node.Srcroute($"{question} -o json");
            JsonElement told = JsonDocument.Parse(outcome.Output).RootElement[0];
            Assert.Equal(
                (card, isUntracked ? named : null, !isUntracked),
                (Assert.Single(told.GetProperty("answerCards").EnumerateArray()).GetString(), told.GetProperty("untrackedBy").GetString(), told.GetProperty("sameCard").GetBoolean()));
            Assert.Equal(isUntracked, node.Srcroute(question).Output.Contains($"\na rule of {named}, keeps the ", StringComparison.Ordinal));
        }
    }
}
