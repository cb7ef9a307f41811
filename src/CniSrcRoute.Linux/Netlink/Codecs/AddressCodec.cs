using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Addresses as messages: struct ifaddrmsg and its attributes (rtnetlink(7), &lt;linux/if_addr.h&gt;).</summary>
internal static class AddressCodec
{
    /// <summary>Reads an address of RTM_NEWADDR.</summary>
    /// <returns>False for a message cut short and for other families.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Address address)
    {
        address = null!;
        if (!MemoryMarshal.TryRead(payload, out IfAddrMsg header) || (Family)header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return false;
        }

        IpAddress local = default, subnet = default;
        uint flags = header.Flags;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<IfAddrMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.IFA_LOCAL:
                    local = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.IFA_ADDRESS:
                    subnet = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.IFA_FLAGS:
                    // Wider than the header's 8 bits.
                    flags = attributes.UInt32;
                    break;
                default:
                    break;
            }
        }

        // IPv6 sends IFA_LOCAL for a point-to-point address alone.
        local = local.IsSet ? local : subnet;
        subnet = subnet.IsSet ? subnet : local;
        if (local.Family != (Family)header.Family || subnet.Family != local.Family || header.PrefixLength > local.Bits)
        {
            return false;
        }

        address = new Address { Link = header.Index, Local = local, Subnet = new IpPrefix(subnet, header.PrefixLength), Scope = header.Scope, Flags = flags };
        return true;
    }

    /// <summary>Writes the payload of a dump of all addresses of all families.</summary>
    public static void EncodeDump(ref MessageWriter writer) => writer.Write(default(IfAddrMsg));

    /// <summary>struct ifaddrmsg of &lt;linux/if_addr.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IfAddrMsg
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public int Index;
    }
}
