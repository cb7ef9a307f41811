using System.Globalization;
using System.Numerics;
using CniSrcRoute.Configuration;
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
        IReadOnlyList<MarkWrite> writes = round.Desired.MarkTable is null ? [] : kernel.ReadMarkWrites(out obstacle);
        return
        [
            .. Unconfirmed(),
            .. TakenReplies.Find(round.Config!, round.State, round.Plan, round.Desired),
            .. MarkConflicts(writes, round.Config!),
            .. Unread(obstacle),
            .. Origins(round.State, round.Desired.BlindCards),
            .. UdpDiagnosis.On(round.Desired),
            .. IpvsDiagnosis.On(round.State),
            .. NetworkdDiagnosis.On(round.Desired),
            .. FirewalldDiagnosis.On(round.State, round.Desired),
            .. ConflistDiagnosis.OnNode(),
            .. Misdirected(round.State),
        ];
    }

    private static IEnumerable<Finding> Unconfirmed() =>
        (Confirmation.Standstill ?? Confirmation.Abandoned) is { } sentence ? [new Finding(Severity.Warning, FindingCode.NotConfirmed, "", sentence)] : [];

    private static IEnumerable<Finding> MarkConflicts(IReadOnlyList<MarkWrite> writes, Config config)
    {
        HashSet<string> told = [];
        foreach (MarkWrite write in writes)
        {
            uint ours = config.MarkMask.Value, bits = write.Bits & ours;
            bool hasOtherBits = BitOperations.PopCount(~write.Bits) >= MarkMask.LeastBits;
            string text = $"a rule of {write.Place}, may set bits of the {(write.OfConnection ? "connection" : "packet")} mark that are ours (0x{bits:x} of 0x{ours:x}); " +
                (hasOtherBits ? $"give one of them other bits, srcroute by {MarkMask.Cure} in {config.File}" : Keep(ours, write, config.File));
            if (bits != 0 && told.Add(text))
            {
                yield return new Finding(
                    Severity.Warning, FindingCode.MarkBitsShared, $"{write.Table} {write.Chain}", text, hasOtherBits ? MarkMask.Cure : "");
            }
        }
    }

    /// <summary>The advice for who writes whole marks: there are no other bits that srcroute could have.</summary>
    private static string Keep(uint ours, MarkWrite write, string file)
    {
        string mark = write.OfConnection ? "ct" : "meta";
        string how = write.IsIptables
            ? $"--set-xmark VALUE/0x{~ours:x}, --restore-mark and --save-mark by --nfmask 0x{~ours:x} --ctmask 0x{~ours:x}"
            : $"{mark} mark set {mark} mark & 0x{ours:x} | VALUE";
        uint ones = (write.OfConnection ? write.Connection : write.Packet).Ones;

        // A constant that has bits of ours is not saved by keeping ours.
        return ones == uint.MaxValue || (ones & ours) == 0
            ? $"it sets the whole mark, so no other mask helps: have it keep our bits, by {how}; replies whose mark it changes may leave by another card"
            : $"it sets the whole mark to 0x{ones:x}, which has bits of ours: give srcroute others, by {MarkMask.Cure} in {file}, or that mark is lost where packets need ours";
    }

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
