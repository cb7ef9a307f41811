using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Gives every source table a mark. A connection gets it when it comes in by the table's card, and it leads the replies back by that card, whichever address
/// of the node was asked. Tables of one card with the same routes share one.
/// </summary>
internal sealed class Marks
{
    /// <summary>More than a node has cards. Rules of others may ask for all of a wide mask's marks between them, whichever is tried.</summary>
    private const int MostTried = 1 << 16;

    private readonly MarkMask _mask;
    private readonly TableMemory _memory;
    private readonly List<Rule> _standing = [];
    private readonly List<Rule> _foreign = [];
    private readonly HashSet<(Family, uint)> _given = [];
    private readonly List<Family> _exhausted = [];
    private readonly Dictionary<Source, uint> _marks = new(ReferenceEqualityComparer.Instance);

    /// <param name="config">States our bits.</param>
    /// <param name="state">Knows the marks that connections may carry already, and those that others have rules for.</param>
    /// <param name="tables">The sources and the numbers of their tables.</param>
    /// <param name="routes">What the tables hold of their cards.</param>
    /// <param name="numbers">Knows the tables' names.</param>
    /// <param name="memory">Knows the marks of sources that have no rule now, or had none for a while.</param>
    public Marks(
        Config config,
        NodeState state,
        Dictionary<Source, uint> tables,
        Dictionary<Source, IReadOnlyList<Route>> routes,
        TableNumbers numbers,
        TableMemory memory)
    {
        (_mask, _memory) = (config.MarkMask, memory);
        _marks.EnsureCapacity(tables.Count);

        // In the order of the tables' numbers, which stay.
        List<Source> sources = [.. tables.Keys.OrderBy(source => tables[source])];
        HashSet<TableId> known = new(tables.Count);
        foreach (Source source in sources)
        {
            known.Add(new TableId(source.Family, tables[source]));
        }

        foreach (Rule rule in state.Rules.Where(rule => (rule.MarkMask & _mask.Value) != 0))
        {
            if (rule.Protocol != Ownership.Protocol)
            {
                _foreign.Add(rule);
            }
            else if (rule.MarkMask == _mask.Value && (rule.Mark & _mask.Flag) == 0 && rule.Mark != 0 &&
                known.Contains(new TableId(rule.Family, rule.Table)) &&
                !_standing.Exists(other => other.Family == rule.Family && other.Table == rule.Table))
            {
                _standing.Add(rule);
            }
        }

        List<Group> groups = [];
        foreach (Source source in sources)
        {
            if (groups.Find(group => group.Has(source, routes[source])) is { } like)
            {
                like.Sources.Add(source);
            }
            else
            {
                bool first = !groups.Exists(group => group.Sources[0].Family == source.Family && group.Sources[0].Card == source.Card);
                groups.Add(new Group([source], routes[source], first));
            }

            if (TryKeep(source, tables[source], numbers.Name(source, tables[source])) is var mark and not 0)
            {
                _marks.Add(source, mark);
            }
        }

        // Where the mask has too few, every card gets one before any card gets a second.
        foreach (Group group in groups.OrderBy(group => !group.IsFirstOfCard))
        {
            uint mark = 0;
            group.Sources.ForEach(source => mark = mark != 0 ? mark : _marks.GetValueOrDefault(source));
            foreach (Source source in group.Sources.FindAll(source => !_marks.ContainsKey(source)))
            {
                _marks.Add(source, mark = mark != 0 ? mark : New(source.Family));
            }
        }
    }

    /// <summary>The mark of a source's table; 0 when there was none left.</summary>
    public uint Of(Source source) => _marks[source];

    /// <summary>Whether marks are wanted and possible.</summary>
    public static bool Apply(Config config, NodeState state) => config.UseMarks && (state.Nftables.Obstacle is null || state.Nftables.IsHidden);

    /// <summary>The mark that a table has or had, since connections carry it; 0 for none.</summary>
    private uint TryKeep(Source source, uint table, string name)
    {
        Rule? standing = _standing.Find(rule => rule.Family == source.Family && rule.Table == table && TryGive(source.Family, rule.Mark));
        uint mark = standing?.Mark ?? _memory.MarkOf(name, _mask);
        return standing is not null || (!IsStanding(source.Family, mark) && TryGive(source.Family, mark)) ? mark : 0;
    }

    /// <summary>A mark that no connections carry; or else that of the source that has been gone longest; 0 when there is none.</summary>
    private uint New(Family family)
    {
        List<uint> gone = _memory.MarksGone(_mask);
        foreach (uint mark in _exhausted.Contains(family) ? [] : All())
        {
            if (!gone.Contains(mark) && !_memory.IsReadFromOtherMask(mark, _mask) && !IsStanding(family, mark) && TryGive(family, mark))
            {
                return mark;
            }
        }

        _exhausted.Add(family);
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

    /// <summary>
    /// All marks, or as many as are tried. Small numbers, which people take first when they mark something for themselves, come last.
    /// </summary>
    private IEnumerable<uint> All()
    {
        int half = (_mask.Capacity + 1) / 2;
        for (int i = 0; i < Math.Min(_mask.Capacity, MostTried); i++)
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

    /// <summary>Sources of one card whose tables hold the same of it, so that one mark does for all.</summary>
    private sealed record Group(List<Source> Sources, IReadOnlyList<Route> Routes, bool IsFirstOfCard)
    {
        public bool Has(Source source, IReadOnlyList<Route> routes) =>
            Sources[0].Family == source.Family && Sources[0].Card == source.Card && Sources[0].Extends == source.Extends &&
            (ReferenceEquals(Routes, routes) || Routes.SequenceEqual(routes));
    }
}
