using System.Numerics;
using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>What is found on the node beyond the state that a plan is made of: looked for when `srcroute status` asks, never when a runtime calls.</summary>
/// <param name="Warnings">What can break what we do: each a sentence.</param>
/// <param name="Notes">What is out of our reach, and where settings come from: each a sentence.</param>
internal sealed record Findings(IReadOnlyList<string> Warnings, IReadOnlyList<string> Notes)
{
    public static Findings On(Kernel kernel, Config config, Reconciliation round)
    {
        string? obstacle = null;
        IReadOnlyList<MarkWrite> writes = round.Desired.MarkTable is null ? [] : kernel.ReadMarkWrites(out obstacle);
        return new Findings([.. MarkConflicts(writes, config)], [.. Unread(obstacle), .. Origins(round.State, round.Desired.BlindCards), .. Servers(round.Desired)]);
    }

    private static IEnumerable<string> MarkConflicts(IReadOnlyList<MarkWrite> writes, Config config)
    {
        HashSet<MarkWrite> told = [];
        foreach (MarkWrite write in writes)
        {
            uint ours = config.MarkMask.Value, bits = write.Bits & ours;
            if (bits != 0 && told.Add(write))
            {
                yield return $"a rule of {(write.IsLegacy ? "iptables-legacy" : "nftables")} table {write.Table}, chain {write.Chain}, " +
                    $"may set bits of the {(write.OfConnection ? "connection" : "packet")} mark that are ours (0x{bits:x} of 0x{ours:x}); " +
                    (BitOperations.PopCount(~write.Bits) < MarkMask.LeastBits
                        ? Keep(ours, write.OfConnection ? "ct" : "meta")
                        : $"give one of the two other bits, srcroute by \"marks\": {{ \"mask\": \"0x...\" }} in {config.File}");
            }
        }
    }

    /// <summary>The advice for who writes whole marks: there are no other bits that srcroute could have.</summary>
    private static string Keep(uint ours, string mark) =>
        $"it sets the whole mark, so no other mask helps: have it keep our bits, in iptables by --set-xmark VALUE/0x{~ours:x}, " +
        $"--restore-mark and --save-mark by --nfmask 0x{~ours:x} --ctmask 0x{~ours:x}, in nft by {mark} mark set {mark} mark & 0x{ours:x} | VALUE";

    private static IEnumerable<string> Unread(string? obstacle) =>
        obstacle is null ? [] : [$"whether a rule of iptables-legacy sets bits of marks that are ours cannot be told: {obstacle}"];

    private static IEnumerable<string> Origins(NodeState state, IReadOnlyList<Link> blind)
    {
        if (blind.Count == 0)
        {
            yield break;
        }

        var origin = new SysctlOrigin();
        if (state.AllCards.RpFilter == 1)
        {
            yield return origin.Tell("net.ipv4.conf.all.rp_filter", "1");
        }

        foreach (Link card in blind.Where(card => card.Conf.RpFilter == 1))
        {
            // A dot in a card's name is a slash in the key.
            yield return origin.Tell($"net.ipv4.conf.{card.Name.Replace('.', '/')}.rp_filter", "1");
        }

        if (origin.IsSet(ReversePath.SrcValidMark))
        {
            yield return origin.Tell(ReversePath.SrcValidMark, "0");
        }

        if (origin.Keep(ReversePath.SrcValidMark, "1") is { } command)
        {
            yield return command;
        }
    }

    private static IEnumerable<string> Servers(DesiredState desired) =>
        desired.Tables.Count == 0 || UdpServers.Find() is not { Count: > 0 } servers ? [] :
        [
            $"UDP servers that are bound to no address, {string.Join(", ", servers)}: unless they use IP_PKTINFO, " +
            "they answer from the address main chooses, which no rule can repair; have them bind a socket to each address",
        ];
}
