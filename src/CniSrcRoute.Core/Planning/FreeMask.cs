using System.Numerics;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>Finds bits of marks with which we and others leave one another alone.</summary>
/// <param name="chains">Where others' rules are called; those of iptables-legacy are known.</param>
/// <param name="routesAgain">Whether replies are routed once more behind all others (IPVS), so that no write comes too late to matter.</param>
public sealed class FreeMask(IReadOnlyList<BaseChain> chains, bool routesAgain)
{
    /// <summary>As wide as the usual mask.</summary>
    private const uint Usual = 0x7f;

    /// <summary>Where the usual mask is tried: the lower half belongs to more people.</summary>
    private static readonly int[] Shifts = [24, 25, 16, 17, 8, 9, 0];

    /// <summary>The bits that a rule and we take from one another: all that it may change, but those that it clears where ours are written later, or have done their work.</summary>
    /// <param name="write">What it writes.</param>
    /// <param name="ours">Our bits.</param>
    /// <returns>0 where it leaves us alone, and we it.</returns>
    public uint Shared(MarkWrite write, uint ours) => ours & (Helps(write) ? Used(write.OfConnection ? write.Connection : write.Packet) : write.Bits);

    /// <summary>Whether other bits help.</summary>
    /// <param name="write">What a rule writes.</param>
    /// <returns>False where ours are lost whichever we have: it writes the connection's whole mark, or a packet's behind us, or takes it from the other mark.</returns>
    public bool Helps(MarkWrite write) => !IsWhole(write) ||
        ((write.Connection.All == 0 || !IsWhole(write.Connection)) && write.Packet.Moved == 0 && ~write.Packet.Ones != 0 && BaseChain.Of(write, chains).All(IsHarmless));

    /// <summary>Finds a mask.</summary>
    /// <param name="writes">All rules of others that write marks.</param>
    /// <param name="rules">The node's rules.</param>
    /// <param name="tables">How many tables of a family are to have a mark.</param>
    /// <returns>Null where there are too few bits that nobody uses.</returns>
    public static MarkMask? Find(IEnumerable<MarkWrite> writes, IEnumerable<Rule> rules, int tables)
    {
        uint used = writes.Aggregate(0u, (bits, write) => bits | Used(write.Packet) | Used(write.Connection));
        uint free = ~rules.Where(rule => rule.Protocol != Ownership.Protocol).Aggregate(used, (bits, rule) => bits | (rule.MarkMask == uint.MaxValue ? rule.Mark : rule.MarkMask));
        int needed = Math.Max(MarkMask.LeastBits, BitOperations.Log2((uint)tables) + 2);
        foreach (int shift in needed > BitOperations.PopCount(Usual) ? [] : Shifts)
        {
            if ((Usual << shift & ~free) == 0)
            {
                return new MarkMask(Usual << shift);
            }
        }

        while (BitOperations.PopCount(free) > needed)
        {
            free &= free - 1;
        }

        return BitOperations.PopCount(free) == needed ? new MarkMask(free) : null;
    }

    private static bool IsWhole(MarkWrite write) => IsWhole(write.Packet) || IsWhole(write.Connection);

    private static bool IsWhole(MarkBits bits) => BitOperations.PopCount(~bits.All) < MarkMask.LeastBits;

    private static uint Used(MarkBits bits) => IsWhole(bits) ? bits.Moved == 0 ? bits.Ones : 0 : bits.All;

    /// <summary>Whether what is written there is written before ours is, which then keeps the rest of the mark, or when the packet's way is known.</summary>
    private bool IsHarmless(BaseChain chain) => chain.IsOfFrames || chain.Hook.Number switch
    {
        BaseChain.Prerouting or BaseChain.Ingress => chain.Hook.Priority < MarkTable.AfterDestinationNat || chain.Hook.Number == BaseChain.Ingress,
        BaseChain.Output => chain.Hook.Priority < MarkTable.AfterDestinationNat || chain.Hook.Type != "route",
        _ => !routesAgain,
    };
}
