using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>The part of the nftables table that a new connection meets: it chooses the source table for the replies.</summary>
internal static class MarkArrival
{
    /// <summary>The chains.</summary>
    /// <param name="mask">Our bits.</param>
    /// <param name="marked">The source tables that have a mark.</param>
    /// <param name="strict">Whether a card checks the reverse path of IPv4 requests strictly.</param>
    /// <param name="elsewhere">The cards that do not lead to pods.</param>
    public static NftChain[] Chains(MarkMask mask, IReadOnlyList<SourceTable> marked, bool strict, IReadOnlyList<Link> elsewhere) =>
    [
        new NftChain("arrival", null, [.. Arrivals(mask, marked, strict)]),
        .. strict ? [new NftChain("strict", null, [NftRule.Of(NftStatement.Jump("own")), .. Hairpins(mask, elsewhere)])] : Array.Empty<NftChain>(),
    ];

    /// <summary>Of a card with several tables that of the very address is taken, and for any other address the first that has a way to everywhere.</summary>
    private static IEnumerable<NftRule> Arrivals(MarkMask mask, IReadOnlyList<SourceTable> marked, bool strict)
    {
        List<SourceTable> usual = [.. marked.Where(table => UsualOf(table.Source, marked) == table)];
        foreach (SourceTable table in marked.Except(usual).Concat(usual))
        {
            yield return NftRule.Of(
            [
                NftStatement.IsOf(table.Source.Family),
                NftStatement.CameBy(table.Source.Card.Name),
                .. usual.Contains(table) ? Array.Empty<NftStatement>() : [NftStatement.WasFor(table.Source.Prefix)],
                NftStatement.SetConnectionMark(mask.Value, table.Mark),
                table.Source.Family == Family.IPv6 ? NftStatement.Goto("own")
                    : strict ? NftStatement.Goto("strict")
                    : NftStatement.Return,
            ]);
        }
    }

    private static SourceTable UsualOf(Source source, IReadOnlyList<SourceTable> marked)
    {
        List<SourceTable> beside = [.. marked.Where(table => table.Source.Family == source.Family && table.Source.Card == source.Card)];
        return beside.Find(table => table.DefaultRoute is not null) ?? beside[0];
    }

    /// <summary>
    /// What main hands on to a host beyond another card, and the source table would not, keeps main's way where the check is strict: neither the request nor
    /// the reply finds it by a mark that leads to the request's card. Pods of other nodes are there as well, but every source table knows them.
    /// </summary>
    private static IEnumerable<NftRule> Hairpins(MarkMask mask, IReadOnlyList<Link> elsewhere)
    {
        foreach (Link card in elsewhere)
        {
            yield return NftRule.Of(
                NftStatement.CameByOther(card.Name),
                NftStatement.WouldLeaveBy(card.Name),
                NftStatement.WouldLeaveByOtherAsMarked(card.Name),
                NftStatement.SetConnectionMark(mask.Value, 0),
                NftStatement.SetPacketMark(mask.Value, 0));
        }
    }
}
