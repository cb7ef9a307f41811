using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.UnitTests.Model;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Routes as the kernel is asked for them.</summary>
public class RouteEncodingTests
{
    private static readonly Gen<Nexthop> AnyHop =
        from family in Gen.OneOf(Family.None, Family.IPv4, Family.IPv6)
        from gateway in IpAddressTests.Any.Where(address => address.Low != 0)
        from oif in Gen.Int[1, 100_000]
        from weight in Gen.Int[1, 256]
        from onlink in Gen.Bool
        from realm in Gen.OneOf(0u, 0u, 7u)
        from encapsulation in Gen.Byte.Array[4, 8]
        from encapsulated in Gen.Bool
        select new Nexthop
        {
            Gateway = family == gateway.Family ? gateway : default,
            Oif = oif,
            Weight = weight,
            Flags = onlink ? Nexthop.OnLink : (byte)0,
            Realm = realm,
            Encapsulation = encapsulated ? new Encapsulation(2, new OpaqueBytes(encapsulation)) : null,
        };

    private static readonly Gen<Route> AnyRoute =
        from destination in IpPrefixTests.Any
        from source in IpPrefixTests.Any
        from metric in Gen.OneOf(Gen.Const(0u), Gen.UInt)
        from type in Gen.OneOf(RouteType.Unicast, RouteType.Unicast, RouteType.Blackhole, RouteType.Unreachable, RouteType.Prohibit, RouteType.Throw)
        from small in Gen.Byte.Array[4]
        from prefSrc in IpAddressTests.Any
        from nexthopId in Gen.OneOf(0u, 0u, 7u, uint.MaxValue)
        from hops in AnyHop.Array[1, 4]
        from metrics in Gen.Byte.Array[8]
        select new Route
        {
            Destination = destination,
            Source = source.Family == destination.Family && source.Length > 0 ? source : default,
            Metric = metric,
            Type = type,
            Tos = small[0],
            Scope = small[1],
            Protocol = small[2],
            Preference = small[3],
            PrefSrc = prefSrc.Family == destination.Family ? prefSrc : default,
            NexthopId = type == RouteType.Unicast ? nexthopId : 0,
            Nexthops = type != RouteType.Unicast || nexthopId != 0 ? [] : hops.Length == 1 ? [hops[0] with { Weight = 1 }] : hops,
            Metrics = small[0] % 2 == 0 ? default : new OpaqueBytes(metrics),
        };

    [Fact]
    public void What_is_written_reads_back_as_the_same_route() => Gen.Select(AnyRoute, Gen.UInt.Where(number => number != 255)).Sample(
        (route, number) =>
        {
            Assert.True(RouteCodec.TryDecode(Encode(new TableId(route.Family, number), route), out TableId table, out Route again));
            Assert.Equal(new TableId(route.Family, number), table);
            Assert.Equal(route, again);
            Assert.Equal(route.Nexthops, again.Nexthops);
        },
        iter: 5000);

    [Fact]
    public void Every_route_of_the_kernel_is_written_so_that_it_reads_back()
    {
        foreach ((string command, string bytes, _, _) in Golden.Routes)
        {
            Assert.True(RouteCodec.TryDecode(Convert.FromHexString(bytes), out TableId table, out Route route));
            Assert.True(RouteCodec.TryDecode(Encode(table, route), out TableId again, out Route copy));
            Assert.True(table == again && route.Equals(copy), command);
        }
    }

    // ip route add throw 10.254.0.0/16 table 1000 metric 4294967295 protocol 206
    [Fact]
    public void The_guard() => AssertBytes(
        "02 10 00 00 FC CE 00 09 00000000" + // struct rtmsg: AF_INET, /16, table RT_TABLE_COMPAT, protocol 206, universe, RTN_THROW
        "0800 0F00 E8030000" + // RTA_TABLE 1000
        "0800 0100 0AFE0000" + // RTA_DST
        "0800 0600 FFFFFFFF", // RTA_PRIORITY
        "throw 10.254.0.0/16 metric 4294967295 proto srcroute");

    // ip route add 10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink table 1000 metric 13346 protocol 206
    [Fact]
    public void A_copy_of_flannels_route() => AssertBytes(
        "02 18 00 00 FC CE 00 01 04000000" + // RTNH_F_ONLINK
        "0800 0F00 E8030000" +
        "0800 0100 0AF42100" +
        "0800 0600 22340000" +
        "0800 0400 0C000000" + // RTA_OIF
        "0800 0500 0AF42100", // RTA_GATEWAY
        "10.244.33.0/24 via 10.244.33.0 dev flannel.1 onlink metric 13346 proto srcroute");

    // ip route add 10.9.0.0/16 table 1000 protocol 206 nexthop via 192.168.1.1 dev eth0 weight 3 nexthop via inet6 fe80::1 dev eth1 weight 1 onlink
    [Fact]
    public void A_multipath_route() => AssertBytes(
        "02 10 00 00 FC CE 00 01 00000000" +
        "0800 0F00 E8030000" +
        "0800 0100 0A090000" +
        "3400 0980" + // RTA_MULTIPATH, nested
        "1000 00 02 0A000000" + // struct rtnexthop: 16 bytes, weight 3
        "0800 0500 C0A80101" +
        "2000 04 00 0B000000" +
        "1600 1200 0A00 FE800000000000000000000000000001 0000", // RTA_VIA: AF_INET6, padded
        "10.9.0.0/16 scope global proto srcroute nexthop via 192.168.1.1 dev eth0 weight 3 nexthop via inet6 fe80::1 dev eth1 onlink");

    // ip route add 10.8.0.0/16 nhid 7 table 1000 protocol 206
    [Fact]
    public void A_nexthop_object_goes_by_its_id_alone() => AssertBytes(
        "02 10 00 00 FC CE 00 01 00000000" +
        "0800 0F00 E8030000" +
        "0800 0100 0A080000" +
        "0800 1E00 07000000", // RTA_NH_ID
        "10.8.0.0/16 nhid 7 via 192.168.1.1 dev eth0 proto srcroute");

    // ip -6 route add default via fe80::1 dev eth0 table 100 metric 1024 mtu 1400 protocol 206
    [Fact]
    public void An_ipv6_default_in_a_table_below_256() => AssertBytes(
        "0A 00 00 00 64 CE 00 01 00000000" +
        "0800 0F00 64000000" +
        "0800 0600 00040000" +
        "0C00 0880 0800 0200 78050000" + // RTA_METRICS, nested: RTAX_MTU
        "0800 0400 0A000000" +
        "1400 0500 FE800000000000000000000000000001",
        "default via fe80::1 dev eth0 mtu 1400 proto srcroute",
        100);

    internal static byte[] Encode(TableId table, Route route)
    {
        byte[] buffer = new byte[4096];
        var writer = new MessageWriter(buffer);
        RouteCodec.Encode(ref writer, table, route);
        Assert.False(writer.Overflowed);
        return buffer[..writer.Length];
    }

    private static void AssertBytes(string expected, string words, uint table = 1000)
    {
        Route route = Text.Route(words, RouteDecodingTests.Card);
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(Encode(new TableId(route.Family, table), route)));
    }
}
