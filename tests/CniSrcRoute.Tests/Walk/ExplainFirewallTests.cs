using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says of firewalls that may drop a request or its answer, beside the packets.</summary>
public sealed class ExplainFirewallTests
{
    private const string Nothing = "";

    /// <summary>A firewall, whether the pod is asked or the node, and what is said of it.</summary>
    public static TheoryData<string, bool, string> Dropping => new()
    {
        { "nft 'table inet wall { chain in { type filter hook input priority 0; policy drop; icmpv6 type != 0 accept; }; }'", false, "table inet wall, chain in, drops what its rules do not let through: whether they let the request through is not known" },
        { "nft 'table inet wall { chain out { type filter hook output priority 0; meta l4proto != tcp accept; counter log drop; }; }'", false, "table inet wall, chain out, drops what its rules do not let through: whether they let the answer through is not known" },
        { "nft 'table inet wall { chain through { type filter hook forward priority 0; icmpv6 type != 0 accept; reject; }; }'", true, "table inet wall, chain through, drops what its rules do not let through: whether they let the request and the answer through is not known" },
        { "iptables -P FORWARD DROP; ip6tables -A FORWARD -j REJECT", true, "table IP filter, chain FORWARD, drops what its rules do not let through: whether they let the request and the answer through is not known" },
        { "iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT; ip6tables -P INPUT DROP; ip6tables -A INPUT -p icmpv6 -j ACCEPT", false, "table IP filter, chain INPUT, drops what its rules do not let through: whether they let the request through is not known" },
    };

    /// <summary>A firewall that drops nothing of the pod's or the node's own.</summary>
    public static TheoryData<string, bool> Nearly => new()
    {
        { Nothing, true },
        { "nft 'table inet wall { chain through { type filter hook forward priority 0; policy drop; }; }'", false },
        { "nft 'table inet wall { chain in { type filter hook input priority 0; policy drop; icmpv6 type != 0 accept; }; chain out { type filter hook output priority 0; tcp dport 22 drop; }; }'", true },
        { "nft 'table inet wall { chain in { type filter hook input priority 0; tcp dport 22 drop; }; chain refused { reject; }; chain early { type filter hook prerouting priority raw; tcp dport 22 jump refused; }; }'", false },
        { "nft 'table inet wall { chain early { type filter hook prerouting priority raw; fib saddr . iif oif missing drop; }; }'", false },
        { "for ip in iptables ip6tables; do $ip -t raw -A PREROUTING -m rpfilter --invert -j DROP; $ip -A INPUT -m conntrack --ctstate INVALID -j DROP; done", false },
    };

    [KernelTheory]
    [MemberData(nameof(Dropping))]
    public async Task A_chain_that_may_drop_it_is_named(string firewall, bool isPod, string sentence)
    {
        using Neighbourhood place = Prepare();
        await AskAsync(place, isPod, Assert.NotNull);
        place.Node.Sh(firewall);
        await AskAsync(place, isPod, Assert.Null);
        Assert.Contains(sentence.Replace("IP", "ip", StringComparison.Ordinal), Explain(place, isPod, ipv6: false), StringComparison.Ordinal);
        Assert.Contains(sentence.Replace("IP", "ip6", StringComparison.Ordinal), Explain(place, isPod, ipv6: true), StringComparison.Ordinal);
    }

    [KernelTheory]
    [MemberData(nameof(Nearly))]
    public async Task One_that_it_does_not_come_to_or_that_drops_something_else_is_not(string firewall, bool isPod)
    {
        using Neighbourhood place = Prepare();
        Published.ByIptables(place.Node, "nft");
        place.Node.Sh(firewall);
        await AskAsync(place, isPod, Assert.NotNull);
        Assert.DoesNotContain("drop", Explain(place, isPod, ipv6: false), StringComparison.Ordinal);
        Assert.DoesNotContain("drop", Explain(place, isPod, ipv6: true), StringComparison.Ordinal);
    }

    // By the dmz, and main answers by the office; ours gives the request a mark by which firewalld looks.
    [KernelTheory]
    [InlineData("{}", false)]
    [InlineData("""{ "marks": false }""", true)]
    public async Task A_check_of_the_reverse_path_is_told_where_it_fails(string config, bool isDropped)
    {
        using Neighbourhood place = Prepare();
        place.Node.Configure(config);
        place.Node.Srcroute("bootstrap").Quietly();
        using Client before = place.Open("far", Neighbourhood.Dmz6, Published.Local);
        _ = await before.AskAsync(TimeSpan.FromSeconds(1));
        Firewalld.Load(place.Node);
        using Client client = place.Open("far", Neighbourhood.Dmz6, Published.Local);
        Assert.Equal(isDropped, await client.AskAsync(TimeSpan.FromSeconds(1)) is null);
        string told = place.Node.Srcroute($"explain 2001:db8:9::7 [{Neighbourhood.Dmz6}]:{Published.Local}").Output;
        Assert.Equal(isDropped, told.Contains(", but a firewall drops the request\n", StringComparison.Ordinal));
        Assert.Equal(
            isDropped,
            told.Contains(
                "\nnftables table inet firewalld, chain filter_PREROUTING, drops the request: it checks the reverse path, and finds no way back to 2001:db8:9::7 by eth1 (IPv6_rpfilter of firewalld.conf(5))\n",
                StringComparison.Ordinal));
    }

    private static Neighbourhood Prepare()
    {
        var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        return place;
    }

    private static async Task AskAsync(Neighbourhood place, bool isPod, Action<string?> assert)
    {
        foreach (string address in (string[])[Neighbourhood.Office4, Neighbourhood.Office6])
        {
            using Client client = place.Open("node2", address, Port(isPod));
            assert(await client.AskAsync(TimeSpan.FromSeconds(1)));
        }
    }

    private static int Port(bool isPod) => isPod ? Published.Local : Neighbourhood.HostPort;

    private static string Explain(Neighbourhood place, bool isPod, bool ipv6) => place.Node.Srcroute(
        ipv6 ? $"explain 2001:db8:1::101 [{Neighbourhood.Office6}]:{Port(isPod)}" : $"explain 192.168.1.101 {Neighbourhood.Office4}:{Port(isPod)}").Succeeded().Output;
}
