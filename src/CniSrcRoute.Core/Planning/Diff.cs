using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// Compares what shall be with what is ours and there. The order of the plan: rules of sources that are given up go first, and rules of sources that
/// are taken up come last, after their routes; so at no step a rule leads to a table that is not complete. Connections are marked when there are rules for
/// the marks, and no longer than that; a rule that is replaced is removed when the new one exists and packets are marked for it.
/// </summary>
public static class Diff
{
    /// <summary>The plan. What does not carry our protocol never appears in it.</summary>
    /// <param name="desired">What shall be.</param>
    /// <param name="state">What is.</param>
    /// <returns>The steps in order.</returns>
    public static Plan Between(DesiredState desired, NodeState state)
    {
        List<Rule> ours =
        [
            .. state.Rules.Where(rule =>
                rule.Protocol == Ownership.Protocol && !(desired.KeepsMarkRules && (rule.MarkMask != 0 || rule.Action == Rule.ActionNop))),
        ];
        List<Rule> missing = Missing(desired.Rules, ours);
        List<Rule> misplaced = Misplaced(desired.Rules, missing, state.Rules);

        // What is left of ours is superfluous; those for single addresses go first, since main is asked ahead of them. Where the source gets another
        // rule, or main's another priority, the old one stays until the new one exists, unless its table is to hold what another source needs, or the kernel would take the two for one.
        List<Rule> superseded = ours.FindAll(rule =>
            (rule.Selectors.IsEmpty || rule.Selectors == RuleSelector.FromNode || rule.Selectors == RuleSelector.FromNodeButDefault) && missing.Exists(rule.IsForSameAs) &&
            !desired.Tables.Any(table => table.Id == new TableId(rule.Family, rule.Table) && rule.MarkMask == 0 && table.Source.Prefix != rule.From));
        HashSet<Rule> kept = [.. superseded];
        ours.RemoveAll(kept.Contains);
        var routes = new RouteDiff(state);
        foreach (SourceTable table in desired.Tables)
        {
            routes.Compare(table);
        }

        return new Plan(
            [
                .. desired.MarkTable is null && state.Nftables.Table is not null ? [new MarkTableChange(ChangeKind.Remove, null)] : Array.Empty<Change>(),
                .. Rules(ChangeKind.Remove, ours.FindAll(rule => rule.From.IsSet)),
                .. Rules(ChangeKind.Remove, ours.FindAll(rule => !rule.From.IsSet)),
                .. Names(NamesFileKind.Tables, desired.TableNamesFile, state.TableNamesFile),
                .. Names(NamesFileKind.Protocols, desired.ProtocolNamesFile, state.ProtocolNamesFile),
                .. routes.Written,
                .. routes.Removed,
                .. Made(desired.Rules, [.. missing], [.. misplaced]),
                .. SrcValidMark(desired, state),
                .. state.Nftables.Obstacle is null ? Marks(desired.MarkTable, state.Nftables.Table) : [],
                .. Connections(desired, state, superseded),
                .. Rules(ChangeKind.Remove, superseded),
                .. routes.Abandoned(),
            ],
            routes.Conflicts);
    }

    /// <summary>The rules that are not there; those that are, are taken out of what is ours.</summary>
    private static List<Rule> Missing(IReadOnlyList<Rule> desired, List<Rule> ours)
    {
        HashSet<Rule> wanted = new(desired.Count), found = new(desired.Count);
        wanted.UnionWith(desired);
        ours.RemoveAll(rule => wanted.Contains(rule) && found.Add(rule));
        return [.. desired.Where(rule => !found.Contains(rule))];
    }

