using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>All that leads pods' replies by marks: a part of the desired state.</summary>
/// <param name="Rules">The rules for the marks.</param>
/// <param name="Table">The nftables table that marks connections; null for none.</param>
/// <param name="Sysctl">The kernel parameter that is to be 1; null for none.</param>
/// <param name="BlindCards">The cards whose strict reverse path check does not look at marks, and may not be made to.</param>
/// <param name="Warnings">What is lost by cards that are blind and stay so.</param>
internal sealed record Marking(
    IReadOnlyList<Rule> Rules, NftTable? Table, string? Sysctl, IReadOnlyList<Link> BlindCards, IReadOnlyList<Finding> Warnings)
{
    /// <summary>Works it out.</summary>
    /// <param name="config">States our bits, and what may be set.</param>
    /// <param name="state">Knows the reverse path checks.</param>
    /// <param name="cards">The node's cards.</param>
    /// <param name="marked">The tables that are served and have a mark.</param>
    public static Marking Of(Config config, NodeState state, Cards cards, IReadOnlyList<SourceTable> marked)
    {
        if (marked.Count == 0)
        {
            return new Marking([], null, null, [], []);
        }

        List<Link> strict = ReversePath.StrictCards(state, marked);
        List<Link> blind = strict.FindAll(card => !ReversePath.ReadsMarks(state, card));
        bool maySet = config.MaySetSrcValidMark;
        bool canSet = maySet && !state.SysctlsAreReadOnly;
        return new Marking(
            [.. marked.SelectMany(table => Marks.Rules(config, table))],
            MarkTable.Of(config.MarkMask, marked, strict.Count > 0, cards.Elsewhere),
            blind.Count > 0 && canSet ? ReversePath.SrcValidMark : null,
            maySet ? [] : blind,
            canSet ? [] : [.. ReversePath.Warnings(blind, maySet)]);
    }
}
