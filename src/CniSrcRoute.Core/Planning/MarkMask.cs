using System.Numerics;

namespace CniSrcRoute.Planning;

/// <summary>
/// The bits of packets' and connections' marks that are ours. The lower ones hold the mark of a source table. The highest is <see cref="Flag"/>: in the
/// mark of a packet it says that the way in by the mark's own card is looked up in the table as well; in that of a connection to the node that the node's
/// replies need their mark, and of one that is handed on that it goes out by the card it came by.
/// </summary>
/// <param name="Value">The bits: two or more.</param>
public readonly record struct MarkMask(uint Value)
{
    /// <summary>
    /// 0x7f, which no other program is known to use: kube-proxy has 0xc000, portmap and podman 0x2000, AWS 0x80, Cilium 0xffff0f00, Calico 0xffff0000 and
    /// Tailscale 0xff0000.
    /// </summary>
    public static MarkMask Default => new(0x7f);

    /// <summary>How few bits will do: one for a table, and the flag.</summary>
    public const int LeastBits = 2;

    /// <summary>The line of the configuration that names other bits.</summary>
    public const string Cure = "\"marks\": { \"mask\": \"0x...\" }";

    /// <summary>The highest bit.</summary>
    public uint Flag => 1u << BitOperations.Log2(Value);

    /// <summary>
    /// The mark of connections that the node itself has opened and that were translated (ClusterIPs): the flag without a table. They go where main says.
    /// </summary>
    public uint Own => Flag;

    /// <summary>The bits that hold a table's mark.</summary>
    public uint TableBits => Value & ~Flag;

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
