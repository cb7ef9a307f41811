using System.Numerics;

namespace CniSrcRoute.Planning;

/// <summary>
/// The bits of packets' and connections' marks that are ours. The lower ones hold the mark of a source table; the highest says that the node itself asks
/// for a way: for the reverse path of a request, for a reply of its own process or for an ICMP error.
/// </summary>
/// <param name="Value">The bits: two or more.</param>
public readonly record struct MarkMask(uint Value)
{
    /// <summary>
    /// 0x7f, which nobody else is known to use: kube-proxy has 0xc000, portmap and podman 0x2000, AWS 0x80, Cilium 0xffff0f00, Calico 0xffff0000 and
    /// Tailscale 0xff0000.
    /// </summary>
    public static MarkMask Default => new(0x7f);

    /// <summary>How few bits will do: one for a table, one for the node's own look-ups.</summary>
    public const int LeastBits = 2;

    /// <summary>The line of the configuration that names other bits.</summary>
    public const string Cure = "\"marks\": { \"mask\": \"0x...\" }";

    /// <summary>The bit of the node's own look-ups.</summary>
    public uint OwnBit => 1u << BitOperations.Log2(Value);

    /// <summary>The bits that hold a table's mark.</summary>
    public uint TableBits => Value & ~OwnBit;

    /// <summary>How many tables of a family can have a mark: 0 is none.</summary>
    public int Capacity => (int)Math.Min((1L << BitOperations.PopCount(TableBits)) - 1, int.MaxValue);

    /// <summary>The mark of a number: its bits, put where ours are.</summary>
    /// <param name="number">1 to <see cref="Capacity"/>.</param>
    /// <returns>The mark.</returns>
    public uint Mark(int number)
    {
        uint mark = 0;
        for (uint rest = TableBits; rest != 0; rest &= rest - 1, number >>= 1)
        {
            if ((number & 1) != 0)
            {
                mark |= rest & (0 - rest);
            }
        }

        return mark;
    }
}
