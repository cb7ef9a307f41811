using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Thousands of tables: the kernel finds what it has of a route by metric and card, whatever the table.</summary>
public class RouteSpreadTests
{
    private const int Addresses = 20;

    [Fact]
    public void No_route_has_one_metric_in_all_of_many_tables() => Assert.All(
        Large(Node.WithPods()).Derive().Tables.SelectMany(table => table.Routes).GroupBy(route => route.Metric),
        metric => Assert.InRange(metric.Count(), 1, 20));

    [Fact]
    public void A_guard_stays_behind_every_other_route_to_its_network()
    {
        foreach (string metric in (string[])["", "metric 100", "metric 4294967200", "metric 4294967295"])
        {
            foreach (SourceTable table in Large(Node.WithPods().Main($"10.244.0.0/16 dev flannel.1 {metric}").Main("10.244.0.0/16 dev cni0 metric 7")).Derive().Tables)
            {
                Assert.Distinct(table.Routes.Select(route => route.Key));
                Route[] routes = [.. table.Routes.Where(route => route.Destination == Text.Prefix("10.244.0.0/16")).OrderBy(route => route.Metric)];
                Assert.NotEqual(RouteType.Throw, routes[0].Type);
                Assert.DoesNotContain(routes[..^1], route => route.Type == RouteType.Throw);
            }
        }
    }

    private static Node Large(Node node)
    {
        for (int i = 0; i < Addresses; i++)
        {
            node.Address("eth0", i < 100 ? $"192.168.1.{i + 101}/24" : $"172.20.1.{i - 99}/16");
        }

        return node;
    }
}
