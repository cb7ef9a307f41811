using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Walk;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Walk;

/// <summary>What is left out of a large table changes no way that was asked for.</summary>
public sealed class RelevantRoutesProperties
{
    // More than the random nodes have of a kind by themselves.
    private const int Room = 24, Many = 80;

    private static readonly Gen<(AnyNode Node, IpAddress Client)> GenNode =
        from node in AnyNode.Any
        from many in Gen.Select(
            Gen.OneOf("198.18.0.0", "10.244.64.0", "10.0.0.64"), Gen.OneOf("192.168.1.1", "10.0.0.254", "10.244.8.0", ""), Gen.Int[2, 6]).Array[1, 3]
        from client in Gen.OneOf("198.18.0.70", "198.18.0.3", "10.244.64.9", "10.244.64.79", "10.0.0.100", "192.168.1.7", "203.0.113.7", "10.99.0.5", "10.244.8.2")
        select (Among(node, [.. many.SelectMany(one => Enumerable.Range(0, Many).Select(i => Route(one, (uint)i)))]), Text.Address(client));

    [Fact]
    public void The_ways_are_those_of_the_whole_node_before_and_after() => GenNode.Sample(
        one =>
        {
            (AnyNode node, IpAddress client) = one;
            NodeState part = Part(node.State, client);
            Assert.True(part.Main(Family.IPv4).Count < node.State.Main(Family.IPv4).Count);
            Plan ofWhole = Diff.Between(Derive.From(node.Config, node.State), node.State), ofPart = Diff.Between(Derive.From(node.Config, part), part);
            NodeState after = AfterPlan.Of(node.State, ofWhole), afterPart = AfterPlan.Of(part, ofPart);
            foreach (Request request in Requests(node.State, client))
            {
                Assert.Equal(Told(RoundTrip.Of(node.State, request)), Told(RoundTrip.Of(part, request)));
                Assert.Equal(Told(RoundTrip.Of(after, request)), Told(RoundTrip.Of(afterPart, request)));
            }
        },
        iter: 1000);

    /// <summary>The node, with those routes among main's and its table local.</summary>
    private static AnyNode Among(AnyNode node, IReadOnlyList<Route> many)
    {
        NodeState state = node.State;
        var main = new TableId(Family.IPv4, TableId.Main);
        IEnumerable<Route> connected = state.Addresses.Where(address => address.Local.Family == Family.IPv4).Select(Connected);
        var tables = new Dictionary<TableId, List<Route>>(state.Tables) { [main] = InOrder([.. state.Main(Family.IPv4), .. connected, .. many]) };
        return node with { State = state.With(tables: tables) with { Local = [.. state.Addresses.Select(address => Local(address.Local))] } };
    }

    /// <summary>As the kernel lists them.</summary>
    private static List<Route> InOrder(IEnumerable<Route> routes) =>
        [.. routes.OrderBy(route => route.Destination.Address.Low).ThenBy(route => route.Destination.Length).ThenBy(route => route.Metric)];

    private static NodeState Part(NodeState state, IpAddress client)
    {
        var relevant = new RelevantRoutes(new Destinations([client, .. state.Addresses.Select(address => address.Local)])) { Room = Room };
        return state.With(tables: state.Tables.ToDictionary(
            table => table.Key,
            List<Route> (table) => [.. table.Value.Where(route => route is not { Nexthops.Count: <= 1, Tos: 0, Source.IsSet: false } || relevant.Keep(route.Destination, Kind(table.Key, route)))]));
    }

    private static IEnumerable<Request> Requests(NodeState state, IpAddress client) =>
        from address in state.Addresses
        where address.Local.Family == client.Family
        let card = state.Links.First(link => link.Index == address.Link)
        select new Request(client, address.Local, 80, 6, card, card, null);

    private static string Told(RoundTrip trip) =>
        $"{trip.Reaches} {trip.PassesFilter} {trip.IsRight} {trip.Answer.Type} {string.Join(' ', trip.Answer.Hops.Select(hop => (hop.Gateway, hop.Oif)))}";

    private static RouteKind Kind(TableId table, Route route) => new(
        table, route.Type, route.Protocol, route.Scope, route.Nexthops.FirstOrDefault()?.Oif ?? 0, route.Nexthops.FirstOrDefault()?.Gateway.IsSet == true, route.NexthopId);

    private static Route Route((string Network, string Router, int Card) many, uint number)
    {
        IpAddress first = Text.Address(many.Network);
        return new Route
        {
            Destination = IpPrefix.Host(first with { Low = first.Low + number }),
            Scope = many.Router.Length == 0 ? CniSrcRoute.Route.ScopeLink : CniSrcRoute.Route.ScopeUniverse,
            Protocol = 186,
            Nexthops = [new Nexthop { Gateway = many.Router.Length == 0 ? default : Text.Address(many.Router), Oif = many.Card }],
        };
    }

    /// <summary>The kernel's own, by which a card is known to be one of the node's whatever else is left out.</summary>
    private static Route Connected(Address address) => new()
    {
        Destination = address.Subnet,
        Scope = CniSrcRoute.Route.ScopeLink,
        Protocol = 2,
        PrefSrc = address.Local,
        Nexthops = [new Nexthop { Oif = address.Link }],
    };

    private static Route Local(IpAddress address) =>
        new() { Destination = IpPrefix.Host(address), Type = RouteType.Local, Scope = 254, Protocol = 2, Nexthops = [new Nexthop { Oif = 1 }] };
}
