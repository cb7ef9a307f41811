using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The maps of the nftables table that marks connections: from cards and addresses to the chain that gives a connection its mark, and from the connection's
/// mark to the chain that gives it to a packet. One look-up each, however many cards and marks there are.
/// </summary>
/// <param name="mask">Our bits.</param>
/// <param name="marked">The source tables that have a mark.</param>
internal sealed class MarkMaps(MarkMask mask, IReadOnlyList<SourceTable> marked)
{
    /// <summary>The families that have a source with a mark.</summary>
    public List<Family> Families { get; } = [.. new[] { Family.IPv4, Family.IPv6 }.Where(family => marked.Any(table => table.Source.Family == family))];

    /// <summary>The marks, each once.</summary>
    public IReadOnlyList<uint> Marks { get; } = [.. marked.Select(table => table.Mark).Distinct()];

    /// <summary>All marks that we give to packets.</summary>
    public NftSet Ours => NftSet.Of("ours", NftType.Mark, null, WithFlag().Select(mark => new NftElement(NftData.Number(mark))));

    /// <summary>To the mark that a packet needs for its rule: that of its connection.</summary>
    /// <param name="keepsOwn">Whether what has no table's mark is kept from the rules for addresses.</param>
    /// <returns>A map by the mark of the connection, without the flag.</returns>
    public NftSet Requests(bool keepsOwn) => NftSet.Of(
        "requests", NftType.Mark, NftType.Verdict, [.. keepsOwn ? [To(0, mask.Own)] : Array.Empty<NftElement>(), .. Marks.Select(mark => To(mark, mark))]);

    /// <summary>To the mark of a packet that is handed on: that of its connection with the flag, if it has it.</summary>
    /// <param name="areRequestsMarked">Whether what is answered to the node itself needs its mark, for the check of its reverse path.</param>
    /// <returns>A map by the mark of the connection.</returns>
    public NftSet Forwards(bool areRequestsMarked) => NftSet.Of(
        "forwards", NftType.Mark, NftType.Verdict, WithFlag().Where(mark => areRequestsMarked || mark != mask.Own).Select(mark => To(mark, mark)));

    /// <summary>By IPv6 it is firewalld alone who checks the reverse path, and it does so ahead of the routing decision: the flag tells the two apart.</summary>
    public NftSet Forwards6 => NftSet.Of("forwards6", NftType.Mark, NftType.Verdict, WithFlag().Select(mark => To(mark, mark | mask.Flag)));

    /// <summary>The cards that the replies of connections with a mark leave by: a mark may be of tables of several cards.</summary>
    /// <param name="family">The family of the connections.</param>
    /// <param name="vrfOf">The VRF of a card, by which a packet leaves before it leaves by the card; null for none.</param>
    /// <returns>A set of marks and cards.</returns>
    public NftSet Ways(Family family, Func<Link, Link?> vrfOf)
    {
        HashSet<(uint, string)> ways = [];
        SourceTable? before = null;
        foreach (SourceTable table in marked.Where(table => table.Source.Family == family))
        {
            // Thousands may follow one another that say the same.
            if (before?.Mark == table.Mark && ReferenceEquals(before.Source.Card, table.Source.Card) && ReferenceEquals(before.Source.Holder, table.Source.Holder))
            {
                continue;
            }

            before = table;
            foreach (Link? card in (Link?[])[table.Source.Card, table.Source.Holder, vrfOf(table.Source.Card)])
            {
                if (card is not null)
                {
                    ways.Add((table.Mark, card.Name));
                }
            }
        }

        return NftSet.Of(
            Named("ways", family),
            NftType.Of(NftType.Mark, NftType.Card),
            null,
            ways.Select(way => new NftElement(NftData.Of(NftData.Number(way.Item1), NftData.Card(way.Item2)))));
    }

    /// <summary>The chains that give a packet its mark.</summary>
    public IEnumerable<NftChain> PacketChains() =>
        WithFlag().Select(mark => new NftChain(PacketChain(mark), null, [NftRule.Of(NftStatement.SetPacketMark(mask.Value, mark))]));

