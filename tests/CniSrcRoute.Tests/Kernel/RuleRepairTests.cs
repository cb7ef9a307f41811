using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Every field of a rule is changed behind our back, and sync makes it what it was.</summary>
public sealed class RuleRepairTests
{
    private const string Rule = "from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206";

    private const string Rule6 = "from 2001:db8:1::100 iif lo lookup 1002 priority 32765 protocol 206";

    public static TheoryData<string, string> Changes => new()
    {
        { "deleted", $"ip rule del {Rule}" },
        { "another table", $"ip rule add {Rule.Replace("1000", "4242", StringComparison.Ordinal)}; ip rule del {Rule}" },
        { "the table main", $"ip rule add {Rule.Replace("1000", "main", StringComparison.Ordinal)}; ip rule del {Rule}" },
        { "another priority", $"ip rule add {Rule.Replace("32765", "20000", StringComparison.Ordinal)}; ip rule del {Rule}" },
        { "another source", $"ip rule add {Rule.Replace(".100", ".101", StringComparison.Ordinal)}; ip rule del {Rule}" },
        { "a network as its source", $"ip rule add {Rule.Replace(".100", ".0/24", StringComparison.Ordinal)}; ip rule del {Rule}" },
        { "an incoming card", $"ip rule del {Rule}; ip rule add {Rule} iif eth0" },
        { "an outgoing card", $"ip rule del {Rule}; ip rule add {Rule} oif eth0" },
        { "a destination", $"ip rule del {Rule}; ip rule add {Rule} to 10.0.0.0/8" },
        { "a mark", $"ip rule del {Rule}; ip rule add {Rule} fwmark 0x100/0xff00" },
        { "a type of service", $"ip rule del {Rule}; ip rule add {Rule} tos 0x10" },
        { "an IP protocol and port", $"ip rule del {Rule}; ip rule add {Rule} ipproto tcp dport 80" },
        { "a user", $"ip rule del {Rule}; ip rule add {Rule} uidrange 1000-1000" },
        { "an interface's own table", $"ip rule add l3mdev priority 20000 protocol 206" },
        { "everything else", $"ip rule add not from 10.0.0.0/8 to 192.0.2.0/24 tos 0x1c fwmark 0x10/0xff iif eth0 oif eth1 ipproto 89 sport 7 dport 80-90 tun_id 70000 uidrange 0-7 lookup 4242 suppress_prefixlength 0 suppress_ifgroup 5 realms 5/16 priority 20000 protocol 206" },
        { "a jump", "ip rule add from 10.0.0.0/8 goto 32766 priority 20000 protocol 206" },
        { "an IPv6 destination", "ip -6 rule add to fd00::/8 prohibit priority 20000 protocol 206" },
        { "inversion", $"ip rule del {Rule}; ip rule add not {Rule}" },
        { "suppression of defaults", $"ip rule del {Rule}; ip rule add {Rule} suppress_prefixlength 0" },
        { "another action", $"ip rule del {Rule}; ip rule add blackhole from 192.168.1.100 priority 30000 protocol 206" },
        { "a second one before it", "ip rule add from 192.168.1.100 lookup 4242 priority 29000 protocol 206" },
        { "one for everything", "ip rule add from all lookup 1000 priority 29000 protocol 206" },
        { "all deleted", "ip rule flush protocol 206; ip -6 rule flush protocol 206" },
        { "an IPv6 one deleted", $"ip -6 rule del {Rule6}" },
        { "an IPv6 one with another table", $"ip -6 rule add {Rule6.Replace("1002", "4242", StringComparison.Ordinal)}; ip -6 rule del {Rule6}" },
        { "an IPv6 one with another priority", $"ip -6 rule add {Rule6.Replace("32765", "20000", StringComparison.Ordinal)}; ip -6 rule del {Rule6}" },
        { "an IPv6 one with an incoming card", $"ip -6 rule del {Rule6}; ip -6 rule add {Rule6} iif eth0" },
        { "an IPv6 one with a second one before it", "ip -6 rule add from 2001:db8:1::100 lookup 4242 priority 29000 protocol 206" },
    };

    [KernelTheory]
    [MemberData(nameof(Changes))]
    public void Rule_changed_behind_our_back_is_repaired(string what, string change)
    {
        using Node node = Topology.TwoCardsDual();
        node.AssertRepaired(what, change);
    }
}
