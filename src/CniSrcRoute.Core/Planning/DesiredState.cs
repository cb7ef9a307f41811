using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>What shall be true on the node: the answer of <see cref="Derive"/>. Empty to desire nothing, as teardown does.</summary>
public sealed record DesiredState
{
    /// <summary>The tables of the sources, served or not.</summary>
    public IReadOnlyList<SourceTable> Tables { get; init; } = [];

    /// <summary>The rules, in the order in which they are to be made: those of one priority are asked in the order of their making.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>Our nftables table; null for none.</summary>
    public NftTable? MarkTable { get; init; }

    /// <summary>Our bits of marks.</summary>
    public MarkMask MarkMask { get; init; } = MarkMask.Default;

    /// <summary>The addresses that the kernel answers UDP requests with by itself, of the families whose servers are helped.</summary>
    public IReadOnlyDictionary<Family, AnswerSources> Answers { get; init; } = new Dictionary<Family, AnswerSources>();

    /// <summary>The cards whose strict reverse path check drops requests for pods, since it does not look at marks.</summary>
    public IReadOnlyList<Link> BlindCards { get; init; } = [];

    /// <summary>Whether existing rules for marks are kept, because the state of nftables is unknown.</summary>
    public bool KeepsMarkRules { get; init; }

    /// <summary>Whether a strict reverse path check has to look at marks (<see cref="ReversePath.SrcValidMark"/>).</summary>
    public bool NeedsSrcValidMark { get; init; }

    /// <summary>Whether it does not yet, and is made to.</summary>
    public bool SetsSrcValidMark { get; init; }

    /// <summary>The text of our file of table names; empty for no file.</summary>
    public string TableNamesFile { get; init; } = "";

    /// <summary>The text of our file of protocol names; empty for no file.</summary>
    public string ProtocolNamesFile { get; init; } = "";

    /// <summary>What decides which routes of main are copied; null when nothing is desired.</summary>
    public OverlayRoutes? Overlay { get; init; }

    /// <summary>What decides which routes of main are no business of ours; null when nothing is desired.</summary>
    public MainFilter? Filter { get; init; }

    /// <summary>The networks of the pods.</summary>
    public IReadOnlyList<IpPrefix> OverlayNetworks { get; init; } = [];

    /// <summary>The cards that lead to pods.</summary>
    public IReadOnlyList<Link> OverlayCards { get; init; } = [];

    /// <summary>The rule for a table's source; null when it has none.</summary>
    /// <param name="table">One of <see cref="Tables"/>.</param>
    /// <returns>One of <see cref="Rules"/>.</returns>
    public Rule? RuleOf(SourceTable table) =>
        Rules.FirstOrDefault(rule => rule.Family == table.Source.Family && rule.Table == table.Number && rule.MarkMask == 0 && rule.From == table.Source.Prefix);

    /// <summary>How many sources are served.</summary>
    public int Served => Tables.Count(table => table.Unserved is null);

    /// <summary>Whether a step makes a guard, or a route by a source's own card, without which its table must not be used.</summary>
    /// <param name="change">A step.</param>
    /// <returns>True when it does.</returns>
    public bool IsEssential(Change change) =>
        change is RouteChange { Kind: not ChangeKind.Remove } route &&
        Tables.Any(table => table.Id == route.Table && table.Guards.Concat(table.CardRoutes).Contains(route.Route));

    /// <summary>
    /// What shall be of the routes to some destinations, when main's routes to them have become others; all else stays. It holds while cards, addresses, rules,
    /// configuration and the routes of the sources' own cards are as they were when this was derived.
    /// </summary>
    /// <param name="destinations">Keys without their metric.</param>
    /// <param name="isMeant">In which tables.</param>
    /// <param name="part">The node, with its routes to these destinations in these tables alone.</param>
    /// <returns>The part of the desired state.</returns>
    public DesiredState RestrictedTo(IReadOnlyCollection<RouteKey> destinations, Predicate<TableId> isMeant, NodeState part)
    {
        List<SourceTable> tables = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            IReadOnlyList<Route> copies = Overlay?.Copy(part.Main(family)) ?? [];
            foreach (SourceTable table in Tables.Where(table => table.Source.Family == family && isMeant(table.Id)))
            {
                tables.Add(table.With([.. table.Guards.Where(LeadsThere)], RouteSpread.OfCopies(copies, RouteSpread.Apart(table.Number, Tables.Count)), [.. table.CardRoutes.Where(LeadsThere)]));
            }
        }

        return this with { Tables = tables };

        bool LeadsThere(Route route) => destinations.Contains(route.Key with { Metric = 0 });
    }

    /// <summary>What is wrong, and what is worth knowing.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>What is wrong with the configuration itself, so that no command acts on it; null when nothing is.</summary>
    public Finding? BadInput => Findings.FirstOrDefault(finding => finding.IsBadInput);
}
