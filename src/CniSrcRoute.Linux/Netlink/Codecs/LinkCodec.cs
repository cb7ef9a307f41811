using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Devices as messages: struct ifinfomsg and its attributes (rtnetlink(7), &lt;linux/if_link.h&gt;).</summary>
internal static class LinkCodec
{
    /// <summary>Reads a device of RTM_NEWLINK.</summary>
    /// <returns>False for a message cut short, and for a bridge's messages about its ports.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Link link)
    {
        link = null!;
        if (!MemoryMarshal.TryRead(payload, out IfInfoMsg header) || header.Family == AF_BRIDGE)
        {
            // A bridge reports its ports in messages of its own, which do not say what the device is.
            return false;
        }

        string name = "", kind = "";
        int master = 0, lower = 0;
        int? lowerNetNs = null;
        uint group = 0, vrfTable = 0;
        Ipv4Conf conf = default;
        bool ignores6 = false;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<IfInfoMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.IFLA_IFNAME:
                    name = attributes.Text;
                    break;
                case Constants.IFLA_MASTER:
                    master = (int)attributes.UInt32;
                    break;
                case Constants.IFLA_LINK:
                    lower = (int)attributes.UInt32;
                    break;
                case Constants.IFLA_LINK_NETNSID:
                    lowerNetNs = (int)attributes.UInt32;
                    break;
                case Constants.IFLA_LINKINFO:
                    kind = DecodeKind(attributes.Value, out vrfTable);
                    break;
                case Constants.IFLA_AF_SPEC:
                    (conf, ignores6) = DecodeConf(attributes.Value);
                    break;
                case Constants.IFLA_GROUP:
                    group = attributes.UInt32;
                    break;
                default:
                    break;
            }
        }

        link = new Link
        {
            Index = header.Index,
            Name = name,
            Flags = header.Flags,
            HardwareType = header.Type,
            Kind = kind,
            Master = master,
            Lower = lower,
            LowerNetNs = lowerNetNs,
            Group = group,
            VrfTable = vrfTable,
            Conf = conf,
            IgnoresIpv6RoutesWithLinkdown = ignores6,
        };
        return true;
    }

    /// <summary>Writes the payload of a question for one device, or with index 0 for all, without their counters.</summary>
    public static void EncodeRequest(ref MessageWriter writer, int index)
    {
        writer.Write(new IfInfoMsg { Index = index });
        writer.Attribute(Constants.IFLA_EXT_MASK, (uint)Constants.RTEXT_FILTER_SKIP_STATS);
    }

    private static string DecodeKind(ReadOnlySpan<byte> linkInfo, out uint vrfTable)
    {
        string kind = "";
        vrfTable = 0;
        var attributes = new AttributeReader(linkInfo);
        while (attributes.Next())
        {
            if (attributes.Type == Constants.IFLA_INFO_KIND)
            {
                kind = attributes.Text;
            }
            else if (attributes.Type == Constants.IFLA_INFO_DATA && kind == "vrf")
            {
                var data = new AttributeReader(attributes.Value);
                while (data.Next())
                {
                    vrfTable = data.Type == Constants.IFLA_VRF_TABLE ? data.UInt32 : vrfTable;
                }
            }
        }

        return kind;
    }

    /// <summary>
    /// IFLA_AF_SPEC: by family, the settings as numbers of 4 bytes in the order of IPV4_DEVCONF_, which begins with 1, or of DEVCONF_, which begins with 0.
    /// </summary>
    private static (Ipv4Conf Ipv4, bool IgnoresIpv6RoutesWithLinkdown) DecodeConf(ReadOnlySpan<byte> families)
    {
        Ipv4Conf ipv4 = default;
        bool ignores6 = false;
        var family = new AttributeReader(families);
        while (family.Next())
        {
            var attributes = new AttributeReader(family.Value);
            while (attributes.Next())
            {
                ReadOnlySpan<uint> conf = MemoryMarshal.Cast<byte, uint>(attributes.Value);
                switch (family.Type, attributes.Type)
                {
                    case (_, Constants.IFLA_INET_CONF) when family.Type == AF_INET && conf.Length >= Constants.IPV4_DEVCONF_SRC_VMARK:
                        ipv4 = new Ipv4Conf((byte)conf[Constants.IPV4_DEVCONF_RP_FILTER - 1], conf[Constants.IPV4_DEVCONF_SRC_VMARK - 1] != 0)
                        {
                            ArpIgnore = (byte)conf[Constants.IPV4_DEVCONF_ARP_IGNORE - 1],
                            IgnoresRoutesWithLinkdown = Has(conf, Constants.IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1),
                        };
                        break;
                    case (_, Constants.IFLA_INET6_CONF) when family.Type == AF_INET6:
                        ignores6 = Has(conf, Constants.DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
                        break;
                    default:
                        break;
                }
            }
        }

        return (ipv4, ignores6);
    }

    private static bool Has(ReadOnlySpan<uint> conf, int index) => index < conf.Length && conf[index] != 0;

    /// <summary>struct ifinfomsg of &lt;linux/rtnetlink.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IfInfoMsg
    {
        public byte Family;
        public byte Padding;
        public ushort Type;
        public int Index;
        public uint Flags;
        public uint Change;
    }
}
