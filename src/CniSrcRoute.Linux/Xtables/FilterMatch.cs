using System.Runtime.InteropServices;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Xtables;

/// <summary>What matches of iptables ask of UDP packets, be it on top of nf_tables or not. A match that is not known here asks nothing.</summary>
internal static class FilterMatch
{
    // struct xt_multiport_v1: flags, count, ports, pflags, invert.
    public const int MultiportPorts = 2, MultiportRanges = 32, MultiportInvert = 47;

    // struct xt_udp: spts, dpts, invflags.
    public const int UdpSourcePorts = 0, UdpPorts = 4, UdpInvert = 8;

    // struct xt_iprange_mtinfo: src_min, src_max, dst_min, dst_max, flags.
    public const int RangeSource = -32, RangeMin = 32, RangeMax = 48, RangeFlags = 64;

    // struct xt_addrtype_info_v1: source, dest, flags.
    public const int TypeSource = 0, TypeDestination = 2, TypeFlags = 4;

    // struct xt_conntrack_mtinfo3: match_flags, invert_flags, state_mask.
    public const int TrackedFlags = 146, TrackedState = 150;

    /// <summary>Reads a match.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="name">The match.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="info">What the kernel keeps for it.</param>
    public static void Read(FilterDraft rule, string name, uint revision, ReadOnlySpan<byte> info)
    {
        switch (name)
        {
            case "tcp" or "icmp" or "icmp6" or "sctp" or "dccp" or "esp" or "ah":
                rule.IsForOthers();
                break;
            case "udp" when info.Length > UdpInvert:
                int ports = rule.OfAnswers ? UdpSourcePorts : UdpPorts;
                Restrict(rule, [new PortSpan(Half(info, ports), Half(info, ports + 2))], (info[UdpInvert] & (rule.OfAnswers ? XT_UDP_INV_SRCPT : XT_UDP_INV_DSTPT)) != 0);
                break;
            case "multiport" when revision == 1 && info.Length > MultiportInvert && info[0] == (rule.OfAnswers ? XT_MULTIPORT_SOURCE : XT_MULTIPORT_DESTINATION):
                Restrict(rule, Ports(info), info[MultiportInvert] != 0);
                break;
            case "iprange" when revision == 1 && info.Length > RangeFlags && (info[RangeFlags] & (rule.OfAnswers ? IPRANGE_SRC : IPRANGE_DST)) != 0 && rule.Family is { } family:
                int length = IpAddress.BitsOf(family) / 8;
                int shift = rule.OfAnswers ? RangeSource : 0;
                IpAddress from = IpAddress.FromBytes(info.Slice(RangeMin + shift, length)), to = IpAddress.FromBytes(info.Slice(RangeMax + shift, length));
                rule.Add(new DestinationTest([new(from, to, PortSpan.All)], (info[RangeFlags] & (rule.OfAnswers ? IPRANGE_SRC_INV : IPRANGE_DST_INV)) != 0));
                break;
            case "addrtype" when revision == 1 && info.Length > TypeFlags && Half(info, rule.OfAnswers ? TypeSource : TypeDestination) != 0 &&
                (info[TypeFlags] & (rule.OfAnswers ? XT_ADDRTYPE_LIMIT_IFACE_OUT : XT_ADDRTYPE_LIMIT_IFACE_IN)) != 0:
                rule.AsksCard();
                break;
            case "conntrack" when revision >= 2 && info.Length > TrackedState + 1 &&
                (Half(info, TrackedFlags) & XT_CONNTRACK_STATE) != 0 && (Half(info, TrackedState) & XT_CONNTRACK_STATE_DNAT) != 0:
                rule.AsksTranslation();
                break;
            default:
                break;
        }
    }

    internal static List<PortSpan> Ports(ReadOnlySpan<byte> info)
    {
        List<PortSpan> ports = [];
        int count = Math.Min((int)info[1], (MultiportRanges - MultiportPorts) / 2);
        for (int i = 0; i < count; i++)
        {
            ushort from = Half(info, MultiportPorts + (2 * i));
            bool isRange = info[MultiportRanges + i] != 0 && i + 1 < count;
            i += isRange ? 1 : 0;
            ports.Add(new PortSpan(from, Half(info, MultiportPorts + (2 * i))));
        }

        return ports;
    }

    private static void Restrict(FilterDraft rule, List<PortSpan> ports, bool isNegated) => rule.Restrict(isNegated ? PortSpan.Others(ports) : PortSpan.Merged(ports));

    private static ushort Half(ReadOnlySpan<byte> info, int at) => MemoryMarshal.Read<ushort>(info[at..]);
}
