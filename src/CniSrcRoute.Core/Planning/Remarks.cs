using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>What is as it should be and still worth knowing: made for people, so not made when a runtime calls.</summary>
public static class Remarks
{
    /// <summary>The remarks on a desired state.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="desired">What was derived from the two.</param>
    /// <returns>Sentences.</returns>
    public static IReadOnlyList<string> On(Config config, NodeState state, DesiredState desired)
    {
        List<string> remarks = [];
        if (desired.Tables.Count == 0 && desired.Problems.Count == 0 && config.Discover)
        {
            remarks.Add("this node has a single external subnet, so every answer leaves by the right card already and there is nothing to do");
        }

        bool hasPods = desired.OverlayCards.Count + desired.OverlayNetworks.Count > 0;
        if (desired.Tables.Count > 0 && hasPods && (!config.UseMarks || state.Nftables.Obstacle is not null))
        {
            string why = config.UseMarks ? state.Nftables.Obstacle! : $"\"marks\" is false in {config.File}";
            string what = state.Nftables.IsHidden ? "verified" : "covered";
            remarks.Add($"replies of pods to requests for a published port (hostPort, NodePort) are not {what}: {why}");
        }

        int left = desired.MarkTable is null ? 0 : desired.Tables.Count(table => table.Mark == 0 && !IsMarkedBeside(table, desired.Tables));
        if (left > 0)
        {
            remarks.Add($"replies of pods for {left} sources are not covered: " +
                $"the mask 0x{config.MarkMask.Value:x} has marks for {config.MarkMask.Capacity}; " +
                $"give it more bits: \"marks\": {{ \"mask\": \"0x...\" }} in {config.File}");
        }

        foreach (SourceTable table in desired.Tables.Where(table => table.Unserved is null))
        {
            Source source = table.Source;
            if (!source.Card.HasCarrier)
            {
                remarks.Add($"{source.Prefix}: card {source.Card.Name} has no carrier");
            }

            if (table.DefaultRoute is null && source.Extends == 0)
            {
                string main = state.Main(source.Family).Any(route => route.Destination.IsDefault)
                    ? "follow main's default route by another card"
                    : "have no route, since main has no default";
                remarks.Add($"{source.Prefix}: card {source.Card.Name} has no gateway of its own: replies to clients beyond {source.Subnet} {main}; " +
                    $"to change that, put {GatewayLine(source)} {config.File}");
            }
        }

        return remarks;
    }

    /// <summary>Whether another table of the card has a mark, by which its replies are led as well.</summary>
    private static bool IsMarkedBeside(SourceTable table, IReadOnlyList<SourceTable> tables) =>
        tables.Any(other => other.Mark != 0 && other.Source.Family == table.Source.Family && other.Source.Card == table.Source.Card);

    private static string GatewayLine(Source source) => source.Config is { } entry
        ? $"\"gateway\": \"ROUTER\" into {entry.Key} of"
        : $"\"sources\": [{{ \"address\": \"{source.Prefix}\", \"gateway\": \"ROUTER\" }}] into";
}
