using CniSrcRoute.Configuration;
using CniSrcRoute.Diagnosis;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>What `srcroute status` shows.</summary>
internal sealed record StatusReport
{
    public required IReadOnlyList<SourceStatus> Sources { get; init; }

    public required IReadOnlyList<string> OverlayNetworks { get; init; }

    public required IReadOnlyList<string> OverlayCards { get; init; }

    /// <summary>The plan, as <see cref="IpCommand"/> writes it.</summary>
    public required IReadOnlyList<string> Drift { get; init; }

    /// <summary>Bad input, sources that are not served, and what others have put in the way.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Whether nothing is to be done and every source is served.</summary>
    public required bool IsHealthy { get; init; }

    public static StatusReport Of(Reconciliation round, Config config, Findings findings)
    {
        var ip = new IpCommand(round.State);
        DesiredState desired = round.Desired;
        List<SourceStatus> sources = [];
        foreach (SourceTable table in desired.Tables)
        {
            sources.Add(SourceStatus.Of(table, round, config));
        }

        return new StatusReport
        {
            Sources = sources,
            OverlayNetworks = [.. desired.OverlayNetworks.Texts()],
            OverlayCards = [.. desired.OverlayCards.Select(card => card.Name)],
            Drift = [.. round.Plan.Changes.Select(ip.Format)],
            Warnings = [.. desired.Problems, .. desired.Warnings, .. round.Plan.Conflicts, .. findings.Warnings],
            Notes = [.. Remarks.On(config, round.State, desired), .. findings.Notes],
            IsHealthy =
                round.Plan.IsEmpty &&
                desired.Problems.Count == 0 &&
                desired.BlindCards.Count == 0 &&
                round.Plan.Conflicts.Count == 0 &&
                desired.Tables.All(table => table.Unserved is null),
        };
    }
}
