using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says where a firewall sets marks that somebody's rule asks for, beside the packets.</summary>
public sealed class ExplainMarkTests
{
    // A table of somebody else by the dmz, and the rule that leads there what has a bit.
    private const string Rule = """
        ip route add default via 10.0.0.254 table 77
        ip -6 route add default via 2001:db8:2::2 table 77
        ip rule add fwmark 0x100/0x100 lookup 77 pref 1
        ip -6 rule add fwmark 0x100/0x100 lookup 77 pref 1

        """;

    /// <summary>What marks answers of the pod, or of the node itself; the chain that is named; the port that is asked.</summary>
    public static TheoryData<string, string, int> Marking => new()
    {
        { "nft 'table inet fw { chain early { type filter hook prerouting priority mangle; iifname cni0 meta mark set meta mark | 0x100; }; }'", "nftables table inet fw, chain early,", Published.Local },
        { "nft 'table inet fw { chain early { type filter hook prerouting priority 0; iifname cni0 meta mark set 0x100; }; }'", "nftables table inet fw, chain early,", Published.Local },
        {
            """
            nft 'table inet fw {
                chain pods { meta mark set meta mark | 0x100; }
                chain early { type filter hook prerouting priority mangle; iifname cni0 jump pods; }
            }'
            """, "nftables table inet fw, chain pods,", Published.Local
        },
        {
            """
            nft 'table inet fw {
                chain late { type filter hook postrouting priority 0; oifname cni0 ct mark set ct mark | 0x100; }
                chain early { type filter hook prerouting priority mangle; iifname cni0 meta mark set ct mark; }
            }'
            """, "nftables table inet fw, chain early,", Published.Local
        },
        {
            "for ip in iptables ip6tables; do $ip -t mangle -A PREROUTING -i cni0 -j MARK --set-xmark 0x100/0x100; done",
            "nftables table IP mangle, chain PREROUTING,", Published.Local
        },
        {
            "nft 'table inet fw { chain self { type route hook output priority mangle; tcp sport 9080 meta mark set meta mark | 0x100; }; }'",
            "nftables table inet fw, chain self,", Neighbourhood.HostPort
        },
    };

    /// <summary>What marks, but no answer before it is routed, or with other bits.</summary>
    public static TheoryData<string, int> Nearly => new()
    {
        { "nft 'table inet fw { chain early { type filter hook prerouting priority mangle; iifname cni0 meta mark set meta mark | 0x200; }; }'", Published.Local },
        { "nft 'table inet fw { chain early { type filter hook prerouting priority mangle - 50; iifname cni0 meta mark set 0x4000; }; }'", Published.Local },
        { "nft 'table inet fw { chain through { type filter hook forward priority 0; meta mark set meta mark | 0x100; }; }'", Published.Local },
        { "nft 'table inet fw { chain first { type nat hook output priority -105; meta mark set meta mark | 0x100; }; }'", Neighbourhood.HostPort },
        { "nft 'table inet fw { chain self { type route hook output priority mangle; meta l4proto tcp meta mark set meta mark | 0x100; }; }'", Published.Local },
        { "nft 'table inet fw { chain early { type filter hook prerouting priority mangle; iifname cni0 meta mark set meta mark | 0x100; }; }'", Neighbourhood.HostPort },
        { "nft 'table inet fw { chain late { type filter hook postrouting priority 0; ct mark set ct mark | 0x100; }; }'", Published.Local },
    };

