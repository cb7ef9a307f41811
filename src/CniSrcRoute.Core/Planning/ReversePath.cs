namespace CniSrcRoute.Planning;

/// <summary>
/// The reverse path check of IPv4 (rp_filter and src_valid_mark, ip-sysctl of the kernel's documentation). A strict one drops requests that are handed on to
/// a pod, since the way back from the pod's address is main's; it passes when the look-up is made with the request's mark.
/// </summary>
public static class ReversePath
{
    /// <summary>The sysctl that has the check look at marks.</summary>
    public const string SrcValidMark = "net.ipv4.conf.all.src_valid_mark";

    /// <summary>The cards of IPv4 tables whose check is strict. In force is the greater of the two values.</summary>
    public static List<Link> StrictCards(NodeState state, IReadOnlyList<SourceTable> tables)
    {
        List<Link> strict = [];
        foreach (SourceTable table in tables)
        {
            Link card = table.Source.Card;
            if (table.Source.Family == Family.IPv4 && Math.Max(state.AllCards.RpFilter, card.Conf.RpFilter) == 1 && !strict.Contains(card))
            {
                strict.Add(card);
            }
        }

        return strict;
    }

    /// <summary>
    /// Whether the answers to somebody's tunnel pass a strict check by their mark alone: wg-quick leads all but its own packets into the tunnel, and sets the
    /// sysctl, as we may have done before.
    /// </summary>
    public static bool IsNeededByOthers(NodeState state) =>
        state.Rules.Any(rule => rule is { Family: Family.IPv4, Flags: Rule.FlagInvert } && rule.MarkMask != 0 && rule.Protocol != Ownership.Protocol);

    /// <summary>
    /// The rules of others by which the check of a packet with their mark would ask another table than main: what comes in with one, for a transparent proxy
    /// or by another uplink, would be dropped if the check looked at marks.
    /// </summary>
    public static IEnumerable<Rule> Blinding(NodeState state) => state.Rules.Where(rule =>
        rule is { Family: Family.IPv4, Flags: 0, Action: Rule.ActionLookup } && rule.Protocol != Ownership.Protocol &&
        rule.Mark != 0 && rule.MarkMask != 0 && !TableId.IsReserved(rule.Table));

    /// <summary>Whether the check by a card looks at marks. In force is either of the two values.</summary>
    public static bool ReadsMarks(NodeState state, Link card) => state.AllCards.SrcValidMark || card.Conf.SrcValidMark;

    /// <summary>What is lost on such cards, and the command that repairs it.</summary>
    /// <param name="blind">The cards.</param>
    /// <param name="cannotSet">Whether it was to be repaired here, and cannot.</param>
    /// <param name="obstacle">The rule for the sake of which it was not repaired; null for none.</param>
    public static IEnumerable<Finding> Warnings(IReadOnlyList<Link> blind, bool cannotSet, Rule? obstacle) => blind.Count == 0 ? [] :
    [
        new Finding(
            Severity.Warning,
            FindingCode.ReversePathStrict,
            string.Join(", ", blind.Select(card => card.Name)),
            $"rp_filter of {string.Join(", ", blind.Select(card => card.Name))} is strict: " +
            "a request for a published port of a pod is dropped wherever main's route back to the client uses another card; " +
            (obstacle is null
                ? $"repair it with: sysctl -w {SrcValidMark}=1" + (cannotSet ? " on the node itself, since /proc/sys is read-only here" : "")
                : $"{SrcValidMark}=1 would repair it, and is not set, since the filter would then ask {IpCommand.Tell(obstacle)} for whatever comes in with that mark, and drop it; " +
                "a loose filter (rp_filter 2) harms neither, and \"setSrcValidMark\": true sets it all the same"),
            obstacle is null ? $"sysctl -w {SrcValidMark}=1" : string.Join("; ", blind.Select(card => $"sysctl -w net.ipv4.conf.{card.Name}.rp_filter=2"))),
    ];
}
