using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What somebody has set up against answers by the wrong card, or should have: named, never touched.</summary>
public class ForeignCureTests
{
    private static readonly Rule Workaround = new() { Family = Family.IPv4, Priority = 100, Mark = 1, MarkMask = 1, Table = 101, Protocol = 3 };

    [Fact]
    public void A_rule_that_leads_marked_packets_out_by_a_card_and_knows_no_pods_is_named()
    {
        Node node = Node.WithPods().Rule(Workaround).In(101, "default via 10.0.0.254 dev eth1");
        string sentence = Assert.Single(node.Derive().Warnings());
        Assert.Contains("rule 100 \"from all fwmark 0x1/0x1 lookup 101\" routes packets with that mark by eth1", sentence, StringComparison.Ordinal);
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

    [Fact]
    public void A_source_whose_routes_are_in_a_table_of_others_without_pods_has_that_extended()
    {
        Node node = Node.WithPods().Card("eth2", "172.16.0.1/24").Rule("172.16.0.1", 100, 32765).In(100, "default via 172.16.0.254 dev eth2");
        Finding finding = Assert.Single(node.Derive().Findings, finding => finding.Subject == "172.16.0.1");
        Assert.Equal((FindingCode.NoRoute, "\"extend\": [100]"), (finding.Code, finding.Cure));
        Assert.Contains(finding.Sentence, Assert.Single(Adoption.Of("config.json", node.State, node.Derive()).Missing).Sentence, StringComparison.Ordinal);
        Assert.Null(node.Source("172.16.0.1", "{" + finding.Cure + "}").Unserved);
    }

    [Theory]
    [InlineData("default via 10.0.0.254 dev eth1", "\"extend\": [100]")]
    [InlineData("172.20.0.0/16 via 10.0.0.254 dev eth1", "")]
    public void A_table_of_others_that_takes_a_source_away_from_pods_can_be_extended(string route, string cure)
    {
        Finding finding = Assert.Single(
            Node.WithPods().Rule("10.0.0.1", 100, 200).In(100, route).Derive().Findings, finding => finding.Code == FindingCode.ForeignRule);
        Assert.Equal(cure, finding.Cure);
    }

    [Fact]
    public void A_table_of_others_that_knows_pods_needs_nothing() => Assert.Equal(
        "",
        Node.WithPods().Rule("10.0.0.1", 100, 200).In(100, "default via 10.0.0.254 dev eth1").In(100, "10.244.7.0/24 dev cni0").Derive()
            .Findings.Single(finding => finding.Code == FindingCode.ForeignRule).Cure);

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

    [Theory]
    [InlineData("cali0", "", "{}", true)]
    [InlineData("lan0", "", "{}", false)]
    [InlineData("cali0", "veth", "{}", false)]
    [InlineData("cali0", "", """{ "overlay": { "cards": ["cali*"] } }""", false)]
    [InlineData("cali0", "", """{ "sources": [{ "network": "172.16.0.0/24", "card": "cali0" }] }""", false)]
    public void Hardware_that_is_called_like_a_pods_card_is_named(string card, string kind, string config, bool isTold) =>
        Assert.Equal(isTold, Node.WithPods().Device(card, kind, addresses: "172.16.0.1/24").Derive(config).Findings.Any(finding => finding.Code == FindingCode.CalledLikePods));
}
