using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// The policy rules. Those for marks come before all rules of others: a reply leaves by its card, whatever others have planned for the node's own
/// traffic. Those for addresses come after all rules of others and directly before main: what a program has bound to a source, and nothing else, leaves by
/// that source's card, and only where main knows nothing more exact than a default.
/// </summary>
internal sealed class PolicyRules(Config config, NodeState state)
{
    /// <summary>The priority of the first rule for marks where no rule of others comes before it.</summary>
    public const uint FirstPriority = 500;

    /// <summary>How many priorities the rules for marks take: who has none skips them, the rules, and the place where the skipping ends.</summary>
    private const uint Room = 3;

    private readonly MarkMask _mask = config.MarkMask;

    /// <summary>Main's defaults.</summary>
    private readonly List<Route> _defaults =
        [.. state.Main(Family.IPv4).Concat(state.Main(Family.IPv6)).Where(route => route is { Type: RouteType.Unicast, Destination.IsDefault: true })];

    /// <summary>The cards with an address that the kernel may choose for what leaves by them.</summary>
    private readonly HashSet<(int, Family)> _withAddress = WithAddress(state);

    /// <summary>
    /// Whether the kernel may choose the source's address for a packet that no program has bound to it and that main sends out by another card: there
    /// the address does not tell what the program wants, and a rule for it would take the node's own requests off their way.
    /// </summary>
    public bool IsBorrowed(Source source)
    {
        foreach (Route route in _defaults)
        {
            for (int i = 0; i < route.Nexthops.Count && route.Family == source.Family; i++)
            {
                int card = route.Nexthops[i].Oif;
                if (card != source.Card.Index && (route.PrefSrc.IsSet ? source.Prefix.Contains(route.PrefSrc) : !_withAddress.Contains((card, source.Family))))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// The priority of the rules for addresses: the configured one, but never ahead of the rule for the table local, which some move: main's exact routes would
    /// lead what is for the node itself out of it.
    /// </summary>
    public static uint PriorityOf(Config config, NodeState state, Family family) =>
        Math.Max(config.RulePriority, Math.Min(LocalPriority(state, family), Rule.MainPriority - 1));

    /// <summary>The priority of the rule for the table local: 0, unless somebody has moved it.</summary>
    public static uint LocalPriority(NodeState state, Family family) => state.Rules.FirstOrDefault(rule =>
        rule is { Table: TableId.Local, Action: Rule.ActionLookup, Flags: 0, MarkMask: 0, From.IsSet: false, HasOtherSelectors: false } && rule.Family == family)?.Priority ?? 0;

    /// <summary>
    /// The priority of the rules that ask main first: directly ahead of those for addresses, so that each can be made again without the others. Where others have
    /// a rule at the priority of those, it is asked before main, and all of ours come after it, in the order in which they are made.
    /// </summary>
    private uint ToMainPriority(Family family)
    {
        uint last = PriorityOf(config, state, family);
        return state.Rules.Any(rule => rule.Family == family && rule.Protocol != Ownership.Protocol && rule.Priority == last) ? last : last - 1;
    }

    /// <summary>
    /// All rules, in the order in which they are to be made. A rule of somebody else that differs from ours in nothing but its protocol does the same, and
    /// the kernel would refuse ours.
    /// </summary>
    /// <param name="served">The tables that are complete.</param>
    /// <param name="marks">Whether connections are marked.</param>
    public IReadOnlyList<Rule> Of(IReadOnlyList<SourceTable> served, bool marks)
    {
        HashSet<Rule> foreign = [];
        foreach (Rule rule in state.Rules)
        {
            _ = rule.Protocol != Ownership.Protocol && foreign.Add(rule with { Protocol = Ownership.Protocol });
        }

        return
        [
            .. ForAddresses(served, marks).Concat(marks ? ForMarks([.. served.Where(table => table.Mark != 0)]) : [])
                .Where(rule => !foreign.Contains(rule)),
        ];
    }

    /// <summary>Main's exact routes go ahead of the rules for single addresses.</summary>
    private IEnumerable<Rule> ForAddresses(IReadOnlyList<SourceTable> served, bool marks)
    {
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<SourceTable> tables = [.. served.Where(table => table.Source.Family == family && table.HasRule)];
            if (tables.Count == 0)
            {
                continue;
            }

            var toMain = new Rule { Family = family, Priority = ToMainPriority(family), Table = TableId.Main, Protocol = Ownership.Protocol };
            if (marks)
            {
                yield return toMain with { Mark = _mask.Own, MarkMask = _mask.Value };
            }

            yield return toMain with { Selectors = RuleSelector.FromNodeButDefault };
            Rule rule = toMain with { Priority = PriorityOf(config, state, family), Selectors = RuleSelector.FromNode };
            foreach (SourceTable table in tables)
            {
                // What a program has bound to the source.
                yield return rule with { From = table.Source.Prefix, Table = table.Number };
            }
        }
    }

    private IEnumerable<Rule> ForMarks(IReadOnlyList<SourceTable> marked)
    {
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            // Of those that share a mark the one that a rule leads to already stays.
            HashSet<(uint Table, uint Mark)> standing = Standing(family);
            List<SourceTable> tables =
            [
                .. marked.Where(table => table.Source.Family == family)
                    .OrderBy(table => !standing.Contains((table.Number, table.Mark)))
                    .DistinctBy(table => table.Mark),
            ];
            if (tables.Count == 0)
            {
                continue;
            }

            // Where others stand so early that nothing of theirs may be skipped, all is at one priority, in the order in which it is made.
            uint least = Least(family);
            bool isCrowded = least <= Room;
            (uint skips, uint lookups, uint end) = isCrowded ? (1, 1, 2) : (least - Room, least - Room + 1, least - Room + 2);
            var rule = new Rule { Family = family, Priority = lookups, MarkMask = _mask.Value, Protocol = Ownership.Protocol };
            IEnumerable<Rule> toTables = tables.SelectMany(table => (Rule[])
            [
                rule with { Mark = table.Mark, Table = table.Number },
                rule with { Mark = table.Mark | _mask.Flag, Table = table.Number },
            ]);
            foreach (Rule toTable in isCrowded ? [] : toTables)
            {
                yield return toTable;
            }

            // No packet fits two of the rules that skip. What has no mark of ours, nearly everything, is asked first, and not rule by rule.
            Rule skip = rule with { Priority = skips, Action = Rule.ActionGoto };
            yield return rule with { Priority = end, Action = Rule.ActionNop, MarkMask = 0 };
            if (!isCrowded)
            {
                yield return skip with { Selectors = RuleSelector.Goto(end, "") };
            }

            // With the flag every look-up counts, but the one that firewalld makes for the reverse path of a reply by IPv6. IPVS has replies routed once
            // more, and that looks the same.
            if (!state.Links.Any(link => link.Name == Link.OfIpvs))
            {
                yield return skip with { Mark = _mask.Flag, MarkMask = _mask.Flag, Selectors = RuleSelector.Goto(end, RuleSelector.Loopback) };
            }

            // A packet is looked up several times. What came in by the mark's own card is a request on its way in, which goes as without us; or the kernel
            // asks by that card for the reverse path of a reply it would send out there, which is main's.
            HashSet<SourceTable> asked = new(tables, ReferenceEqualityComparer.Instance);
            foreach (SourceTable table in marked.Where(table => table.Source.Family == family && (asked.Contains(table) || table.Source.Holder is not null)))
            {
                yield return skip with { Mark = table.Mark, Selectors = RuleSelector.Goto(end, (table.Source.Holder ?? table.Source.Card).Name) };
            }

            foreach (Rule toTable in isCrowded ? toTables : [])
            {
                yield return toTable;
            }
        }
    }

    /// <summary>
    /// What ours stand directly ahead of: all rules of others but that for the table local. Numbers below are left free: the kernel gives a rule without a
    /// priority the number below the first after `local`, and whoever adds several counts on each standing ahead of the one before.
    /// </summary>
    private uint Least(Family family)
    {
        uint least = FirstPriority + Room;
        foreach (Rule rule in state.Rules)
        {
            if (rule.Family == family && rule.Protocol != Ownership.Protocol && rule.Priority > 0 && rule.Priority < least)
            {
                least = rule.Priority;
            }
        }

        return least;
    }

    /// <summary>The tables that rules of ours lead to, each with its mark.</summary>
    private HashSet<(uint Table, uint Mark)> Standing(Family family) =>
        [.. state.Rules.Where(rule => rule.Protocol == Ownership.Protocol && rule.Family == family && rule.MarkMask == _mask.Value).Select(rule => (rule.Table, rule.Mark))];

    private static HashSet<(int, Family)> WithAddress(NodeState state)
    {
        HashSet<(int, Family)> cards = [];
        foreach (Address address in state.Addresses)
        {
            if (address.Scope == Address.ScopeUniverse && (address.Local.Family == Family.IPv4 || (address.Flags & Address.FlagDeprecated) == 0))
            {
                cards.Add((address.Link, address.Local.Family));
            }
        }

        return cards;
    }
}