    /// <summary>The chain that gives a connection its mark.</summary>
    /// <param name="mark">The mark.</param>
    /// <returns>Its name.</returns>
    public static string ConnectionChain(uint mark) => FormattableString.Invariant($"connection-{mark:x}");

    /// <summary>To the mark of connections that come in by a card: the first of its tables with a way to everywhere.</summary>
    /// <param name="family">The family of the connections.</param>
    /// <returns>A map by the card.</returns>
    public NftSet Cards(Family family)
    {
        List<NftElement> elements = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach ((Link card, SourceTable usual, List<SourceTable> tables) in ByCard(family))
        {
            // A card that has no address of its own brings connections for the address of another: that card's routes lead back.
            foreach ((Link by, uint mark) in
                tables.Where(table => table.Source.Holder is not null).Select(table => (table.Source.Holder!, table.Mark)).Prepend((card, usual.Mark)))
            {
                if (known.Add(by.Name))
                {
                    elements.Add(new NftElement(NftData.Card(by.Name), NftExpression.Verdict.Goto(ConnectionChain(mark))));
                }
            }
        }

        return NftSet.Of(Named("cards", family), NftType.Card, NftType.Verdict, elements);
    }

    /// <summary>To the mark of connections to addresses of a card whose mark is not the usual one there.</summary>
    /// <param name="family">The family of the connections.</param>
    /// <returns>A map by the address and the card.</returns>
    public NftSet Addresses(Family family) => NftSet.Of(
        Named("addresses", family),
        NftType.Of(NftType.Address(family), NftType.Card),
        NftType.Verdict,
        Unusual(family).FindAll(one => one.Table.Source.Prefix.IsHost).ConvertAll(one => new NftElement(
            NftData.Of(NftData.Address(one.Table.Source.Prefix.Address), NftData.Card(one.Card.Name)),
            NftExpression.Verdict.Goto(ConnectionChain(one.Table.Mark)))));

    /// <summary>The same for networks, which somebody has configured one by one.</summary>
    /// <param name="family">The family of the connections.</param>
    /// <returns>A rule for each.</returns>
    public IEnumerable<NftRule> Networks(Family family) =>
        Unusual(family).FindAll(one => !one.Table.Source.Prefix.IsHost).ConvertAll(one => NftRule.Of(
            NftStatement.IsOf(family),
            NftStatement.CameBy(one.Card.Name),
            NftStatement.WasFor(one.Table.Source.Prefix),
            NftStatement.Goto(ConnectionChain(one.Table.Mark))));

    /// <summary>The name of a map of a family.</summary>
    /// <param name="name">Its name in IPv4.</param>
    /// <param name="family">The family.</param>
    /// <returns>The name.</returns>
    public static string Named(string name, Family family) => family == Family.IPv6 ? $"{name}6" : name;

    private List<(Link Card, SourceTable Table)> Unusual(Family family)
    {
        List<(Link Card, SourceTable Table)> unusual = [];
        foreach ((Link card, SourceTable usual, List<SourceTable> tables) in ByCard(family))
        {
            unusual.AddRange(tables.FindAll(table => table.Mark != usual.Mark).ConvertAll(table => (card, table)));
        }

        return unusual;
    }

    private IEnumerable<(Link Card, SourceTable Usual, List<SourceTable> Tables)> ByCard(Family family)
    {
        foreach (IGrouping<Link, SourceTable> card in marked.Where(table => table.Source.Family == family).GroupBy<SourceTable, Link>(table => table.Source.Card, ReferenceEqualityComparer.Instance))
        {
            List<SourceTable> tables = [.. card];
            yield return (card.Key, tables.Find(table => table.DefaultRoute is not null) ?? tables[0], tables);
        }
    }

    private IEnumerable<uint> WithFlag() => [mask.Own, .. Marks, .. Marks.Select(mark => mark | mask.Flag)];

    private static NftElement To(uint mark, uint packet) => new(NftData.Number(mark), NftExpression.Verdict.Goto(PacketChain(packet)));

    private static string PacketChain(uint mark) => FormattableString.Invariant($"packet-{mark:x}");
}
