using System.Runtime.InteropServices;
using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Xtables;

/// <summary>What matches and targets of iptables do ahead of connection tracking, be it on top of nf_tables or not.</summary>
internal static class TrackMatch
{
    // struct xt_tcp: spts, dpts, option, flg_mask, flg_cmp, invflags.
    public const int TcpPorts = 4, TcpOption = 8, TcpFlags = 9, TcpInvert = 11;

    /// <summary>Reads a match.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="name">The match.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="info">What the kernel keeps for it.</param>
    public static void Read(TrackDraft rule, string name, uint revision, ReadOnlySpan<byte> info)
    {
        switch (name)
        {
            case "comment":
                break;
            case "tcp" when info.Length > TcpInvert && info[TcpOption] == 0 && info[TcpFlags] == 0:
                Ports(rule, info, TcpPorts, info[TcpInvert]);
                break;
            case "udp" when info.Length > FilterMatch.UdpInvert:
                Ports(rule, info, FilterMatch.UdpPorts, info[FilterMatch.UdpInvert]);
                break;
            case "multiport" when revision == 1 && info.Length > FilterMatch.MultiportInvert && info[0] <= XT_MULTIPORT_DESTINATION:
                rule.Add(info[0] == XT_MULTIPORT_DESTINATION ? Origin.Port : Origin.SourcePort, FilterMatch.Ports(info), info[FilterMatch.MultiportInvert] != 0);
                break;
            default:
                rule.AsksMore();
                break;
        }
    }

    /// <summary>Reads a target: struct xt_ct_target_info begins with its flags.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="name">The target.</param>
    /// <param name="info">What the kernel keeps for it.</param>
    public static void Target(TrackDraft rule, string name, ReadOnlySpan<byte> info)
    {
        if (name == "NOTRACK" || (name == "CT" && info.Length > 1 && (info[0] & XT_CT_NOTRACK) != 0))
        {
            rule.Do(TrackAction.Notrack);
        }
    }

    private static void Ports(TrackDraft rule, ReadOnlySpan<byte> info, int destination, byte inverted)
    {
        ReadOnlySpan<ushort> ports = MemoryMarshal.Cast<byte, ushort>(info[..(destination + 4)]);
        PortSpan source = new(ports[0], ports[1]), to = new(ports[destination / 2], ports[(destination / 2) + 1]);
        if (!source.IsAll || (inverted & XT_UDP_INV_SRCPT) != 0)
        {
            rule.Add(Origin.SourcePort, [source], (inverted & XT_UDP_INV_SRCPT) != 0);
        }

        if (!to.IsAll || (inverted & XT_UDP_INV_DSTPT) != 0)
        {
            rule.Add(Origin.Port, [to], (inverted & XT_UDP_INV_DSTPT) != 0);
        }
    }
}
