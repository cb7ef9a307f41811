using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>Tells what of a plan matters to one pod.</summary>
internal static class PodRoutes
{
    /// <summary>Whether a step writes a route that leads to the pod.</summary>
    public static bool LeadsTo(Change change, IReadOnlyList<IpAddress> pod) =>
        change is RouteChange { Kind: not ChangeKind.Remove, Route: { Type: RouteType.Unicast, Destination.IsDefault: false } route } &&
        pod.Any(route.Destination.Contains);

    /// <summary>
    /// Whether the pod is worse off until a step is taken: its copy, a guard over it, a stale route that hides them, the rule of a source of its family, or
    /// what marks connections.
    /// </summary>
    public static bool Concerns(Change change, IReadOnlyList<IpAddress> pod) => change switch
    {
        RouteChange { Route.Destination.IsDefault: false } route => pod.Any(route.Route.Destination.Contains),
        MarkTableChange => true,
        RuleChange { Kind: ChangeKind.Add } rule => pod.Any(address => address.Family == rule.Rule.Family),
        _ => false,
    };

    /// <summary>Addresses of the pod that main knows a way to, by a card that is not known to lead to pods.</summary>
    public static IEnumerable<Finding> Unknown(Reconciliation round, IReadOnlyList<IpAddress> pod)
    {
        foreach (IpAddress address in pod)
        {
            Route? route = round.State.Main(address.Family)
                .Where(route => !route.Destination.IsDefault && route.Destination.Contains(address))
                .MaxBy(route => route.Destination.Length);
            SourceTable? table = round.Desired.Tables.FirstOrDefault(table => table.Source.Family == address.Family);
            if (route is { Nexthops.Count: > 0 } && table is not null && !table.Copies.Any(copy => copy.Destination == route.Destination))
            {
                string card = round.State.Links.FirstOrDefault(link => link.Index == route.Nexthops[0].Oif)?.Name ?? "a card that is gone";
                yield return new Finding(
                    Severity.Warning,
                    FindingCode.PodCardUnknown,
                    address.ToString(),
                    $"the pod's address {address} is reached by {card}, which is not known as an overlay card, " +
                    "so source tables have no route to it; name the card in \"overlay\": { \"cards\": [...] }",
                    $"\"overlay\": {{ \"cards\": [\"{card}\"] }}");
            }
        }
    }
}
