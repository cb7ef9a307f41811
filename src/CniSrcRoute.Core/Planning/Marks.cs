using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Gives every source table a mark. A reply of a pod is routed while it still has the pod's address, so no `from` rule sees it; a mark that the
/// connection got when it came in leads it to the table of its card.
/// </summary>
internal sealed class Marks
{
    private readonly MarkMask _mask;
    private readonly List<Rule> _standing = [];
    private readonly List<(Family, uint)> _given = [];

    /// <param name="config">States our bits.</param>
    /// <param name="state">Knows the marks that connections may carry already.</param>
    /// <param name="tables">The numbers of the source tables.</param>
    public Marks(Config config, NodeState state, IReadOnlyCollection<uint> tables)
    {
        _mask = config.MarkMask;
        foreach (Rule rule in state.Rules)
        {
            if (rule.Protocol == Ownership.Protocol && rule.MarkMask == _mask.Value && rule.Priority == config.RulePriority + 1 && tables.Contains(rule.Table))
            {
                _standing.Add(rule);
            }
        }
    }

    /// <summary>Whether marks are wanted and possible, and there is somebody whose replies need them: without pods no connection is tracked for our sake.</summary>
    public static bool Apply(Config config, NodeState state, Cards cards, IReadOnlyList<IpPrefix> networks) =>
        config.UseMarks && state.Nftables.Obstacle is null && (cards.Overlay.Count > 0 || networks.Count > 0);

    /// <summary>The mark of a table: the one it has, since connections carry it, or the lowest free one; 0 when there is none left.</summary>
    public uint Of(Family family, uint table)
    {
        foreach (Rule rule in _standing)
        {
            if (rule.Family == family && rule.Table == table && Give(family, rule.Mark))
            {
                return rule.Mark;
            }
        }

        for (int number = 1; number <= _mask.Capacity; number++)
        {
            uint mark = _mask.Mark(number);
            if (!_standing.Exists(rule => rule.Family == family && rule.Mark == mark) && Give(family, mark))
            {
                return mark;
            }
        }

        return 0;
    }

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

    private bool Give(Family family, uint mark)
    {
        bool free = !_given.Contains((family, mark));
        _given.Add((family, mark));
        return free;
    }
}
