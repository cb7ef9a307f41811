using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>What `srcroute status` shows.</summary>
internal sealed record StatusReport
{
    public required IReadOnlyList<SourceStatus> Sources { get; init; }

    public required IReadOnlyList<string> OverlayNetworks { get; init; }

    public required IReadOnlyList<string> OverlayCards { get; init; }

    /// <summary>How many of the last of these are ends of pods' own cables.</summary>
    public required int PodCables { get; init; }

    /// <summary>The plan, as <see cref="IpCommand"/> writes it.</summary>
    public required IReadOnlyList<string> Drift { get; init; }

    /// <summary>How many packets of replies have left by another card than their request came in by; null where they are not counted.</summary>
    public required ulong? MisdirectedReplies { get; init; }

    /// <summary>What is wrong, and what is worth knowing.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Whether srcroute has made anything on the node.</summary>
    public required bool IsSetUp { get; init; }

    /// <summary>Whether nothing is to be done and every source is served.</summary>
    public required bool IsHealthy { get; init; }

    public static StatusReport Of(Reconciliation round, IReadOnlyList<Finding> diagnosis)
    {
        var ip = new IpCommand(round.State);
        DesiredState desired = round.Desired;
        bool isSetUp = round.State.Rules.Any(rule => rule.Protocol == Ownership.Protocol) || round.State.Nftables.Table is not null ||
            round.State.Tables.Values.Any(routes => routes.Any(route => route.Protocol == Ownership.Protocol));
        List<SourceStatus> sources = [];
        foreach (SourceTable table in desired.Tables)
        {
            sources.Add(SourceStatus.Of(table, round, isSetUp));
        }

        return new StatusReport
        {
            Sources = sources,
            OverlayNetworks = [.. desired.OverlayNetworks.Texts()],
            OverlayCards = [.. Names(desired.OverlayCards, arePodCables: false), .. Names(desired.OverlayCards, arePodCables: true)],
            PodCables = desired.OverlayCards.Count(card => card.IsPodCable),
            Drift = [.. round.Plan.Changes.Select(ip.Format)],
            MisdirectedReplies = round.State.Nftables.Table?.Counted,
            Findings = [.. round.Findings, .. diagnosis],
            IsHealthy = round.Plan.IsEmpty && desired.BlindCards.Count == 0 &&
                !round.Findings.Concat(diagnosis).Any(finding => finding.Severity == Severity.Error),
            IsSetUp = isSetUp,
        };
    }

    private static List<string> Names(IReadOnlyList<Link> cards, bool arePodCables)
    {
        List<string> names = [];
        foreach (Link card in cards)
        {
            if (card.IsPodCable == arePodCables)
            {
                names.Add(card.Name);
            }
        }

        return names;
    }
}
