using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Looks at the rules of others: they are reported, never fought.</summary>
internal sealed class RuleCheck(Config config, NodeState state)
{
    // The kernel's own are in nobody's way.
    private readonly List<Rule> _foreign = [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol && !rule.IsKernels)];

    /// <summary>Whether a rule for a subnet takes what comes from the source to a table that knows no pods.</summary>
    private bool IsAhead(Rule rule, Source source) =>
        rule is { Action: Rule.ActionLookup, MarkMask: 0, HasOtherSelectors: false } &&
        !TableId.IsReserved(rule.Table) &&
        rule.Priority <= OurPriority(rule) &&
        rule.From.Contains(source.Prefix);

    private uint OurPriority(Rule rule) => PolicyRules.PriorityOf(config, state, rule.Family);

    /// <summary>Rules of others for bits of the mark that are ours. As long as there are marks that they do not ask for, they are no harm.</summary>
    public IEnumerable<Finding> MarkWarnings(IReadOnlyList<SourceTable> tables)
    {
        foreach (Rule rule in tables.Any(table => table.Mark == 0) && !IsMaskTooSmall(tables) ? _foreign : [])
        {
            if ((rule.MarkMask & config.MarkMask.Value) != 0)
            {
                yield return new Finding(
                    Severity.Warning,
                    FindingCode.MarkBitsShared,
                    IpCommand.Format(rule),
                    $"somebody else's {IpCommand.Tell(rule)} matches bits of the packet mark that are ours " +
                    $"(mask 0x{config.MarkMask.Value:x}) and leaves too few; give srcroute other bits: " +
                    $"{MarkMask.Cure} in {config.File}",
                    MarkMask.Cure);
            }
        }
    }

    private bool IsMaskTooSmall(IReadOnlyList<SourceTable> tables)
    {
        int ipv4 = tables.Count(table => table.Source.Family == Family.IPv4);
        return Math.Max(ipv4, tables.Count - ipv4) > config.MarkMask.Capacity;
    }

    /// <summary>
    /// Rules of others that lead marked packets to a table with a way out by a card of ours and none to the pods: somebody's own cure for replies, which is not
    /// needed any more and takes what pods ask for with it.
    /// </summary>
    /// <param name="tables">What is served.</param>
    public IEnumerable<Finding> WorkaroundWarnings(IReadOnlyList<SourceTable> tables)
    {
        foreach (Rule rule in _foreign.Where(rule => rule is { Action: Rule.ActionLookup, Flags: 0 } && (rule.Mark & rule.MarkMask) != 0 && !TableId.IsReserved(rule.Table)))
        {
            IReadOnlyList<Route> routes = state.Table(new TableId(rule.Family, rule.Table));
            SourceTable? ours = tables.FirstOrDefault(table => table.Mark != 0 && table.Copies.Count > 0 && table.Source.Family == rule.Family && routes.Any(route =>
                route is { Type: RouteType.Unicast, Destination.IsDefault: true } && route.LeavesBy(table.Source.Card.Index)));
            if (ours is not null && !ours.Copies.Any(copy => routes.Any(route => route.Destination == copy.Destination)))
            {
                yield return new Finding(
                    Severity.Warning,
                    FindingCode.ForeignMarkRule,
                    IpCommand.Format(rule),
                    $"somebody else's {IpCommand.Tell(rule)} routes packets with that mark by {ours.Source.Card.Name}, and its table has no routes to pods: " +
                    "if it was made for replies, it is no longer needed, and whatever sets that mark misroutes requests of pods; remove both",
                    $"ip {(rule.Family == Family.IPv6 ? "-6 " : "")}rule del {IpCommand.Format(rule)}");
            }
        }
    }

    /// <summary>Rules of others for the same source.</summary>
    /// <param name="tables">The tables of the sources. A source that is not served has a finding of its own.</param>
    /// <param name="marks">Whether replies are led by marks, whatever the rules for addresses say.</param>
    public IEnumerable<Finding> Warnings(IReadOnlyList<SourceTable> tables, bool marks)
    {
        foreach (SourceTable table in _foreign.Count == 0 ? [] : tables.Where(table => table is { Unserved: null, Source.Extends: 0 }))
        {
            Source source = table.Source;
            Rule? lacking = ExtendedTables.Candidate(state, _foreign, source, table.Copies);
            foreach (Rule rule in _foreign.Where(rule => rule.IsFor(source.Prefix) || IsAhead(rule, source)))
            {
                string cure = rule == lacking && rule.Priority <= OurPriority(rule) ? ExtendedTables.Cure(rule) : "";
                yield return new Finding(
                    marks ? Severity.Note : Severity.Warning,
                    FindingCode.ForeignRule,
                    source.Prefix.ToString(),
                    $"{source.Prefix}: somebody else's {IpCommand.Tell(rule)} is for the same source and is left alone; " +
                    (rule.Priority > OurPriority(rule) ? "ours is asked first"
                    : marks ? "programs that are bound to the source follow it; replies do not, unless a warning says so"
                    : "it comes before ours, and its table has no routes to the pods") +
                    (cure.Length > 0 ? $"; to copy the routes to pods there, put {cure} into {config.File}" : ""),
                    cure);
            }
        }
    }
}
