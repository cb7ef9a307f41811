using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>What is as it should be and still worth knowing.</summary>
public static class Remarks
{
    /// <summary>The remarks on a desired state.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="desired">What was derived from the two, with what is wrong with it.</param>
    public static IEnumerable<Finding> On(Config config, NodeState state, DesiredState desired)
    {
        if (desired.Tables.Count == 0 && desired.BadInput is null && config.Discover)
        {
            yield return Note(
                FindingCode.SingleSubnet, "", "this node has a single external subnet, so every answer leaves by the right card already and there is nothing to do");
        }

        if (desired.Tables.Count > 0 && config.UseMarks && state.Nftables.IsHidden)
        {
            yield return Note(FindingCode.MarksUnknown, "", $"whether connections are marked by the card they came in by cannot be verified: {state.Nftables.Obstacle}");
        }
        else if (desired.Tables.Count > 0 && (!config.UseMarks || state.Nftables.Obstacle is not null))
        {
            string why = config.UseMarks ? state.Nftables.Obstacle! : $"\"marks\" is false in {config.File}";
            yield return new Finding(
                config.UseMarks ? Severity.Warning : Severity.Note,
                FindingCode.NoMarks,
                "",
                $"connections are not marked by the card they came in by: {why}; replies go by their address alone, so these may leave by another card: " +
                "of pods (hostPort, NodePort), to clients that main reaches by another card more exactly than by a default, " +
                "and from an address that another card was asked for");
        }

        int left = desired.MarkTable is null ? 0 : desired.Tables.Count(table => table.Mark == 0 && !IsMarkedBeside(table, desired.Tables) && !IsLacking(table, desired.Findings));
        if (left > 0)
        {
            string text = $"connections to {left} sources get no mark, so their replies go by their address alone: " +
                $"the mask 0x{config.MarkMask.Value:x} has marks for {config.MarkMask.Capacity}; give it more bits: {MarkMask.Cure} in {config.File}";
            yield return Note(FindingCode.MaskTooSmall, "", text, MarkMask.Cure);
        }

        foreach (SourceTable table in desired.Tables.Where(table => table.Unserved is null))
        {
            if (!table.Source.Card.HasCarrier)
            {
                string subject = table.Source.Prefix.ToString();
                yield return Note(FindingCode.NoCarrier, subject, $"{subject}: card {table.Source.Card.Name} has no carrier");
            }

            if (table.DefaultRoute is null && table.Source.Extends == 0)
            {
                yield return NoGateway(config, state, table.Source);
            }
        }
    }

    /// <summary>The line of the configuration that gives a source its router.</summary>
    /// <param name="source">The source.</param>
    /// <param name="place">Where in the file it belongs: "sources[0] of ", or nothing.</param>
    /// <param name="router">The router's address, if it is known.</param>
    public static string GatewayLine(Source source, out string place, string router = "ROUTER")
    {
        place = source.Config is { } entry ? $"{entry.Key} of " : "";
        return source.Config is null ? $"\"sources\": [{{ \"address\": \"{source.Prefix}\", \"gateway\": \"{router}\" }}]" : $"\"gateway\": \"{router}\"";
    }

    private static Finding Note(string code, string subject, string text, string cure = "") => new(Severity.Note, code, subject, text, cure);

    private static Finding NoGateway(Config config, NodeState state, Source source)
    {
        string main = state.Main(source.Family).Any(route => route.Destination.IsDefault)
            ? "follow main's default route by another card"
            : "have no route, since main has no default";
        string cure = GatewayLine(source, out string place);
        string text = $"{source.Prefix}: card {source.Card.Name} has no gateway of its own: replies to clients beyond {source.Subnet} {main}; " +
            $"to change that, put {cure} into {place}{config.File}";
        return Note(FindingCode.NoGateway, source.Prefix.ToString(), text, cure);
    }

    private static bool IsLacking(SourceTable table, IReadOnlyList<Finding> findings) =>
        findings.Any(finding => finding.Code == FindingCode.ExtendedTableLacksRoute && finding.Subject == table.Source.Prefix.ToString());

    /// <summary>Whether another table of the card has a mark, by which its replies are led as well.</summary>
    private static bool IsMarkedBeside(SourceTable table, IReadOnlyList<SourceTable> tables) =>
        tables.Any(other => other.Mark != 0 && other.Source.Family == table.Source.Family && other.Source.Card == table.Source.Card);
}
