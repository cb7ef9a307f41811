using CniSrcRoute.Firewall;
using Xunit;

namespace CniSrcRoute.UnitTests.Firewall;

/// <summary>With which ports a rule makes it matter which of a node's addresses is asked, and which chains are read to find such rules.</summary>
public sealed class DestinationRuleTests
{
    private static readonly PortSpan Syslog = new(514, 514);

    [Theory]
    [InlineData("10.0.0.1/32", false, "514")]
    [InlineData("10.0.0.1/32", true, "514")]
    [InlineData("10.0.0.0/24", false, "514")]
    [InlineData("0.0.0.0/0", false, "")]
    [InlineData("127.0.0.0/8", false, "")]
    [InlineData("127.0.0.0/8", true, "")]
    [InlineData("2001:db8::/32", false, "")]
    public void What_all_addresses_or_none_of_them_match_does_not_matter(string network, bool isNegated, string ports) =>
        Assert.Equal(ports, Decided(new FilterRule { Ports = [Syslog], Tests = [new([new(Prefix(network))], isNegated)] }));

    [Fact]
    public void All_that_is_asked_has_to_be_true() => Assert.Equal("", Decided(new FilterRule { Tests = [Test("10.0.0.1/32"), Test("192.168.1.0/24")] }));

    [Fact]
    public void Of_addresses_with_ports_those_of_the_nodes_own_count()
    {
        DestinationTest.Part[] parts =
        [
            new(Address("10.96.0.10"), Address("10.96.0.10"), new(53, 53)),
            new(Address("10.0.0.1"), Address("10.0.0.1"), new(1000, 2000)),
            new(Address("192.168.1.100"), Address("192.168.1.100"), new(1500, 3000)),
        ];
        Assert.Equal("1000-1499, 2001-3000", Decided(new FilterRule { Tests = [new(parts)] }));
        Assert.Equal("2001-2500", Decided(new FilterRule { Tests = [new(parts)], Ports = [new(1700, 2500)] }));
    }

    [Fact]
    public void What_a_translation_changes_for_every_address_matters_for_those_that_match()
    {
        Assert.Equal("0-65535", Decided(new FilterRule { Asks = "that asks" }));
        Assert.Equal("", Decided(new FilterRule { Asks = "that asks", Tests = [Test("127.0.0.0/8")] }));
        Assert.Equal("", Decided(new FilterRule { Asks = "that asks", Family = Family.IPv6 }));
    }

    [Fact]
    public void A_chain_has_the_conditions_of_the_rules_that_lead_to_it_and_others_are_not_read()
    {
        List<string> read = [];
        Dictionary<string, FilterRule[]> chains = new()
        {
            ["input"] = [new() { Tests = [Test("10.0.0.1/32")], Chains = ["user"], Decides = false }, new() { Chains = ["loop"], Decides = false }],
            ["user"] = [new() { Ports = [Syslog] }, new() { Ports = [new(1, 9)], Chains = ["loop"] }],
            ["loop"] = [new() { Tests = [Test("10.0.0.1/32")], Chains = ["input"], Decides = false }],
            ["idle"] = [new() { Tests = [Test("10.0.0.1/32")] }],
        };
        var walk = new FilterWalk(chain => $"chain {chain}", chain =>
        {
            read.Add(chain);
            return chains[chain];
        });
        walk.Follow("input");
        Assert.Equal(["input", "user", "loop"], read);
        Assert.Equal(
            ["chain input for 10.0.0.1: 514", "chain input for 10.0.0.1: 1-9"],
            walk.Found.Select(rule => $"{rule.Place} {rule.What}: {string.Join(", ", rule.Rule.Ports)}").Take(2));
    }

    [Fact]
    public void Ways_to_one_chain_with_other_addresses_are_told_apart()
    {
        FilterRule Jump(string one, string other) => new() { Tests = [new([new(Prefix(one)), new(Prefix(other))])], Chains = ["user"], Decides = false };
        var walk = new FilterWalk(chain => chain, chain => chain == "user" ? [new FilterRule { Ports = [Syslog] }] : [Jump("10.9.0.1/32", "10.9.0.2/32"), Jump("10.0.0.1/32", "10.9.0.2/32")]);
        walk.Follow("input");
        Assert.Equal(["", "514"], walk.Found.Select(rule => Decided(rule.Rule)));
    }

    [Theory]
    [InlineData("", "0-65535")]
    [InlineData("5-9 0-3 4-4 65535-65535", "10-65534")]
    [InlineData("0-65535", "")]
    public void The_other_ports(string ranges, string others) => Assert.Equal(others, string.Join(' ', PortSpan.Others(ranges.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(range =>
        new PortSpan(ushort.Parse(range.Split('-')[0], null), ushort.Parse(range.Split('-')[1], null))))));

    private static string Decided(FilterRule rule) =>
        string.Join(", ", new DestinationRule("somewhere", rule).TellsApart([Address("10.0.0.1"), Address("192.168.1.100")]));

    private static DestinationTest Test(string network) => new([new(Prefix(network))]);

    private static IpPrefix Prefix(string text) => Nodes.Text.Prefix(text);

    private static IpAddress Address(string text) => Prefix(text).Address;
}
