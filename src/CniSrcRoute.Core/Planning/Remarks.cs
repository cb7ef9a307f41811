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

        foreach (SourceTable table in desired.Tables.Where(table => table.Unserved is null))
        {
            Source source = table.Source;
            if (!source.Card.HasCarrier)
            {
                remarks.Add($"{source.Prefix}: card {source.Card.Name} has no carrier");
            }

            if (table.DefaultRoute is null)
            {
                string main = state.Main(source.Family).Any(route => route.Destination.IsDefault) ? "follow main's default route by another card" : "have no route, since main has no default";
                remarks.Add($"{source.Prefix}: card {source.Card.Name} has no gateway of its own: replies to clients beyond {source.Subnet} {main}; to change that, put {GatewayLine(source)} {config.File}");
            }
        }

        return remarks;
    }

    private static string GatewayLine(Source source) => source.Config is { } entry
        ? $"\"gateway\": \"ROUTER\" into {entry.Key} of"
        : $"\"sources\": [{{ \"address\": \"{source.Prefix}\", \"gateway\": \"ROUTER\" }}] into";
}
