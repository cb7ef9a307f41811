using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The nftables table that marks connections by the card they came in by. A connection that is opened to an address of the node and handed on to a pod
/// gets the mark of a source table of that card; every reply is then marked as its connection is, which the `fwmark` rules read.
/// </summary>
internal static class MarkTable
{
    /// <summary>
    /// Behind every translation of destinations, since only what has been translated is marked: the kernel does that at -100 (`dstnat`), where kube-proxy,
    /// portmap and Docker have their chains, and firewalld has its own at -90. Ahead of the routing decision, which comes after the last of the hook. The
    /// marks that others set in mangle (-150) keep their bits, and whoever overwrites a whole mark there has done so already.
    /// </summary>
    private const int AfterDestinationNat = -80;

    /// <summary>
    /// Behind whoever checks the reverse path of IPv6 with the packet's mark: firewalld does by default, at 10 (`filter + 10`). The routing decision is next.
    /// </summary>
    private const int AfterFilters = 120;

    /// <summary>Behind masquerading (`srcnat`, 100), so that whoever reads marks in that hook still sees what the packet was routed by.</summary>
    private const int AfterSourceNat = 120;

    private const uint Prerouting = 0;
    private const uint Output = 3;
    private const uint Postrouting = 4;

    /// <summary>The table.</summary>
    /// <param name="mask">Our bits.</param>
    /// <param name="marked">The source tables that have a mark, served ones alone.</param>
    /// <param name="strict">Whether a card checks the reverse path of IPv4 requests strictly, which is to be found by their mark then.</param>
    /// <param name="elsewhere">The cards that do not lead to pods.</param>
    public static NftTable Of(MarkMask mask, IReadOnlyList<SourceTable> marked, bool strict, IReadOnlyList<Link> elsewhere)
    {
        bool ipv6 = marked.Any(table => table.Source.Family == Family.IPv6);
        var hasTable = NftStatement.ConnectionMarkHas(mask.TableBits);
        return new NftTable(
        [
            new NftChain("prerouting", new NftHook("filter", Prerouting, AfterDestinationNat),
            [
                NftRule.Of(NftStatement.IsDestinationTranslated, NftStatement.Goto("translated")),
            ]),

            // Marks of connections that are not handed on are somebody else's, whatever their bits.
            new NftChain("translated", null,
            [
                .. ipv6 ? [NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.Goto("translated6"))] : Array.Empty<NftRule>(),
                NftRule.Of(hasTable, NftStatement.IsReply, NftStatement.Goto("restore")),

                // Requests are routed as they would be without us. Only a strict check of their reverse path needs the mark, and then the request itself is
                // looked up by it as well, in a table that knows all pods.
                .. strict ? [NftRule.Of(NftStatement.IsOf(Family.IPv4), hasTable, NftStatement.Goto("own"))] : Array.Empty<NftRule>(),

                // Connections that are older than the table keep the way they have.
                NftRule.Of(NftStatement.IsNew, NftStatement.Goto("arrival")),
            ]),
            .. ipv6 ? Ipv6(mask, hasTable) : [],
            .. MarkArrival.Chains(mask, marked, strict, elsewhere),
            new NftChain("restore", null, [.. Restore(mask, marked)]),

            // What the node itself says in such a connection: replies of a pod with an address of the node, and ICMP errors ("fragmentation needed").
            new NftChain("output", new NftHook("route", Output, AfterDestinationNat),
            [
                NftRule.Of(NftStatement.IsDestinationTranslated, hasTable, NftStatement.IsReply, NftStatement.Goto("own")),
            ]),
            new NftChain("own", null,
            [
                NftRule.Of(NftStatement.Jump("restore")),
                NftRule.Of(NftStatement.SetPacketMark(mask.OwnBit, mask.OwnBit)),
            ]),

            // Routed, a request's mark has done its work. A tunnel would look up the way of its outer packet by it, and send that by the wrong card.
            .. strict
                ?
                [
                    new NftChain("postrouting", new NftHook("filter", Postrouting, AfterSourceNat),
                    [
                        NftRule.Of(NftStatement.IsDestinationTranslated, hasTable, NftStatement.SetPacketMark(mask.Value, 0)),
                    ]),
                ]
                : Array.Empty<NftChain>(),
        ]);
    }

    /// <summary>
    /// The kernel itself does not check the reverse path of IPv6; who does, does so ahead of the routing decision. There the way back of a request is the one
    /// by its mark, and that of a reply, which is the way to the pod, is main's. For the decision it is the other way round.
    /// </summary>
    private static NftChain[] Ipv6(MarkMask mask, NftStatement hasTable) =>
    [
        new NftChain("translated6", null,
        [
            NftRule.Of(NftStatement.IsReply, NftStatement.Return),
            NftRule.Of(hasTable, NftStatement.Goto("own")),
            NftRule.Of(NftStatement.IsNew, NftStatement.Goto("arrival")),
        ]),
        new NftChain("routing", new NftHook("filter", Prerouting, AfterFilters),
        [
            NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.IsDestinationTranslated, hasTable, NftStatement.Goto("routing6")),
        ]),
        new NftChain("routing6", null,
        [
            NftRule.Of(NftStatement.IsReply, NftStatement.Goto("restore")),
            NftRule.Of(NftStatement.SetPacketMark(mask.Value, 0)),
        ]),
    ];

    /// <summary>Marks a packet as its connection is: a rule for each mark, since before Linux 6.13 a register cannot be or-ed to another.</summary>
    private static IEnumerable<NftRule> Restore(MarkMask mask, IReadOnlyList<SourceTable> marked)
    {
        List<uint> marks = [];
        foreach (SourceTable table in marked)
        {
            if (!marks.Contains(table.Mark))
            {
                marks.Add(table.Mark);
                yield return NftRule.Of(
                    NftStatement.ConnectionMarkIs(mask.TableBits, table.Mark),
                    NftStatement.SetPacketMark(mask.Value, table.Mark),
                    NftStatement.Return);
            }
        }
    }
}
