using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Routes as the kernel lists them.</summary>
public class RouteDecodingTests
{
    public static TheoryData<string> Commands => [.. Golden.Routes.Select(golden => golden.Command)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_route_a_command_made_is_read_with_all_its_fields(string command)
    {
        (_, string bytes, uint number, string words) = Golden.Routes.Single(golden => golden.Command == command);
        Route expected = Text.Route(words, Card);
        Assert.True(RouteCodec.TryDecode(Convert.FromHexString(bytes), out TableId table, out Route route));
        Assert.Equal(new TableId(expected.Family, number), table);
        Assert.Equal(expected, route);
        Assert.Equal(expected.Nexthops, route.Nexthops);
    }

    // ip route add default via 192.168.1.1 dev eth0 src 192.168.1.100 mtu 1400 advmss 1360 table 2006
    [Fact]
    public void Metrics_are_kept_as_the_kernel_wrote_them()
    {
        Route route = Decode(Golden.MtuAndAdvmss);
        Assert.Equal("mtu 1400 advmss 1360", RouteMetrics.Format(route.Metrics));
        Assert.Equal((true, Text.Address("192.168.1.100")), (route.Destination.IsDefault, route.PrefSrc));
    }

    // ip route add 10.2.0.0/16 via 192.168.1.1 mtu lock 1300 congctl reno table 2017
    [Fact]
    public void A_locked_mtu_and_a_congestion_control_are_metrics_too() =>
        Assert.Equal("mtu lock 1300 congctl reno", RouteMetrics.Format(Decode(Golden.LockAndCongestionControl).Metrics));

    // ip -6 route add fd05::/64 from fd01::/64 via fd01::9 dev eth0 table 2013 pref high
    [Fact]
    public void A_source_specific_route_has_its_source_and_preference()
    {
        Route route = Decode(Golden.SourceSpecific);
        Assert.Equal((Text.Prefix("fd05::/64"), Text.Prefix("fd01::/64"), (byte)1), (route.Destination, route.Source, route.Preference));
    }

    // ip route add 10.4.0.0/16 via 192.168.1.1 table 2015 realm 5
    [Fact]
    public void A_realm_belongs_to_the_next_hop() => Assert.Equal(5u, Decode(Golden.Realm).Nexthops.Single().Realm);

    // ip route add 10.3.0.0/16 encap ip id 5 dst 10.0.0.2 dev eth1 table 2016
    [Fact]
    public void An_encapsulation_is_kept_without_being_understood()
    {
        Nexthop hop = Decode(Golden.Encapsulation).Nexthops.Single();
        Assert.Equal(2, hop.Encapsulation!.Type);
        Assert.Equal(
            "0C0001000000000000000005080002000A0000020800030000000000050005000000000005000400000000000600060000000000",
            hop.Encapsulation.Value.ToString());
    }

    // ip route add 10.97.0.0/16 table 3002 nexthop via 192.168.1.1 dev eth0 weight 3 nexthop via 10.0.0.254 dev eth1; ip link set eth1 down
    [Fact]
    public void A_dead_hop_is_left_out_and_one_that_is_left_alone_has_no_weight() => Assert.Equal(
        [new Nexthop { Gateway = Text.Address("192.168.1.1"), Oif = 10, Weight = 1 }], Decode(Golden.DeadHop).Nexthops);

    // sysctl net.ipv4.nexthop_compat_mode=0; ip route add 10.98.0.0/16 nhid 9 table 3001
    [Fact]
    public void Without_compatibility_mode_a_nexthop_object_is_a_number_alone()
    {
        Route route = Decode(Golden.NexthopObjectUnexpanded);
        Assert.Equal(9u, route.NexthopId);
        Assert.Empty(route.Nexthops);
    }

    [Theory]
    [InlineData("02200000ff02fe020000000008000f00ff000000080001000a000001", "the table local")]
    [InlineData("02200000fc02fe020000000008000f00ff000000080001000a000001", "the table local in RTA_TABLE")]
    [InlineData("02200000fe0200010002000008000f00fe000000080001000a000001", "a cached route, RTM_F_CLONED")]
    [InlineData("07200000fe02000100000000", "another family")]
    [InlineData("02210000fe02000100000000080001000a000001", "a length of 33")]
    [InlineData("02200000fe02000100000000140001000a0000010a0000010a0000010a000001", "an IPv6 address in an IPv4 route")]
    [InlineData("02200000fe020001000000", "a header cut short")]
    [InlineData("", "nothing")]
    public void What_is_no_route_of_a_table_is_passed_over(string bytes, string what) =>
        Assert.False(RouteCodec.TryDecode(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)), out _, out _), what);

    // RTNH_F_DEAD, PERVASIVE, OFFLOAD, LINKDOWN, UNRESOLVED, TRAP and RTM_F_ bits are state.
    [Fact]
    public void Of_the_flags_onlink_alone_is_configuration()
    {
        byte[] bytes = Convert.FromHexString(Golden.Routes[0].Bytes);
        (bytes[8], bytes[9]) = (0xfe, 0x40);
        Assert.True(RouteCodec.TryDecode(bytes, out _, out Route route));
        Assert.Equal(Nexthop.OnLink, route.Nexthops.Single().Flags);
    }

    internal static Route Decode(string bytes)
    {
        Assert.True(RouteCodec.TryDecode(Convert.FromHexString(bytes), out _, out Route route));
        return route;
    }

    internal static int Card(string name) => name switch { "eth0" => 10, "eth1" => 11, _ => 12 };
}
