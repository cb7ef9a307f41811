using System.Text;

namespace CniSrcRoute.Nftables;

/// <summary>Keys and values as they lie in the kernel's registers.</summary>
public static class NftData
{
    // IFNAMSIZ: names of devices are compared with all their zeros.
    private const int NameLength = 16;

    /// <summary>A device's name.</summary>
    /// <param name="name">The name. One that is not UTF-8 comes out longer than the kernel lets it be, and will match nothing.</param>
    /// <returns>16 bytes.</returns>
    public static OpaqueBytes Card(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Array.Resize(ref bytes, NameLength);
        return new OpaqueBytes(bytes);
    }

    /// <summary>A mark, or another number that the processor works with.</summary>
    /// <param name="value">The number.</param>
    /// <returns>4 bytes in the processor's order.</returns>
    public static OpaqueBytes Number(uint value) => new(BitConverter.GetBytes(value));

    /// <summary>A port.</summary>
    /// <param name="value">0 to 65535.</param>
    /// <returns>2 bytes in network order.</returns>
    public static OpaqueBytes Port(ushort value) => new([(byte)(value >> 8), (byte)value]);

    /// <summary>An address.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <returns>4 or 16 bytes in network order.</returns>
    public static OpaqueBytes Address(IpAddress address)
    {
        byte[] bytes = new byte[address.Bits / 8];
        address.WriteBytes(bytes);
        return new OpaqueBytes(bytes);
    }

    /// <summary>Two in one.</summary>
    /// <param name="first">One.</param>
    /// <param name="second">The other.</param>
    /// <returns>Each from a multiple of 4 bytes on.</returns>
    public static OpaqueBytes Of(OpaqueBytes first, OpaqueBytes second)
    {
        byte[] bytes = new byte[NftType.Padded(first.Span.Length) + NftType.Padded(second.Span.Length)];
        first.Span.CopyTo(bytes);
        second.Span.CopyTo(bytes.AsSpan(NftType.Padded(first.Span.Length)));
        return new OpaqueBytes(bytes);
    }
}