    /// <summary>
    /// Rules of ours that come before one that should precede them: of one priority the kernel keeps the order in which they were made. They are made again. Rules of
    /// others at the priority of those for addresses are asked before ours, and ours for main before those for single addresses.
    /// </summary>
    private static List<Rule> Misplaced(IReadOnlyList<Rule> desired, List<Rule> missing, IReadOnlyList<Rule> actual)
    {
        List<Rule> misplaced = [];
        List<Rule> open = [.. desired.Where(rule => rule.Table == TableId.Main || rule.From.IsSet)];
        while (open.Count > 0)
        {
            Rule first = open[0];
            List<Rule> group = open.FindAll(IsBeside);
            open.RemoveAll(IsBeside);
            List<Rule> standing = [.. actual.Where(IsBeside)];
            List<Rule> toMain = group.FindAll(rule => rule.Table == TableId.Main);
            int others = standing.FindLastIndex(rule => rule.Protocol != Ownership.Protocol);
            int last = -1;
            toMain.ForEach(rule => last = Math.Max(last, standing.IndexOf(rule)));
            bool isAnyMade = toMain.Exists(rule => missing.Contains(rule) || standing.IndexOf(rule) < others);
            Dictionary<Rule, int> places = new(standing.Count);
            for (int i = 0; i < standing.Count; i++)
            {
                places.TryAdd(standing[i], i);
            }

            misplaced.AddRange(group.FindAll(rule => places.TryGetValue(rule, out int at) &&
                (at < others || (rule.From.IsSet && (isAnyMade || at < last)))));

            bool IsBeside(Rule rule) => rule.Family == first.Family && rule.Priority == first.Priority;
        }

        return misplaced;
    }

    /// <summary>The rules to add, in order; one that is at a wrong place is removed just before.</summary>
    private static IEnumerable<Change> Made(IReadOnlyList<Rule> desired, HashSet<Rule> missing, HashSet<Rule> misplaced)
    {
        foreach (Rule rule in desired)
        {
            if (misplaced.Contains(rule))
            {
                yield return new RuleChange(ChangeKind.Remove, rule);
            }

            if (misplaced.Contains(rule) || missing.Contains(rule))
            {
                yield return new RuleChange(ChangeKind.Add, rule);
            }
        }
    }

    private static IEnumerable<Change> Rules(ChangeKind kind, List<Rule> rules)
    {
        foreach (Rule rule in rules)
        {
            yield return new RuleChange(kind, rule);
        }
    }

    /// <summary>
    /// The connections that are older than the first table of ours. What the rules of version 0.1.0 led without a mark keeps its card, and the rest main's way,
    /// though there is a rule for the address now.
    /// </summary>
    private static IEnumerable<Change> Connections(DesiredState desired, NodeState state, List<Rule> superseded)
    {
        if (desired.MarkTable is null || (state.Nftables.Table is not null && superseded.Count == 0))
        {
            return [];
        }

        // The table alone may have been lost, on a node with thousands of sources.
        HashSet<IpPrefix> ruled = [.. state.Rules.Where(rule => rule.Protocol == Ownership.Protocol).Select(rule => rule.From)];
        Dictionary<IpPrefix, uint> marks = [];
        foreach (SourceTable table in desired.Tables)
        {
            if (superseded.Exists(rule => rule.Selectors.IsEmpty && rule.From == table.Source.Prefix))
            {
                if (table.Mark != 0)
                {
                    marks.TryAdd(table.Source.Prefix, table.Mark | desired.MarkMask.Flag);
                }
            }
            else if (state.Nftables.Table is null && table.HasRule && !ruled.Contains(table.Source.Prefix))
            {
                marks.TryAdd(table.Source.Prefix, desired.MarkMask.Own);
            }
        }

        return marks.Count > 0 ? [new ConnectionsChange(marks, desired.MarkMask.Value)] : [];
    }

    private static IEnumerable<Change> SrcValidMark(DesiredState desired, NodeState state) =>
        desired.SetsSrcValidMark ? [new SysctlChange(true)]
        : !desired.NeedsSrcValidMark && state.SrcValidMarkIsOurs && !ReversePath.IsNeededByOthers(state) ? [new SysctlChange(false)]
        : [];

    private static IEnumerable<Change> Marks(NftTable? desired, NftTable? actual) =>
        desired is null || (actual is not null && desired.IsLike(actual))
            ? []
            : [new MarkTableChange(actual is null ? ChangeKind.Add : ChangeKind.Replace, desired)];

    private static IEnumerable<Change> Names(NamesFileKind file, string desired, string actual)
    {
        ChangeKind kind = desired.Length == 0 ? ChangeKind.Remove : actual.Length == 0 ? ChangeKind.Add : ChangeKind.Replace;
        return desired == actual ? [] : [new NamesChange(kind, file, desired)];
    }
}
