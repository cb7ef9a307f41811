using CniSrcRoute.Planning;
using CsCheck;
using Xunit;

namespace CniSrcRoute.Tests.Core;

/// <summary>What the watcher builds on when it reads nothing for a pod's card: no route names it yet, so nothing depends on it.</summary>
public class PodCardProperties
{
    private const int Index = 77;

    private static readonly Gen<Link> GenLink =
        from name in Gen.OneOf("veth77", "cali77", "veth9", "eth7")
        from kind in Gen.OneOf("veth", "veth", "veth", "tun", "dummy", "")
        from master in Gen.Int[0, 9]
        from flags in Gen.OneOf(0u, Link.FlagUp, Link.FlagUp | Link.FlagLowerUp)
        select new Link { Index = Index, Name = name, Kind = kind, Master = master == 1 ? 0 : master, Flags = flags };

    // One hop is the new card's.
    private static readonly Gen<Route> GenRoute =
        from route in Gen.OneOf(Family.IPv4, Family.IPv6).SelectMany(family => AnyNode.GenRoute(family, 3))
        select route.Nexthops.Count == 0 ? route : route with { Nexthops = [route.Nexthops[0] with { Oif = Index }, .. route.Nexthops.Skip(1)] };

    private static readonly Gen<Route> GenLinkLocal =
        from route in Gen.OneOf(GenRoute, AnyNode.GenRoute(Family.IPv4, 3), AnyNode.GenRoute(Family.IPv6, 3))
        from destination in Gen.OneOf("fe80::/64", "fe80::5/128", "169.254.0.0/16", "169.254.1.1/32")
        select route with { Destination = Text.Prefix(destination), NexthopId = 0, Nexthops = [.. route.Nexthops.Take(1)] };

    private static readonly Gen<Route[]> GenRejects =
        Gen.OneOf("fe80::/10", "169.254.0.0/16", "::/1", "128.0.0.0/1")
            .Select(destination => new Route { Destination = Text.Prefix(destination), Type = RouteType.Unreachable, Metric = 7 }).Array[0, 2];

    [Fact]
    public void It_changes_nothing_that_is_desired() => Gen.Select(AnyNode.Any, GenLink).Sample(
        (node, link) =>
        {
            if (new Cards(node.Config, node.State).TryAddPod(link))
            {
                AssertSame(Derive.From(node.Config, node.State), Derive.From(node.Config, With(node.State, [link], [])));
            }
        },
        iter: 3000);

    [Fact]
    public void Its_routes_are_taken_for_what_they_are_as_if_it_had_been_there() => Gen.Select(AnyNode.Any, GenLink, GenRoute).Sample(
        (node, link, route) =>
        {
            OverlayRoutes overlay = Derive.From(node.Config, node.State).Overlay!;
            if (overlay.TryAddPod(link))
            {
                Assert.Equal(Derive.From(node.Config, With(node.State, [link], [])).Overlay!.IsOverlay(route), overlay.IsOverlay(route));
            }
        },
        iter: 3000);

    [Fact]
    public void Nor_does_an_overlay_cards_route_to_its_own_link() => Gen.Select(AnyNode.Any, GenLink, GenLinkLocal, GenRejects).Sample(
        (node, link, route, rejects) =>
        {
            NodeState before = With(node.State, [link], rejects);
            DesiredState desired = Derive.From(node.Config, before);
            if (desired.Overlay!.IsLinksOwn(route))
            {
                AssertSame(desired, Derive.From(node.Config, With(before, [], [route])));
            }
        },
        iter: 3000);

    [Theory]
    [InlineData("veth77", "veth", "{}", true)]
    [InlineData("veth77", "dummy", "{}", false)]
    [InlineData("eth7", "veth", "{}", false)]
    [InlineData("eth7", "veth", """{ "overlay": { "cards": ["eth*"] } }""", true)]
    [InlineData("veth77", "veth", """{ "overlay": { "cards": ["eth*"] } }""", false)]
    [InlineData("veth77", "veth", """{ "sources": [{ "address": "10.0.0.1", "card": "veth77" }] }""", false)]
    public void It_is_a_veth_whose_name_says_so(string name, string kind, string config, bool isPods) =>
        Assert.Equal(isPods, new Cards(Node.Parse(config), Node.WithPods().State).TryAddPod(new Link { Index = Index, Name = name, Kind = kind }));

    private static NodeState With(NodeState state, Link[] links, Route[] main) => state.With(
        links: [.. state.Links, .. links],
        tables: new[] { Family.IPv4, Family.IPv6 }.Aggregate(
            new Dictionary<TableId, List<Route>>(state.Tables),
            (tables, family) =>
            {
                tables[new TableId(family, TableId.Main)] = [.. state.Main(family), .. main.Where(route => route.Family == family)];
                return tables;
            }));

    private static void AssertSame(DesiredState one, DesiredState other)
    {
        Assert.Equal(
            one.Tables.Select(table => (table.Id, table.Source.Prefix, table.Source.Card, table.Name, table.Unserved)),
            other.Tables.Select(table => (table.Id, table.Source.Prefix, table.Source.Card, table.Name, table.Unserved)));
        Assert.Equal(one.Tables.SelectMany(table => table.Routes), other.Tables.SelectMany(table => table.Routes));
        Assert.Equal(one.Rules, other.Rules);
        Assert.Equal((one.TableNamesFile, one.ProtocolNamesFile), (other.TableNamesFile, other.ProtocolNamesFile));
        Assert.Equal(one.Problems().Concat(one.Warnings()), other.Problems().Concat(other.Warnings()));
    }
}
