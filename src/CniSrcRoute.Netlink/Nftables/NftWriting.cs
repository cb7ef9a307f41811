using System.Buffers.Binary;
using System.Text;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Attributes the way netfilter has them: numbers in network order, names with their closing zero.</summary>
internal static class NftWriting
{
    /// <summary>Writes an attribute with a number of 4 bytes.</summary>
    public static void NetworkAttribute(this ref MessageWriter writer, int type, uint value) =>
        writer.Attribute(type, BinaryPrimitives.ReverseEndianness(value));

    /// <summary>Writes an attribute with a name.</summary>
    public static void NameAttribute(this ref MessageWriter writer, int type, string name)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(name.Length) + 1];
        int length = Encoding.UTF8.GetBytes(name, bytes);
        bytes[length] = 0;
        writer.Attribute(type, bytes[..(length + 1)]);
    }
}
