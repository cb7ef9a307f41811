using System.Globalization;
using CniSrcRoute.Nftables;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Diagnosis;

/// <summary>What is found on the node beyond the state that a plan is made of: looked for when `srcroute status` asks, never when a runtime calls.</summary>
internal static class NodeDiagnosis
{
    /// <summary>What can break what we do; what is out of our reach; where settings come from.</summary>
    public static IReadOnlyList<Finding> On(Kernel kernel, Reconciliation round)
    {
        string? obstacle = null;
        IReadOnlyList<BaseChain> chains = round.Desired.MarkTable is null ? [] : kernel.ReadBaseChains();
        IReadOnlyList<MarkWrite> writes = round.Desired.MarkTable is null ? [] : kernel.ReadMarkWrites(out obstacle);
        return
        [
            .. Unconfirmed(),
            .. TakenReplies.Find(round.Config!, round.State, round.Plan, round.Desired),
            .. MarkDiagnosis.On(chains, round, writes),
            .. Unread(obstacle),
            .. round.Desired.MarkTable is null ? [] : UntrackedReplies.Find(kernel.ReadUntracking(chains), round.State, round.Desired),
            .. Origins(round.State, round.Desired.BlindCards),
            .. UdpDiagnosis.On(round.Desired),
            .. IpvsDiagnosis.On(round.State),
            .. NetworkdDiagnosis.On(round.Desired),
            .. FirewalldDiagnosis.On(kernel, round.State, round.Desired),
            .. ConflistDiagnosis.OnNode(),
            .. Misdirected(round.State),
        ];
    }

    private static IEnumerable<Finding> Unconfirmed() =>
        (Confirmation.Standstill ?? Confirmation.Abandoned) is { } sentence ? [new Finding(Severity.Warning, FindingCode.NotConfirmed, "", sentence)] : [];

    private static IEnumerable<Finding> Misdirected(NodeState state) => state.Nftables.Table is not { Counted: > 0 } table ? [] :
    [
        new Finding(
            Severity.Note,
            FindingCode.RepliesMisdirected,
            "",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Counted} packets of replies have left by another card than their request came in by, since srcroute was set up here: `srcroute explain CLIENT` shows why")),
    ];

    private static IEnumerable<Finding> Unread(string? obstacle) =>
        obstacle is null ? [] :
        [
            new Finding(
                Severity.Note, FindingCode.MarkBitsUnknown, "", $"whether a rule of iptables-legacy sets bits of marks that are ours cannot be determined: {obstacle}"),
        ];

    private static IEnumerable<Finding> Origins(NodeState state, IReadOnlyList<Link> blind)
    {
        if (blind.Count == 0)
        {
            yield break;
        }

        var origin = new SysctlOrigin();
        if (state.AllCards.RpFilter == 1)
        {
            yield return Origin("net.ipv4.conf.all.rp_filter", "1");
        }

        foreach (Link card in blind.Where(card => card.Conf.RpFilter == 1))
        {
            // A dot in a card's name is a slash in the key.
            yield return Origin($"net.ipv4.conf.{card.Name.Replace('.', '/')}.rp_filter", "1");
        }

        if (origin.IsSet(ReversePath.SrcValidMark))
        {
            yield return Origin(ReversePath.SrcValidMark, "0");
        }

        if (origin.Keep(ReversePath.SrcValidMark, "1") is { } advice)
        {
            yield return new Finding(Severity.Note, FindingCode.SysctlOrigin, ReversePath.SrcValidMark, advice);
        }

        Finding Origin(string key, string value) => new(Severity.Note, FindingCode.SysctlOrigin, key, origin.Tell(key, value));
    }
}
