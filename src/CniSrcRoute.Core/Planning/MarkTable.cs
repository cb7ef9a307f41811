using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The nftables table that marks connections by the card they came in by. A connection that is opened to an address of the node and handed on to a pod
/// gets the mark of a source table of that card; every packet of it is then marked as its connection is, which the `fwmark` rules read.
/// </summary>
internal static class MarkTable
{
    /// <summary>
    /// Behind every translation of destinations, since only what has been translated is marked: the kernel does that at -100 (`dstnat`), where kube-proxy,
    /// portmap and Docker have their chains, and firewalld has its own at -90. Ahead of the routing decision, which comes after the last of the hook. The
    /// marks that others set in mangle (-150) keep their bits, and whoever overwrites a whole mark there has done so already.
    /// </summary>
    private const int AfterDestinationNat = -80;

    /// <summary>Behind masquerading (`srcnat`, 100), so that whoever reads marks in that hook still sees what the packet was routed by.</summary>
    private const int AfterSourceNat = 120;

    private const uint Prerouting = 0;
    private const uint Output = 3;
    private const uint Postrouting = 4;

    /// <summary>The table.</summary>
    /// <param name="mask">Our bits.</param>
    /// <param name="marked">The source tables that have a mark, served ones alone.</param>
    /// <param name="strict">Whether a card checks the reverse path of requests strictly, which is to be found by their mark then.</param>
    public static NftTable Of(MarkMask mask, IReadOnlyList<SourceTable> marked, bool strict)
    {
        return new NftTable(
        [
            new NftChain("prerouting", new NftHook("filter", Prerouting, AfterDestinationNat),
            [
                NftRule.Of(NftStatement.ConnectionMarkHas(mask.TableBits), NftStatement.Goto("restore")),

                // Connections that are older than the table keep the way they have.
                NftRule.Of(NftStatement.IsNew, NftStatement.IsDestinationTranslated, NftStatement.Goto("arrival")),
            ]),
            new NftChain("arrival", null, [.. strict ? Hairpins(marked) : [], .. Arrivals(mask, marked)]),
            new NftChain("restore", null, Restore(mask, marked, strict)),

            // What the node itself says in such a connection: replies of a pod with an address of the node, and ICMP errors ("fragmentation needed").
            new NftChain("output", new NftHook("route", Output, AfterDestinationNat),
            [
                NftRule.Of(NftStatement.ConnectionMarkHas(mask.TableBits), NftStatement.IsReply, NftStatement.Goto("own")),
            ]),
            new NftChain("own", null,
            [
                NftRule.Of(NftStatement.Jump("restore")),
                NftRule.Of(NftStatement.SetPacketMark(mask.OwnBit, mask.OwnBit)),
            ]),

            // Routed, the mark has done its work. A tunnel would look up the way of its outer packet by it, and send that by the wrong card.
            new NftChain("postrouting", new NftHook("filter", Postrouting, AfterSourceNat),
            [
                NftRule.Of(NftStatement.PacketMarkHas(mask.Value), NftStatement.SetPacketMark(mask.Value, 0)),
            ]),
        ]);
    }

    /// <summary>
    /// What is handed on to a host beyond another card keeps main's way: its reply would have to pass the reverse path check by a mark that leads to the
    /// request's card.
    /// </summary>
    private static IEnumerable<NftRule> Hairpins(IReadOnlyList<SourceTable> marked) =>
        from card in marked.Where(table => table.Source.Family == Family.IPv4).Select(table => table.Source.Card.Name).Distinct()
        select NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.CameByOther(card), NftStatement.WouldLeaveBy(card), NftStatement.Return);

    /// <summary>Of a card with several tables that of the very address is taken, and for any other address the first that has a way to everywhere.</summary>
    private static IEnumerable<NftRule> Arrivals(MarkMask mask, IReadOnlyList<SourceTable> marked)
    {
        List<SourceTable> usual = [.. marked.Where(table => UsualOf(table.Source, marked) == table)];
        return marked.Except(usual).Concat(usual).Select(table => NftRule.Of(
        [
            NftStatement.IsOf(table.Source.Family),
            NftStatement.CameBy(table.Source.Card.Name),
            .. usual.Contains(table) ? Array.Empty<NftStatement>() : [NftStatement.WasFor(table.Source.Prefix)],
            NftStatement.SetConnectionMark(mask.Value, table.Mark),
            NftStatement.Goto("restore"),
        ]));
    }

    private static SourceTable UsualOf(Source source, IReadOnlyList<SourceTable> marked)
    {
        List<SourceTable> beside = [.. marked.Where(table => table.Source.Family == source.Family && table.Source.Card == source.Card)];
        return beside.Find(table => table.DefaultRoute is not null) ?? beside[0];
    }

    /// <summary>Marks a packet as its connection is: bit by bit, since before Linux 6.13 a register cannot be or-ed to another.</summary>
    private static List<NftRule> Restore(MarkMask mask, IReadOnlyList<SourceTable> marked, bool strict)
    {
        uint used = 0;
        foreach (SourceTable table in marked)
        {
            used |= table.Mark;
        }

        List<NftRule> rules = [NftRule.Of(NftStatement.SetPacketMark(mask.Value, 0))];
        for (; used != 0; used &= used - 1)
        {
            uint bit = used & (0 - used);
            rules.Add(NftRule.Of(NftStatement.ConnectionMarkHas(bit), NftStatement.SetPacketMark(bit, bit)));
        }

        if (strict)
        {
            rules.Add(NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.IsRequest, NftStatement.SetPacketMark(mask.OwnBit, mask.OwnBit)));
        }

        return rules;
    }
}
