using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>Rules of others that write bits of marks which are ours.</summary>
internal static class MarkDiagnosis
{
    /// <summary>What they may do, and what helps.</summary>
    /// <param name="chains">Where their rules are called.</param>
    /// <param name="round">The node.</param>
    /// <param name="writes">All rules of others that write marks.</param>
    public static IEnumerable<Finding> On(IReadOnlyList<BaseChain> chains, Reconciliation round, IReadOnlyList<MarkWrite> writes)
    {
        Config config = round.Config!;
        uint ours = config.MarkMask.Value;
        if (!writes.Any(write => (write.Bits & ours) != 0))
        {
            yield break;
        }

        var free = new FreeMask(chains, round.State.Links.Any(link => link.Name == Link.OfIpvs));
        int tables = round.Desired.Tables.GroupBy(table => table.Source.Family).Max(family => family.Count());
        string cure = FreeMask.Find(writes, round.State.Rules, tables) is { } mask ? $"\"marks\": {{ \"mask\": \"0x{mask.Value:x}\" }}" : "";

        // What one chain's rules do to the same bits is told once, the worst of it.
        HashSet<(string, bool, uint)> told = [];
        foreach (MarkWrite write in writes.OrderBy(free.Helps))
        {
            uint bits = free.Shared(write, ours);
            if (bits != 0 && told.Add((write.Place, write.OfConnection, bits)))
            {
                bool helps = free.Helps(write);
                string advice = !helps ? $"it sets the whole mark, so no other mask helps: {Keep(ours, write)}"
                    : cure.Length > 0 ? $"give one of them other bits, srcroute by {cure} in {config.File}"
                    : $"others use so many bits that none are left for srcroute: {Keep(ours, write)}";
                yield return new Finding(
                    Severity.Warning,
                    FindingCode.MarkBitsShared,
                    $"{write.Table} {write.Chain}",
                    $"a rule of {write.Place}, may set bits of the {(write.OfConnection ? "connection" : "packet")} mark that are ours (0x{bits:x} of 0x{ours:x}); {advice}",
                    helps ? cure : "");
            }
        }
    }

    /// <summary>The advice for who writes whole marks where there are no other bits that srcroute could have.</summary>
    private static string Keep(uint ours, MarkWrite write)
    {
        string mark = write.OfConnection ? "ct" : "meta";
        string how = write.IsIptables
            ? $"--set-xmark VALUE/0x{~ours:x}, --restore-mark and --save-mark by --nfmask 0x{~ours:x} --ctmask 0x{~ours:x}"
            : $"{mark} mark set {mark} mark & 0x{ours:x} | VALUE";
        return $"have it keep our bits, by {how}; replies whose mark it changes may leave by another card";
    }
}
