using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Gives every source table a mark. A reply of a pod is routed while it still has the pod's address, so no `from` rule sees it; a mark that the
/// connection got when it came in leads it to the table of its card.
/// </summary>
internal sealed class Marks
{
    private readonly MarkMask _mask;
    private readonly TableMemory _memory;
    private readonly List<Rule> _standing = [];
    private readonly List<Rule> _foreign = [];
    private readonly List<(Family, uint)> _given = [];
    private readonly Dictionary<Source, uint> _marks = new(ReferenceEqualityComparer.Instance);

    /// <param name="config">States our bits.</param>
    /// <param name="state">Knows the marks that connections may carry already, and those that others have rules for.</param>
    /// <param name="tables">The sources and the numbers of their tables.</param>
    /// <param name="numbers">Knows the tables' names.</param>
    /// <param name="memory">Knows the marks of sources that have no rule now, or had none for a while.</param>
    public Marks(Config config, NodeState state, Dictionary<Source, uint> tables, TableNumbers numbers, TableMemory memory)
    {
        (_mask, _memory) = (config.MarkMask, memory);

        // In the order of the tables' numbers, which stay.
        List<Source> sources = [.. tables.Keys];
        sources.Sort((one, other) => tables[one].CompareTo(tables[other]));
        foreach (Rule rule in state.Rules.Where(rule => (rule.MarkMask & _mask.Value) != 0))
        {
            if (rule.Protocol != Ownership.Protocol)
            {
                _foreign.Add(rule);
            }
            else if (rule.MarkMask == _mask.Value && rule.Priority == config.RulePriority + 1 &&
                sources.Any(source => source.Family == rule.Family && tables[source] == rule.Table) &&
                !_standing.Exists(other => other.Family == rule.Family && other.Table == rule.Table))
            {
                _standing.Add(rule);
            }
        }

        // Where the mask has too few, every card gets one before any card gets a second.
        List<Source> first = [];
        foreach (Source source in sources)
        {
            if (!first.Exists(other => other.Family == source.Family && other.Card == source.Card))
            {
                first.Add(source);
            }
        }

        List<Source> open = [.. first, .. sources.Except(first)];
        open.RemoveAll(source => TryKeep(source, tables[source], numbers.Name(source, tables[source])));
        open.ForEach(source => _marks.Add(source, New(source.Family)));
    }

    /// <summary>The mark of a source's table; 0 when there was none left.</summary>
    public uint Of(Source source) => _marks[source];

    /// <summary>
    /// Whether marks are wanted and possible, and there is somebody whose replies need them: without pods no connection is tracked for our sake.
    /// </summary>
    public static bool Apply(Config config, NodeState state, Cards cards, IReadOnlyList<IpPrefix> networks) =>
        config.UseMarks && (state.Nftables.Obstacle is null || state.Nftables.IsHidden) && (cards.Overlay.Count > 0 || networks.Count > 0);

    /// <summary>
    /// The rules for a table's mark. What the node itself asks goes ahead of the `from` rules: what it answers for a pod with an address of the node is to
    /// leave by the request's card, not by that address's. Forwarded replies come behind them: what has an address of the node is the node's own.
    /// </summary>
    public static IEnumerable<Rule> Rules(Config config, SourceTable table)
    {
        if (table.Mark != 0)
        {
            var rule = new Rule { Family = table.Source.Family, MarkMask = config.MarkMask.Value, Table = table.Number, Protocol = Ownership.Protocol };
            yield return rule with { Priority = config.RulePriority - 1, Mark = table.Mark | config.MarkMask.OwnBit };
            yield return rule with { Priority = config.RulePriority + 1, Mark = table.Mark };
        }
    }

    /// <summary>Gives a table the mark that it has or had, since connections carry it.</summary>
    private bool TryKeep(Source source, uint table, string name)
    {
        Rule? standing = _standing.Find(rule => rule.Family == source.Family && rule.Table == table && TryGive(source.Family, rule.Mark));
        uint mark = standing?.Mark ?? _memory.MarkOf(name, _mask);
        bool kept = standing is not null || (!IsStanding(source.Family, mark) && TryGive(source.Family, mark));
        if (kept)
        {
            _marks.Add(source, mark);
        }

        return kept;
    }

    /// <summary>A mark that no connections carry; or else that of the source that has been gone longest; 0 when there is none.</summary>
    private uint New(Family family)
    {
        List<uint> gone = _memory.MarksGone(_mask);
        foreach (uint mark in All())
        {
            if (!gone.Contains(mark) && !IsStanding(family, mark) && TryGive(family, mark))
            {
                return mark;
            }
        }

        foreach (uint mark in gone)
        {
            if (!IsStanding(family, mark) && TryGive(family, mark))
            {
                return mark;
            }
        }

        return 0;
    }

    private bool IsStanding(Family family, uint mark) => _standing.Exists(rule => rule.Family == family && rule.Mark == mark);

    /// <summary>All marks. Small numbers, which people take first when they mark something for themselves, come last.</summary>
    private IEnumerable<uint> All()
    {
        int half = (_mask.Capacity + 1) / 2;
        for (int i = 0; i < _mask.Capacity; i++)
        {
            yield return _mask.Mark(i <= _mask.Capacity - half ? half + i : i - (_mask.Capacity - half));
        }
    }

    /// <summary>Whether a rule of others would take a packet that we have marked, whatever its other bits; ours would take theirs then, too.</summary>
    private bool IsFor(Rule rule, uint mark) => ((rule.Mark ^ mark) & rule.MarkMask & _mask.TableBits) == 0;

    private bool TryGive(Family family, uint mark)
    {
        bool free = mark != 0 && (mark & ~_mask.TableBits) == 0 && !_given.Contains((family, mark)) &&
            !_foreign.Exists(rule => rule.Family == family && IsFor(rule, mark));
        if (free)
        {
            _given.Add((family, mark));
        }

        return free;
    }
}
