using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Nexthop objects as messages: struct nhmsg and its attributes (&lt;linux/nexthop.h&gt;).</summary>
internal static class NexthopCodec
{
    /// <summary>Reads an object of RTM_NEWNEXTHOP.</summary>
    /// <returns>False for a message cut short, a blackhole, and a dead one, by which nothing leaves.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out NexthopObject item)
    {
        item = null!;
        if (!MemoryMarshal.TryRead(payload, out NhMsg header) || (header.Flags & Constants.RTNH_F_DEAD) != 0)
        {
            return false;
        }

        uint id = 0;
        var hop = new Nexthop { Flags = (byte)(header.Flags & Constants.RTNH_F_ONLINK) };
        NexthopGroupEntry[] group = [];
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<NhMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.NHA_ID:
                    id = attributes.UInt32;
                    break;
                case Constants.NHA_GROUP:
                    group = MemoryMarshal.Cast<byte, NexthopGroupEntry>(attributes.Value).ToArray();
                    break;
                case Constants.NHA_OIF:
                    hop = hop with { Oif = (int)attributes.UInt32 };
                    break;
                case Constants.NHA_GATEWAY:
                    hop = hop with { Gateway = IpAddress.FromBytes(attributes.Value) };
                    break;
                default:
                    break;
            }
        }

        item = new NexthopObject(id, hop, group);
        return hop.Oif != 0 || group.Length > 0;
    }

    /// <summary>Writes the payload of a dump of all objects.</summary>
    public static void EncodeDump(ref MessageWriter writer) => writer.Write(default(NhMsg));

    /// <summary>struct nhmsg of &lt;linux/nexthop.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NhMsg
    {
        public byte Family;
        public byte Scope;
        public byte Protocol;
        public byte Reserved;
        public uint Flags;
    }
}
