using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Output;

/// <summary>Steps read like the ip(8) commands that would do the same.</summary>
public class IpCommandTests
{
    private static readonly Node Cards = new Node().Card("eth0").Card("eth1").Device("flannel.1", kind: "vxlan");

    [Theory]
    [InlineData("default via 192.168.1.1 dev eth0", "default via 192.168.1.1 dev eth0 table 1000 protocol 206")]
    [InlineData("10.0.0.0/24 dev eth1 src 10.0.0.1", "10.0.0.0/24 dev eth1 table 1000 protocol 206 scope link src 10.0.0.1")]
    [InlineData("10.244.7.2 dev eth1 scope host", "10.244.7.2 dev eth1 table 1000 protocol 206 scope host")]
    [InlineData("10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink metric 5", "10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink table 1000 metric 5 protocol 206")]
    [InlineData("10.7.0.0/16 via inet6 fe80::1 dev eth0", "10.7.0.0/16 via inet6 fe80::1 dev eth0 table 1000 protocol 206")]
    [InlineData("10.8.0.0/16 nhid 7", "10.8.0.0/16 nhid 7 table 1000 protocol 206")]
    [InlineData("10.5.0.0/16 via 192.168.1.1 dev eth0 tos 16 mtu 1400", "10.5.0.0/16 via 192.168.1.1 dev eth0 table 1000 protocol 206 tos 0x10 mtu 1400")]
    [InlineData("10.9.0.0/16 nexthop via 192.168.1.1 dev eth0 weight 3 nexthop dev eth1", "10.9.0.0/16 table 1000 protocol 206 nexthop via 192.168.1.1 dev eth0 weight 3 nexthop dev eth1 weight 1")]
    [InlineData("throw 10.254.0.0/16 metric 4294967295", "throw 10.254.0.0/16 table 1000 metric 4294967295 protocol 206")]
    [InlineData("unreachable fd07::/64", "unreachable fd07::/64 table 1000 metric 1024 protocol 206")]
    [InlineData("fd05::/64 from fd01::/64 via fd01::9 dev eth0", "fd05::/64 from fd01::/64 via fd01::9 dev eth0 table 1000 metric 1024 protocol 206")]
    public void A_route_reads_like_the_command_that_makes_it(string route, string written) =>
        Assert.Equal(written, new IpCommand(Cards.State).Format(Text.Route(route, Cards.Index) with { Protocol = Ownership.Protocol }, 1000));

    [Fact]
    public void A_direct_route_of_scope_global_says_so_since_ip_would_take_link() =>
        Assert.Contains("scope global", Cards.Format(Text.Route("10.244.0.0/16 dev eth1 scope global", Cards.Index)), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, " pref high")]
    [InlineData(3, " pref low")]
    public void The_router_preference_is_named(byte preference, string written) => Assert.Equal(
        $"fd09::/64 via fe80::1 dev eth0 metric 1024{written}",
        Cards.Format(Text.Route("fd09::/64 via fe80::1 dev eth0", Cards.Index) with { Preference = preference }));

    [Fact]
    public void A_card_that_is_gone_is_named_by_its_number() =>
        Assert.Equal("10.0.0.0/8 dev if77 scope link", Cards.Format(Text.Route("10.0.0.0/8 dev x", _ => 77)));

    [Theory]
    [InlineData("br-lan.7@x_+", "br-lan.7@x_+")]
    [InlineData("a;reboot", "'a;reboot'")]
    [InlineData("$x", "'$x'")]
    [InlineData("it's", @"'it'\''s'")]
    public void A_cards_name_is_a_word_to_a_shell_whatever_it_is(string name, string written)
    {
        Node node = new Node().Card(name, "192.168.1.100/24");
        Assert.Equal($"10.0.0.0/8 dev {written} scope link", node.Format(Text.Route("10.0.0.0/8 dev x", _ => 2)));
    }

    [Fact]
    public void Realm_and_encapsulation_stand_with_their_next_hop() => Assert.Equal(
        "10.0.0.0/8 encap type 2 0800 via 10.0.0.2 dev eth1 realm 5",
        Cards.Format(new Route
        {
            Destination = Text.Prefix("10.0.0.0/8"),
            Nexthops = [new Nexthop { Gateway = Text.Address("10.0.0.2"), Oif = 3, Realm = 5, Encapsulation = new Encapsulation(2, new OpaqueBytes([8, 0])) }],
        }));

    [Theory]
    [InlineData(ChangeKind.Add, "+ ip -6 route add fd09::/64 dev eth0 table 1000 metric 1024 protocol 3")]
    [InlineData(ChangeKind.Remove, "- ip -6 route del fd09::/64 dev eth0 table 1000 metric 1024 protocol 3")]
    public void Signs_and_verbs_say_what_happens(ChangeKind kind, string written) =>
        Assert.Equal(
            written,
            new IpCommand(Cards.State).Format(new RouteChange(kind, new TableId(Family.IPv6, 1000), Text.Route("fd09::/64 dev eth0", Cards.Index))));

    [Theory]
    [InlineData("192.168.1.100", ChangeKind.Add, "+ ip rule add from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206")]
    [InlineData("fd01::1", ChangeKind.Remove, "- ip -6 rule del from fd01::1 iif lo lookup 1000 priority 32765 protocol 206")]
    [InlineData("192.168.1.0/24", ChangeKind.Add, "+ ip rule add from 192.168.1.0/24 iif lo lookup 1000 priority 32765 protocol 206")]
    public void A_rule_reads_like_the_command_that_makes_it(string from, ChangeKind kind, string written)
    {
        var rule = new Rule { Family = Text.Prefix(from).Family, From = Text.Prefix(from), Table = 1000, Priority = 32765, Protocol = Ownership.Protocol, Selectors = RuleSelector.FromNode };
        Assert.Equal(written, new IpCommand(Cards.State).Format(new RuleChange(kind, rule)));
    }

    [Fact]
    public void A_rule_of_others_is_told_as_far_as_it_is_known()
    {
        Assert.Equal("from all lookup 254 priority 32766", IpCommand.Format(new Rule { Family = Family.IPv4, Table = 254, Priority = 32766 }));
        Assert.Equal(
            "from all (and more) blackhole priority 9",
            IpCommand.Format(new Rule { Family = Family.IPv4, Action = 6, Priority = 9, Selectors = new OpaqueBytes([1]) }));
        Assert.Equal(
            "not from 10.0.0.0/8 lookup 100 priority 9",
            IpCommand.Format(new Rule { Family = Family.IPv4, From = Text.Prefix("10.0.0.0/8"), Table = 100, Priority = 9, Flags = 2 }));
    }

    [Theory]
    [InlineData(NamesFileKind.Tables, ChangeKind.Replace, "~ names in /etc/iproute2/rt_tables.d/srcroute.conf")]
    [InlineData(NamesFileKind.Protocols, ChangeKind.Remove, "- names in /etc/iproute2/rt_protos.d/srcroute.conf")]
    public void Files_of_names_are_told_by_their_path(NamesFileKind file, ChangeKind kind, string written) =>
        Assert.Equal(written, new IpCommand(Cards.State).Format(new NamesChange(kind, file, "")));
}
