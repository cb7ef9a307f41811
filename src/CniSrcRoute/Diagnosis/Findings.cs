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
        return new Findings([.. MarkConflicts(writes, config)], [.. Unread(obstacle), .. Origins(round.Desired.BlindCards), .. Servers(round.Desired)]);
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
                    $"give one of the two other bits, srcroute by \"marks\": {{ \"mask\": \"0x...\" }} in {config.File}";
            }
        }
    }

    private static IEnumerable<string> Unread(string? obstacle) =>
        obstacle is null ? [] : [$"whether a rule of iptables-legacy sets bits of marks that are ours cannot be told: {obstacle}"];

    private static IEnumerable<string> Origins(IReadOnlyList<Link> blind)
    {
        foreach (Link card in blind)
        {
            if (SysctlOrigin.Find("rp_filter", "1", card.Name) is { } strict)
            {
                yield return $"{card.Name}: rp_filter=1 comes from {strict}";
            }

            if (SysctlOrigin.Find("src_valid_mark", "0", card.Name) is { } blinding)
            {
                yield return $"{card.Name}: src_valid_mark=0 comes from {blinding}";
            }
        }

        if (blind.Count > 0)
        {
            yield return $"to have it over a boot as well: echo {ReversePath.SrcValidMark}=1 >/etc/sysctl.d/99-srcroute.conf";
        }
    }

    private static IEnumerable<string> Servers(DesiredState desired) =>
        desired.Tables.Count == 0 || UdpServers.Find() is not { Count: > 0 } servers ? [] :
        [
            $"UDP servers that are bound to no address, {string.Join(", ", servers)}: unless they use IP_PKTINFO, " +
            "they answer from the address main chooses, which no rule can repair; have them bind a socket to each address",
        ];
}
