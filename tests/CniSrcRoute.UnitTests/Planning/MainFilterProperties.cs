using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>What the plan leaves out of main is led, and answered, as if it were known.</summary>
public class MainFilterProperties
{
    private static readonly Gen<AnyNode> GenNode =
        from node in AnyNode.Any
        from more in Gen.Select(
            Gen.OneOf("198.51.0.0/16", "198.51.100.0/24", "198.51.100.64/26", "203.0.113.0/24"),
            Gen.OneOf("192.168.1.1", "10.0.0.254", "10.1.0.1"),
            Gen.Int[2, 4],
            Gen.OneOf("", "", "", "192.168.1.101", "10.0.0.1")).Array[0, 6]
        from defaults in Gen.Select(Gen.OneOf("192.168.1.1", "10.0.0.254"), Gen.Int[2, 4]).Array[0, 3]
        select node with
        {
            State = node.State.With(
                nftables: node.State.Nftables with { KnowsWildcardSockets = true },
                tables: new Dictionary<TableId, List<Route>>(node.State.Tables)
                {
                    [new TableId(Family.IPv4, TableId.Main)] =
                    [
                        .. node.State.Main(Family.IPv4)
                            .Concat(defaults.Select((one, i) => ByRouter("0.0.0.0/0", one.Item1, one.Item2, (uint)(50 + i), "")))
                            .Concat(more.Select((one, i) => ByRouter(one.Item1, one.Item2, one.Item3, (uint)(20 + i), one.Item4)))
                            .OrderBy(route => route.Metric),
                    ],
                }),
        };

    [Fact]
    public void What_is_left_out_is_led_to_its_own_router_by_every_table() => GenNode.Sample(
        node =>
        {
            DesiredState desired = Derive.From(node.Config, node.State);
            foreach (Route route in LeftOut(node, desired))
            {
                foreach (SourceTable table in desired.Tables.Where(table => table.Unserved is null && table.Source.Extends == 0 && table.Source.Card.Index == route.Nexthops[0].Oif))
                {
                    // A router's own address is on the link, whatever leads to its network.
                    if (table.Routes.Any(other => other.Nexthops.Any(hop => hop.Gateway == route.Destination.Address)))
                    {
                        continue;
                    }

                    Route? asked = table.Source.Family == route.Family ? Longest(table.Routes, route.Destination.Address) : route;
                    Assert.NotNull(asked);
                    Assert.Equal((route.Nexthops[0].Gateway, route.Nexthops[0].Oif), (asked.Nexthops[0].Gateway, asked.Nexthops[0].Oif));
                    Assert.Equal(route.Metrics, asked.Metrics);
                }
            }
        },
        iter: 3000);

    [Fact]
    public void What_is_left_out_is_answered_from_the_address_that_main_chooses() => GenNode.Sample(
        node =>
        {
            DesiredState desired = Derive.From(node.Config, node.State);
            HashSet<int> podCards = UdpTable.PodCards(new Cards(node.Config, node.State));
            foreach (Route route in LeftOut(node, desired))
            {
                if (desired.Answers.TryGetValue(route.Family, out AnswerSources? answers) &&
                    Longest(node.State.Main(route.Family), route.Destination.Address) == route)
                {
                    IpAddress known = Answer(new AnswerSources(node.State, route.Family, podCards), route);
                    Assert.Equal(known, Answer(answers, route));
                }
            }
        },
        iter: 3000);

    private static IEnumerable<Route> LeftOut(AnyNode node, DesiredState desired) =>
        node.State.Main(Family.IPv4).Concat(node.State.Main(Family.IPv6)).Where(desired.Filter!.PassesOver);

    private static Route? Longest(IEnumerable<Route> routes, IpAddress address) =>
        routes.Where(route => route.Tos == 0 && route.Destination.Contains(address)).OrderByDescending(route => route.Destination.Length).ThenBy(route => route.Metric).FirstOrDefault();

    /// <summary>As the nftables table asks: the card first.</summary>
    private static IpAddress Answer(AnswerSources answers, Route route) =>
        answers.ByCard.Where(card => card.Key == route.Nexthops[0].Oif).Select(card => card.Value)
            .Concat(answers.ByDestination.Where(way => way.Destination.Contains(route.Destination.Address)).OrderByDescending(way => way.Destination.Length).Select(way => way.Address))
            .FirstOrDefault();

    private static Route ByRouter(string destination, string router, int card, uint metric, string source) => new()
    {
        Destination = Text.Prefix(destination),
        Metric = metric,
        Protocol = 186,
        PrefSrc = source.Length == 0 ? default : Text.Address(source),
        Nexthops = [new Nexthop { Gateway = Text.Address(router), Oif = card }],
    };
}
