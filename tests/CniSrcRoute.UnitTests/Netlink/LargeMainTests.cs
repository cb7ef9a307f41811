using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;
using static CniSrcRoute.UnitTests.Netlink.Script;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>A large table main is read by what its routes have in common: none is misread, and what is left out is what the plan is the same without.</summary>
public class LargeMainTests
{
    private const ushort NewRoute = 24;

    private static readonly Gen<Route> GenForeign =
        from destination in Gen.OneOf(
            "0.0.0.0/0", "20.0.0.0/8", "20.0.0.0/16", "20.0.1.0/24", "20.0.1.128/25", "20.0.1.7/32", "21.0.0.0/24", "2001:db8:5::/48", "2001:db8:5:1::/64", "2001:db8:6::/48", "::/0")
        from routers in Gen.Int[0, 1].Array[1, 2]
        from card in Gen.Int[2, 4]
        from metric in Gen.OneOf(0u, 20u, 20u, 20u, 30u)
        from protocol in Gen.OneOf<byte>(2, 186, 186, 186)
        from source in Gen.OneOf("", "", "", "192.168.1.101")
        from isNear in Gen.OneOf(false, false, false, true)
        let prefix = Text.Prefix(destination)
        let isOld = prefix.Family == Family.IPv4
        select new Route
        {
            Destination = prefix,
            Metric = metric,
            Protocol = protocol,
            PrefSrc = source.Length > 0 && isOld ? Text.Address(source) : default,
            Nexthops = [.. routers.Select(router => new Nexthop { Gateway = isNear ? default : Text.Address(isOld ? $"192.168.1.{1 + (8 * router)}" : $"fd01::{router + 1}"), Oif = card })],
        };

    [Fact]
    public void Every_route_is_read_as_what_it_is() => Gen.Select(AnyNode.Any, GenForeign.Array[0, 40]).Sample(
        (node, routes) =>
        {
            NodeState whole = node.State with { Tables = List(routes) };
            var large = new LargeMain { Room = 0 };
            NodeState read = large.WithRoutesTo(node.State with { Tables = List(routes, large) }, [.. routes.Select(route => route.Destination.Address)]);
            foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
            {
                List<Route> expected = [.. whole.Main(family)];
                Assert.All(read.Main(family), route => Assert.True(expected.Remove(route), $"{route} is not in main so often"));
                Assert.Empty(expected);
            }

            Assert.Equal(0, read.Passed.Count);
        },
        iter: 2000);

    [Fact]
    public void What_is_left_out_is_counted_and_passed_over_by_the_filter_of_what_is_kept() => Gen.Select(AnyNode.Any, GenForeign.Array[0, 40]).Sample(
        (node, routes) =>
        {
            var large = new LargeMain { Room = 0 };
            NodeState complete = large.Complete(node.Config, node.State with { Tables = List(routes, large) });
            var filter = MainFilter.Of(node.Config, complete);
            List<Route> left = [.. List(routes).Where(table => table.Key.Number == TableId.Main).SelectMany(table => table.Value)];
            foreach (Route route in complete.Main(Family.IPv4).Concat(complete.Main(Family.IPv6)))
            {
                Assert.True(left.Remove(route), $"{route} is not in main so often");
            }

            Assert.All(left, route => Assert.True(filter.PassesOver(route), $"{route} was left out"));
            Assert.Equal(left.Count, complete.Passed.Count);
            Assert.All(left.GroupBy(route => route, RouteWay.Comparer), way => Assert.Equal(way.Count(), complete.Passed.CountBy(way.Key)));
            Assert.All(left, route => Assert.True(complete.Passed.AnyMayLieIn(route.Destination)));
        },
        iter: 2000);

    [Fact]
    public void What_lies_in_a_route_by_another_router_is_kept_wherever_in_a_large_table_it_stands()
    {
        Route[] routes =
        [
            ByRouter("0.0.0.0/0", "192.168.1.1"), ByRouter("10.0.0.0/24", ""),
            .. Enumerable.Range(0, 50_000).Select(i => ByRouter($"20.{i >> 8}.{i & 255}.0/24", "192.168.1.1")),
            ByRouter("20.9.0.0/23", "192.168.1.9"), ByRouter("20.150.7.0/24", "192.168.1.9"),
        ];
        NodeState node = Node.TwoCards().State;
        var large = new LargeMain { Room = 0 };
        NodeState complete = large.Complete(new Config(), node with { Tables = List(routes, large) });
        Assert.Equal(
            ["20.150.7.0/24 192.168.1.1", "20.150.7.0/24 192.168.1.9", "20.9.0.0/23 192.168.1.9", "20.9.0.0/24 192.168.1.1", "20.9.1.0/24 192.168.1.1"],
            complete.Main(Family.IPv4).Where(route => Text.Prefix("20.0.0.0/8").Contains(route.Destination))
                .Select(route => $"{route.Destination} {route.Nexthops[0].Gateway}").Order(StringComparer.Ordinal));
        Assert.Equal(50_000 - 3, complete.Passed.Count);
    }

    private static Route ByRouter(string destination, string router) => new()
    {
        Destination = Text.Prefix(destination),
        Protocol = 186,
        Nexthops = [new Nexthop { Gateway = router.Length > 0 ? Text.Address(router) : default, Oif = 2 }],
    };

    /// <summary>What ListRoutes makes of main.</summary>
    private static Dictionary<TableId, List<Route>> List(Route[] routes, LargeMain? large = null) =>
        new RouteNetlink(new Script(request => Answer(request, Family.IPv4, routes), request => Answer(request, Family.IPv6, routes))).ListRoutes(large);

    private static IEnumerable<byte[]> Answer(byte[] request, Family family, Route[] routes)
    {
        Route[] listed = [.. routes.Where(route => route.Family == family).OrderBy(route => route.Destination.Address, Comparer<IpAddress>.Create(IpAddress.Compare))];
        return [.. listed.Select(route => Encoded(request, route)), End(Sequence(request))];
    }

    private static byte[] Encoded(byte[] request, Route route)
    {
        byte[] bytes = new byte[512];
        var writer = new MessageWriter(bytes);
        writer.Begin(NewRoute, Multi, Sequence(request));
        RouteCodec.Encode(ref writer, new TableId(route.Family, TableId.Main), route);
        writer.End();
        return bytes[..writer.Length];
    }
}