    [KernelTheory]
    [MemberData(nameof(Marking))]
    public async Task An_answer_that_a_firewall_may_lead_elsewhere_is_not_certain_and_the_chain_is_named(string firewall, string chain, int port)
    {
        using Neighbourhood place = Prepare(Rule + firewall);
        foreach (bool withUs in (bool[])[false, true])
        {
            if (withUs)
            {
                place.Node.Srcroute("bootstrap").Succeeded();
            }

            foreach (bool ipv6 in (bool[])[false, true])
            {
                Assert.Equal("eth1", await AnswerCard(place, ipv6, port));
                Outcome told = Explain(place, ipv6, port, "");
                Assert.Equal(0, told.ExitStatus);
                Assert.Contains("+  the same card, unless it is marked\n", told.Output, StringComparison.Ordinal);
                Assert.Contains(
                    $"not certain: a rule of {chain.Replace("IP", ipv6 ? "ip6" : "ip", StringComparison.Ordinal)} may change the mark that rule 1 \"from all fwmark 0x100/0x100 lookup 77\" asks for; with another mark the answer would leave by eth1\n",
                    told.Output,
                    StringComparison.Ordinal);
                Assert.False(IsCertain(place, ipv6, port));
            }
        }
    }

    [KernelTheory]
    [MemberData(nameof(Nearly))]
    public async Task A_mark_that_no_rule_asks_for_or_that_comes_too_late_makes_nothing_uncertain(string firewall, int port)
    {
        using Neighbourhood place = Prepare(Rule + firewall);
        foreach (bool withUs in (bool[])[false, true])
        {
            if (withUs)
            {
                place.Node.Srcroute("bootstrap").Succeeded();
            }

            foreach (bool ipv6 in (bool[])[false, true])
            {
                Assert.Equal("eth0", await AnswerCard(place, ipv6, port));
                Assert.DoesNotContain("mark", Explain(place, ipv6, port, "").Succeeded().Output.Split("\nthe answer")[0], StringComparison.Ordinal);
                Assert.True(IsCertain(place, ipv6, port));
            }
        }
    }

    [KernelFact]
    public void Without_a_rule_that_asks_for_it_a_mark_matters_to_nobody()
    {
        using Neighbourhood place = Prepare("nft 'table inet fw { chain early { type filter hook prerouting priority mangle; meta mark set meta mark | 0x100; }; }'");
        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.True(IsCertain(place, ipv6: false, Published.Local));
    }

    [KernelFact]
    public void Where_the_firewall_cannot_be_read_nothing_is_certain_that_a_mark_may_change()
    {
        using Neighbourhood place = Prepare(Rule);
        Assert.True(IsCertain(place, ipv6: false, Published.Local));
        Outcome told = place.Node.Start(["setpriv", "--bounding-set=-net_admin", Requirements.Binary, "explain", "192.168.1.101", $"{Neighbourhood.Office4}:{Neighbourhood.HostPort}"]).Finish();
        Assert.Contains("not certain: it is not known whether a firewall changes the mark that rule 1 \"from all fwmark 0x100/0x100 lookup 77\" asks for; with another mark the answer would leave by eth1\n", told.Output, StringComparison.Ordinal);
    }

    private static Neighbourhood Prepare(string script)
    {
        var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh(script);
        return place;
    }

    private static string Address(bool ipv6) => ipv6 ? Neighbourhood.Office6 : Neighbourhood.Office4;

    private static Outcome Explain(Neighbourhood place, bool ipv6, int port, string format) =>
        place.Node.Srcroute($"explain {(ipv6 ? "2001:db8:1::101" : "192.168.1.101")} {(ipv6 ? $"[{Address(ipv6)}]" : Address(ipv6))}:{port}{format}");

    private static bool IsCertain(Neighbourhood place, bool ipv6, int port) =>
        JsonDocument.Parse(Explain(place, ipv6, port, " -o json").Output).RootElement[0].GetProperty("certain").GetBoolean();

    /// <summary>Asks once, and says by which card the answer leaves.</summary>
    private static async Task<string> AnswerCard(Neighbourhood place, bool ipv6, int port)
    {
        using Client client = place.Open("node2", Address(ipv6), port);
        Task<string?> asked = client.AskAsync(TimeSpan.FromSeconds(1.5));
        string way = Assert.Single(place.AwaitWaysTo(client));
        _ = await asked;
        return way[..4];
    }
}
