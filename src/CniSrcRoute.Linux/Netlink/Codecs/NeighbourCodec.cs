using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Neighbours as messages: struct ndmsg and its attributes (rtnetlink(7), &lt;linux/neighbour.h&gt;).</summary>
internal static class NeighbourCodec
{
    /// <summary>Reads a neighbour of RTM_NEWNEIGH.</summary>
    /// <returns>False for a message cut short and for other families.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Neighbour neighbour)
    {
        neighbour = null!;
        if (!MemoryMarshal.TryRead(payload, out NdMsg header))
        {
            return false;
        }

        IpAddress address = default;
        string hardware = "";
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<NdMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.NDA_DST:
                    address = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.NDA_LLADDR:
                    hardware = HardwareAddress(attributes.Value);
                    break;
                default:
                    break;
            }
        }

        neighbour = new Neighbour(header.Index, address, hardware);
        return address.IsSet;
    }

    /// <summary>Writes the payload of a dump of all neighbours of all families.</summary>
    public static void EncodeDump(ref MessageWriter writer) => writer.Write(default(NdMsg));

    /// <summary>The text of a hardware address.</summary>
    public static string HardwareAddress(ReadOnlySpan<byte> bytes) => BitConverter.ToString(bytes.ToArray()).Replace('-', ':').ToLowerInvariant();

    /// <summary>struct ndmsg of &lt;linux/neighbour.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NdMsg
    {
        public byte Family;
        public byte Padding;
        public ushort Padding2;
        public int Index;
        public ushort State;
        public byte Flags;
        public byte Type;
    }
}
