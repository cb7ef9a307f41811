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

    /// <summary>Whether the check by a card looks at marks. In force is either of the two values.</summary>
    public static bool ReadsMarks(NodeState state, Link card) => state.AllCards.SrcValidMark || card.Conf.SrcValidMark;

    /// <summary>What is lost on such cards, and the command that repairs it.</summary>
    /// <param name="blind">The cards.</param>
    /// <param name="cannotSet">Whether it was to be repaired here, and cannot.</param>
    public static IEnumerable<Finding> Warnings(IReadOnlyList<Link> blind, bool cannotSet) => blind.Count == 0 ? [] :
    [
        new Finding(
            Severity.Warning,
            FindingCode.ReversePathStrict,
            string.Join(", ", blind.Select(card => card.Name)),
            $"rp_filter of {string.Join(", ", blind.Select(card => card.Name))} is strict: " +
            "a request for a published port of a pod is dropped wherever main's route back to the client uses another card; " +
            $"repair it with: sysctl -w {SrcValidMark}=1" + (cannotSet ? " on the node itself, since /proc/sys is read-only here" : ""),
            $"sysctl -w {SrcValidMark}=1"),
    ];
}
