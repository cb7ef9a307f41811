using CniSrcRoute.Planning;
using Xunit;

namespace CniSrcRoute.Tests.Core;

/// <summary>What somebody has set up against answers by the wrong card, or should have: named, never touched.</summary>
public class ForeignCureTests
{
    private static readonly Rule Workaround = new() { Family = Family.IPv4, Priority = 100, Mark = 1, MarkMask = 1, Table = 101, Protocol = 3 };

    [Fact]
    public void A_rule_that_leads_marked_packets_out_by_a_card_and_knows_no_pods_is_named()
    {
        Node node = Node.WithPods().Rule(Workaround).In(101, "default via 10.0.0.254 dev eth1");
        string sentence = Assert.Single(node.Derive().Warnings());
        Assert.Contains("\"from all fwmark 0x1/0x1 lookup 101 priority 100 protocol 3\" leads packets with that mark out by eth1", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(101, "default dev tun0")]
    [InlineData(101, "172.20.0.0/16 via 10.0.0.254 dev eth1")]
    [InlineData(254, "default via 10.0.0.254 dev eth1")]
    public void A_rule_of_a_VPN_or_a_policy_is_not(int table, string route)
    {
        Node node = Node.WithPods().Tunnel("tun0").Rule(Workaround with { Table = (uint)table }).In((uint)table, route);
        Assert.DoesNotContain(node.Derive().Findings, finding => finding.Code == FindingCode.ForeignMarkRule);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Two_cards_in_one_subnet_answer_for_each_other_until_arp_ignore_is_set(byte ignore, bool isTold)
    {
        Node node = Node.TwoCards().Card("eth2", "192.168.1.110/24").Main("192.168.1.0/24 dev eth2");
        string[] told = [.. node.ArpIgnore(ignore).Notes()
            .Where(note => note.Contains("arp_ignore", StringComparison.Ordinal))];
        Assert.Equal(isTold ? 1 : 0, told.Length);
        Assert.All(told, note => Assert.StartsWith("eth0 and eth2 are both in 192.168.1.0/24", note, StringComparison.Ordinal));
    }
}
