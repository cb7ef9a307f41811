using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>How connections are marked: a part of the desired state.</summary>
/// <param name="Table">The nftables table that does it; null for none.</param>
/// <param name="NeedsSrcValidMark">Whether the reverse path check of a card is strict and has to look at marks.</param>
/// <param name="SetsSrcValidMark">Whether it does not yet, and is made to.</param>
/// <param name="BlindCards">The cards whose strict check does not look at marks, and may not be made to.</param>
/// <param name="Warnings">What is lost by cards that are blind and stay so.</param>
internal sealed record Marking(
    NftTable? Table, bool NeedsSrcValidMark, bool SetsSrcValidMark, IReadOnlyList<Link> BlindCards, IReadOnlyList<Finding> Warnings)
{
    /// <summary>Whether the table marks all replies of the node, not only those that would leave by another card.</summary>
    public bool MarksAllReplies { get; private init; }

    /// <summary>Works it out.</summary>
    /// <param name="config">States our bits, and what may be set.</param>
    /// <param name="state">Knows the reverse path checks, and the rules of others.</param>
    /// <param name="served">The tables that are complete.</param>
    /// <param name="pods">The pods' networks.</param>
    public static Marking Of(Config config, NodeState state, IReadOnlyList<SourceTable> served, IReadOnlyList<IpPrefix> pods)
    {
        List<SourceTable> marked = [.. served.Where(table => table.Mark != 0)];
        if (marked.Count == 0)
        {
            return new Marking(null, false, false, [], []);
        }

        List<Link> strict = ReversePath.StrictCards(state, marked);
        List<Link> blind = strict.FindAll(card => !ReversePath.ReadsMarks(state, card));
        // Where somebody's own routing depends on it that the check looks at no marks, it is the administrator who has to choose.
        Rule? obstacle = config.SetsSrcValidMark is null && blind.Count > 0 ? ReversePath.Blinding(state).FirstOrDefault() : null;
        bool maySet = config.SetsSrcValidMark != false && obstacle is null;
        bool canSet = maySet && !state.SysctlsAreReadOnly;
        bool marksAll = WayMayChange(state, served, pods);
        var table = new MarkTable(config.MarkMask, marked, pods)
        {
            IsStrict = strict.Count > 0,
            VrfOf = card => state.Links.FirstOrDefault(link => link.Index == card.Master && link.VrfTable != 0),
            KeepsOwn = served.Any(table => table.HasRule),
            Asked = Asked(state, config.MarkMask),
            MarksAllReplies = marksAll,
        };
        return new Marking(
            table.Build(), strict.Count > 0, blind.Count > 0 && canSet, maySet ? [] : blind, canSet ? [] : [.. ReversePath.Warnings(blind, maySet, obstacle)])
        {
            MarksAllReplies = marksAll,
        };
    }

    private static List<(uint Mask, uint Mark)> Asked(NodeState state, MarkMask mask)
    {
        List<(uint Mask, uint Mark)> asked = [];
        foreach (Rule rule in state.Rules)
        {
            if (rule.Protocol != Ownership.Protocol && (rule.MarkMask & mask.Value) != 0 && rule.Mark != 0 && !asked.Contains((rule.MarkMask, rule.Mark)))
            {
                asked.Add((rule.MarkMask, rule.Mark));
            }
        }

        asked.Sort((one, other) => one.CompareTo(other));
        return asked;
    }

    /// <summary>
    /// Whether the card that a reply leaves by without a mark may change while its connection lives, or differ from packet to packet: there are rules of
    /// others, of which more may come and go, or ways by several cards at once; or an address has no rule of its own.
    /// </summary>
    private static bool WayMayChange(NodeState state, IReadOnlyList<SourceTable> served, IReadOnlyList<IpPrefix> pods) =>
        state.Rules.Any(rule => rule.Protocol != Ownership.Protocol && !rule.IsKernels) ||
        served.Any(table => !table.HasRule) ||
        new[] { Family.IPv4, Family.IPv6 }.Any(family => served.Any(table => table.Source.Family == family) && state.Main(family).Any(route => DependsOn(route, pods)));

    /// <summary>Whether a route of main may decide which replies are marked.</summary>
    /// <param name="route">The route.</param>
    /// <param name="pods">The networks of the pods.</param>
    /// <returns>True for one of several ways.</returns>
    public static bool DependsOn(Route route, IReadOnlyList<IpPrefix> pods) => route.Nexthops.Count > 1 && !pods.Contain(route.Destination);
}
