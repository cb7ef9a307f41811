using System.Text;

namespace CniSrcRoute.Nftables;

/// <summary>What a key or a value of a set is: to the kernel no more than a length, to nft(8) the way to write it.</summary>
/// <param name="Number">enum datatypes of nft(8); of several parts 6 bits for each, the first in the highest; or NFT_DATA_VERDICT.</param>
/// <param name="Length">Of the data in bytes.</param>
public sealed record NftType(uint Number, int Length)
{
    private const int PartBits = 6;

    private static readonly NftType[] Known = [Address(Family.IPv4), Address(Family.IPv6), Port, Mark, CardIndex, Card];

    /// <summary>"verdict": only as the value of a map.</summary>
    public static NftType Verdict => new(0xffffff00, 16);

    /// <summary>"inet_service".</summary>
    public static NftType Port => new(13, 2);

    /// <summary>"mark".</summary>
    public static NftType Mark => new(19, 4);

    /// <summary>"iface_index".</summary>
    public static NftType CardIndex => new(20, 4);

    /// <summary>"ifname".</summary>
    public static NftType Card => new(41, 16);

    /// <summary>"ipv4_addr" or "ipv6_addr".</summary>
    /// <param name="family">The family.</param>
    /// <returns>The type.</returns>
    public static NftType Address(Family family) => family == Family.IPv6 ? new(8, 16) : new(7, 4);

    /// <summary>Two in one: a concatenation.</summary>
    /// <param name="first">One.</param>
    /// <param name="second">The other.</param>
    /// <returns>For example "ipv4_addr . ifname".</returns>
    public static NftType Of(NftType first, NftType second) =>
        new((first.Number << PartBits) | second.Number, Padded(first.Length) + Padded(second.Length));

    /// <summary>Data of the type as nft(8) writes it.</summary>
    /// <param name="data">As long as the type.</param>
    /// <returns>For example `10.0.0.1 . "eth0"`.</returns>
    public string Format(OpaqueBytes data)
    {
        List<string> texts = [];
        int offset = 0;
        foreach (NftType part in Parts())
        {
            if (offset + part.Length <= data.Span.Length)
            {
                texts.Add(part.FormatPart(data.Span.Slice(offset, part.Length)));
            }

            offset += Padded(part.Length);
        }

        return string.Join(" . ", texts);
    }

    /// <summary>The name in nft(8).</summary>
    /// <returns>For example "ipv4_addr . ifname".</returns>
    public override string ToString() => this == Verdict ? "verdict" : string.Join(" . ", Parts().Select(part => part.Name()));

    /// <summary>How many bytes of a register data takes: each part begins at a multiple of 4.</summary>
    internal static int Padded(int length) => (length + 3) & ~3;

    private List<NftType> Parts()
    {
        List<NftType> parts = [];
        for (uint rest = Number; rest != 0; rest >>= PartBits)
        {
            uint number = rest & ((1 << PartBits) - 1);
            parts.Insert(0, Array.Find(Known, type => type.Number == number) ?? new NftType(number, 0));
        }

        return parts;
    }

    private string Name() => Number switch
    {
        7 => "ipv4_addr",
        8 => "ipv6_addr",
        13 => "inet_service",
        19 => "mark",
        20 => "iface_index",
        41 => "ifname",
        _ => "unknown",
    };

    private string FormatPart(ReadOnlySpan<byte> data) => Number switch
    {
        7 or 8 => IpAddress.FromBytes(data).ToString(),
        13 => FormattableString.Invariant($"{(data[0] << 8) | data[1]}"),
        19 => FormattableString.Invariant($"0x{BitConverter.ToUInt32(data):x}"),
        20 => FormattableString.Invariant($"{BitConverter.ToUInt32(data)}"),
        41 => $"\"{Encoding.UTF8.GetString(data.TrimEnd((byte)0))}\"",
        _ => "unknown",
    };
}
