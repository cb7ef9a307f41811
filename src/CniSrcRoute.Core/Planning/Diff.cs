using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// Compares what shall be with what is ours and there. The order of the plan: rules of sources that are given up go first, and rules of sources that
/// are taken up come last, after their routes; so at no step a rule leads to a table that is not complete. Connections are marked when there are rules for
/// the marks, and no longer than that.
/// </summary>
public static class Diff
{
    /// <summary>The plan. What does not carry our protocol never appears in it.</summary>
    /// <param name="desired">What shall be.</param>
    /// <param name="state">What is.</param>
    /// <returns>The steps in order.</returns>
    public static Plan Between(DesiredState desired, NodeState state)
    {
        List<Rule> ours = [.. state.Rules.Where(rule => rule.Protocol == Ownership.Protocol && !(desired.KeepsMarkRules && rule.MarkMask != 0))];
        List<Rule> missing = [.. desired.Rules.Where(rule => !ours.Remove(rule))];

        // What is left of ours is superfluous. Where the source gets another rule, the old one serves until the new one stands, unless its table is to
        // hold what another source needs.
        List<Rule> superseded = ours.FindAll(rule =>
            missing.Exists(rule.SelectsLike) &&
            !desired.Tables.Any(table => table.Id == new TableId(rule.Family, rule.Table) && table.Source.Prefix != rule.From));
        var routes = new RouteDiff(state);
        foreach (SourceTable table in desired.Tables)
        {
            routes.Compare(table);
        }

        return new Plan(
            [
                .. desired.MarkTable is null && state.Nftables.Table is not null ? [new MarkTableChange(ChangeKind.Remove, null)] : Array.Empty<Change>(),
                .. Rules(ChangeKind.Remove, ours.Except(superseded)),
                .. Names(NamesFileKind.Tables, desired.TableNamesFile, state.TableNamesFile),
                .. Names(NamesFileKind.Protocols, desired.ProtocolNamesFile, state.ProtocolNamesFile),
                .. routes.Written,
                .. routes.Removed,
                .. Rules(ChangeKind.Add, missing),
                .. Rules(ChangeKind.Remove, superseded),
                .. desired.Sysctl is { } key ? [new SysctlChange(key)] : Array.Empty<Change>(),
                .. state.Nftables.Obstacle is null ? Marks(desired.MarkTable, state.Nftables.Table) : [],
                .. routes.Abandoned(),
            ],
            routes.Conflicts);
    }

    private static IEnumerable<Change> Rules(ChangeKind kind, IEnumerable<Rule> rules)
    {
        foreach (Rule rule in rules)
        {
            yield return new RuleChange(kind, rule);
        }
    }

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
