using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Looks at the rules of others: they are reported, never fought.</summary>
internal sealed class RuleCheck(Config config, NodeState state)
{
    private readonly List<Rule> _foreign = [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol)];

    /// <summary>Why the kernel would refuse our rule for the source: a rule that differs in nothing but its protocol is a duplicate to it.</summary>
    public Finding? Obstacle(Source source, uint table)
    {
        Rule ours = Derive.FromRule(config, source, table);
        return _foreign.Exists(rule => rule with { Protocol = Ownership.Protocol } == ours)
            ? source.NotServed(
                FindingCode.RuleTaken, $"somebody else's rule \"{IpCommand.Format(ours with { Protocol = 0 })}\" stands in the place of its rule")
            : null;
    }

    /// <summary>A priority at which others select by something that is not a source: whose rule is asked first would depend on who came first.</summary>
    public IEnumerable<Finding> Problems(IReadOnlyList<Source> sources)
    {
        foreach (Rule rule in _foreign)
        {
            if (rule.Priority == config.RulePriority && !sources.Any(source => rule.IsFor(source.Prefix)))
            {
                yield return Finding.BadInput(
                    FindingCode.PriorityTaken,
                    "rulePriority",
                    $"{config.File}: rulePriority: {config.RulePriority} is taken by somebody else's rule \"{IpCommand.Format(rule)}\"");
            }
        }
    }

    /// <summary>Whether a rule for a subnet takes what comes from the source to a table that knows no pods.</summary>
    private bool IsAhead(Rule rule, Source source) =>
        rule is { Action: Rule.ActionLookup, MarkMask: 0, HasOtherSelectors: false } &&
        !TableId.IsReserved(rule.Table) &&
        rule.Priority <= config.RulePriority &&
        rule.From.Contains(source.Prefix);

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
                    $"somebody else's rule \"{IpCommand.Format(rule)}\" asks for bits of the packet mark that are ours " +
                    $"(mask 0x{config.MarkMask.Value:x}) and leaves too few; give srcroute others: " +
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

    /// <summary>Rules of others for the same source.</summary>
    public IEnumerable<Finding> Warnings(IReadOnlyList<Source> sources)
    {
        foreach (Source source in sources)
        {
            foreach (Rule rule in source.Extends == 0 ? _foreign : [])
            {
                if (rule.IsFor(source.Prefix) || IsAhead(rule, source))
                {
                    yield return new Finding(
                        Severity.Warning,
                        FindingCode.ForeignRule,
                        source.Prefix.ToString(),
                        $"{source.Prefix}: somebody else's rule \"{IpCommand.Format(rule)}\" is for the same source and is left alone; " +
                        (rule.Priority <= config.RulePriority ? "it is asked before ours, and its table knows nothing of the pods" : "ours is asked first"));
                }
            }
        }
    }
}
