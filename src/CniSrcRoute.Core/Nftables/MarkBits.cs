namespace CniSrcRoute.Nftables;

/// <summary>What may become of a mark's bits where a rule writes it.</summary>
/// <param name="Ones">Those that may be set.</param>
/// <param name="Zeros">Those that may be cleared.</param>
/// <param name="Moved">Those that are taken from the other mark: the packet's from the connection's, or the other way round.</param>
public readonly record struct MarkBits(uint Ones, uint Zeros, uint Moved)
{
    /// <summary>All that may change.</summary>
    public uint All => Ones | Zeros | Moved;

    /// <summary>Any value.</summary>
    public static MarkBits Any => new(uint.MaxValue, uint.MaxValue, 0);

    /// <summary>What becomes of a mark that keeps some of its bits, of which then some are turned. A constant keeps none.</summary>
    /// <param name="kept">The bits that are kept.</param>
    /// <param name="turned">The bits that are turned then.</param>
    /// <returns>The bits that may change.</returns>
    public static MarkBits Of(uint kept, uint turned) => new(turned, (kept & turned) | (~kept & ~turned), 0);

    /// <summary>What either may do.</summary>
    /// <param name="one">The one.</param>
    /// <param name="other">The other.</param>
    /// <returns>Both.</returns>
    public static MarkBits operator |(MarkBits one, MarkBits other) => new(one.Ones | other.Ones, one.Zeros | other.Zeros, one.Moved | other.Moved);
}
