using System.Buffers.Binary;
using System.Net;

namespace CniSrcRoute;

/// <summary>
/// An IPv4 or IPv6 address as a value. The default value is "no address" (<see cref="Family.None"/>).
/// System.Net.IPAddress reads and writes the text; this type exists because a node holds tens of thousands of them.
/// </summary>
/// <param name="Family">The family; <see cref="Family.None"/> for no address.</param>
/// <param name="High">The upper 64 bits of an IPv6 address, 0 for IPv4.</param>
/// <param name="Low">The lower 64 bits of an IPv6 address, or the 32 bits of an IPv4 address, most significant first.</param>
public readonly record struct IpAddress(Family Family, ulong High, ulong Low)
{
    /// <summary>Whether there is an address at all.</summary>
    public bool IsSet => Family != Family.None;

    /// <summary>The number of bits of an address of this family: 32 or 128.</summary>
    public int Bits => BitsOf(Family);

    /// <summary>Whether the address is 169.254.0.0/16 or fe80::/10: valid on its link alone (RFC 3927, RFC 4291).</summary>
    public bool IsLinkLocal => Family == Family.IPv6 ? High >> 54 == 0xfe80 >> 6 : Family == Family.IPv4 && Low >> 16 == 0xa9fe;

    /// <summary>Whether it is fe80::/10, which IPv6 has on every link, so that it tells nobody apart without the card.</summary>
    public bool IsOfLinkAlone => Family == Family.IPv6 && IsLinkLocal;

    /// <summary>Whether it is 224.0.0.0/4 or ff00::/8, or IPv4's broadcast on any link.</summary>
    public bool IsMulticast => Family == Family.IPv6 ? High >> 56 == 0xff : Family == Family.IPv4 && (Low >> 28 == 0xe || Low == uint.MaxValue);

    /// <summary>Whether it is neither unspecified, loopback, multicast nor the broadcast address of IPv4 (RFC 1122); of IPv6 the kernel itself refuses multicast.</summary>
    public bool CanBeRouter => Family == Family.IPv6 ? High != 0 || Low > 1 : Low >> 24 is not (0 or 127) && Low >> 28 < 0xe;

    /// <summary>The number of bits of an address of the family: 32 or 128.</summary>
    /// <param name="family">The family.</param>
    /// <returns>32 for IPv4, 128 for IPv6.</returns>
    public static int BitsOf(Family family) => family == Family.IPv4 ? 32 : 128;

    /// <summary>The order in which addresses follow one another, IPv4 ahead of IPv6.</summary>
    /// <param name="one">An address.</param>
    /// <param name="other">Another.</param>
    /// <returns>Less than 0 when the first comes first, more when the other does.</returns>
    public static int Compare(IpAddress one, IpAddress other) =>
        one.Family != other.Family ? (int)one.Family - (int)other.Family
        : one.High != other.High ? one.High.CompareTo(other.High)
        : one.Low.CompareTo(other.Low);

    /// <summary>Reads an address from a message of the kernel or in a socket address.</summary>
    /// <param name="bytes">4 or 16 bytes in network order.</param>
    /// <returns>The address, or none for another number of bytes.</returns>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new(Family.IPv4, 0, BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(Family.IPv6, BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
        _ => default,
    };

    /// <summary>Whether it is one that the internet has no way to: RFC 1918, 6598 and 4193, loopback and link-local ones.</summary>
    public bool IsPrivate => IsLinkLocal || (Family == Family.IPv4
        ? Low >> 24 is 10 or 127 || Low >> 20 == 0xac1 || Low >> 16 == 0xc0a8 || Low >> 22 == 0x191
        : High >> 57 == 0x7e || (High == 0 && Low == 1));

    /// <summary>Reads the usual text form. IPv4 needs all four numbers; a zone (%eth0), brackets and hexadecimal IPv4 are no addresses here.</summary>
    /// <param name="text">For example 192.168.1.100 or fd00::5.</param>
    /// <param name="address">The address, when the answer is true.</param>
    /// <returns>Whether the text is an address.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        if (text.ContainsAny('%', '[', '/') || !IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        // inet_aton's short forms ("10.1", "0x7f.1", "010.0.0.1") are accepted above and mean something else than most readers think.
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out int written);
        address = FromBytes(bytes[..written]);
        return written == 16 || text.SequenceEqual(parsed.ToString());
    }

    /// <summary>Writes the address in network order.</summary>
    /// <param name="destination">At least 4 or 16 bytes.</param>
    /// <returns>The number of bytes written: 0 (no address), 4 or 16.</returns>
    public int WriteBytes(Span<byte> destination)
    {
        switch (Family)
        {
            case Family.IPv4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Low);
                return 4;
            case Family.IPv6:
                BinaryPrimitives.WriteUInt64BigEndian(destination, High);
                BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
                return 16;
            default:
                return 0;
        }
    }

    /// <summary>The address with all bits after the first <paramref name="length"/> cleared.</summary>
    /// <param name="length">0 to <see cref="Bits"/>.</param>
    /// <returns>The network address.</returns>
    public IpAddress Mask(int length) => Family switch
    {
        Family.IPv4 => this with { Low = length == 0 ? 0 : Low & (uint.MaxValue << (32 - length)) },
        Family.IPv6 when length <= 64 => this with { High = length == 0 ? 0 : High & (ulong.MaxValue << (64 - length)), Low = 0 },
        Family.IPv6 => this with { Low = length == 64 ? 0 : Low & (ulong.MaxValue << (128 - length)) },
        _ => default,
    };

    /// <summary>The usual text form.</summary>
    /// <returns>The text; empty for no address.</returns>
    public override string ToString()
    {
        if (!IsSet)
        {
            return "";
        }

        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteBytes(bytes)]).ToString();
    }
}
