namespace CniSrcRoute.Walk;

/// <summary>
/// The registers of a rule of nftables: four of 16 bytes, or sixteen of 4 (enum nft_registers of &lt;linux/netfilter/nf_tables.h&gt;). A key of several parts
/// lies in those beside one another.
/// </summary>
internal sealed class Registers
{
    private const int Length = 16, PartLength = 4;

    // NFT_REG32_00.
    private const uint FirstPart = 8;

    private readonly byte[] _bytes = new byte[4 * Length];

    /// <summary>Writes a value; what is left of its last four bytes is zero.</summary>
    /// <param name="register">NFT_REG_1 to NFT_REG_4, or NFT_REG32_00 to NFT_REG32_15.</param>
    /// <param name="value">The value.</param>
    public void Write(uint register, ReadOnlySpan<byte> value)
    {
        Span<byte> place = _bytes.AsSpan((int)(register < FirstPart ? (register - 1) * Length : (register - FirstPart) * PartLength));
        place[..((value.Length + PartLength - 1) / PartLength * PartLength)].Clear();
        value.CopyTo(place);
    }

    /// <summary>What the registers from NFT_REG_1 on hold.</summary>
    /// <param name="length">How many bytes, at most 64.</param>
    public ReadOnlySpan<byte> Read(int length) => _bytes.AsSpan(0, length);

    /// <summary>"bitwise" of NFT_REG_1.</summary>
    /// <param name="mask">Which bits are kept.</param>
    /// <param name="xor">Which bits are turned then.</param>
    public void Change(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> xor)
    {
        for (int i = 0; i < mask.Length; i++)
        {
            _bytes[i] = (byte)((_bytes[i] & mask[i]) ^ xor[i]);
        }
    }
}
