using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Messages and attributes the way netfilter has them: numbers in network order, names with their closing zero.</summary>
internal static class NftWriting
{
    /// <summary>A message's number for struct nlmsghdr.</summary>
    /// <param name="type">NFT_MSG_.</param>
    public static int MessageType(int type) => (Constants.NFNL_SUBSYS_NFTABLES << 8) | type;

    /// <summary>A family as nft(8) calls it.</summary>
    /// <param name="family">NFPROTO_.</param>
    public static string FamilyName(byte family) => family switch { Constants.NFPROTO_INET => "inet", 2 => "ip", 10 => "ip6", 7 => "bridge", 5 => "netdev", _ => "other" };

    /// <summary>A family by the name that nft(8) has for it.</summary>
    /// <param name="name">"ip", "ip6" or "inet".</param>
    public static byte FamilyNumber(string name) => name switch { "inet" => Constants.NFPROTO_INET, "ip" => 2, _ => 10 };

    /// <summary>Writes what every message about our table begins with.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="attribute">The attribute that has the table's name.</param>
    public static void OurTable(this ref MessageWriter writer, int attribute)
    {
        writer.Write(new NfGenMsg(Constants.NFPROTO_INET, 0));
        writer.NameAttribute(attribute, NftTable.Name);
    }

    /// <summary>Writes an attribute with a number of 4 bytes.</summary>
    public static void NetworkAttribute(this ref MessageWriter writer, int type, uint value) =>
        writer.Attribute(type, BinaryPrimitives.ReverseEndianness(value));

    /// <summary>Writes an attribute with a number of 8 bytes.</summary>
    public static void NetworkAttribute(this ref MessageWriter writer, int type, ulong value) =>
        writer.Attribute(type, MemoryMarshal.AsBytes([BinaryPrimitives.ReverseEndianness(value)]));

    /// <summary>Writes an attribute with a name.</summary>
    public static void NameAttribute(this ref MessageWriter writer, int type, string name)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(name.Length) + 1];
        int length = Encoding.UTF8.GetBytes(name, bytes);
        bytes[length] = 0;
        writer.Attribute(type, bytes[..(length + 1)]);
    }
}
