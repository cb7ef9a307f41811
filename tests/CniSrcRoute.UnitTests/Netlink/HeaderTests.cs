using System.Reflection;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Xtables;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>The C compiler compares our numbers and layouts with the headers of both kinds of machine.</summary>
public class HeaderTests
{
    [Fact]
    public void Every_constant_is_what_the_header_says_under_its_name() => Headers.Confirm(
        typeof(Constants).GetFields(BindingFlags.Public | BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral).Select(field => $"{field.Name} == {Number(field.GetRawConstantValue()!)}"));

    [Fact]
    public void The_model_uses_the_kernels_numbers() => Headers.Confirm(
    [
        .. Enum.GetValues<RouteType>().Select(type => $"RTN_{(type == RouteType.Unspecified ? "UNSPEC" : type.ToString().ToUpperInvariant())} == {(int)type}"),
        $"AF_UNSPEC == {(int)Family.None}",
        $"AF_INET == {(int)Family.IPv4}",
        $"AF_INET6 == {(int)Family.IPv6}",
        $"RT_TABLE_DEFAULT == {TableId.Default}",
        $"RT_TABLE_MAIN == {TableId.Main}",
        $"RT_TABLE_LOCAL == {TableId.Local}",
        "RT_TABLE_UNSPEC == 0",
        $"RT_SCOPE_UNIVERSE == {Route.ScopeUniverse}",
        $"RT_SCOPE_UNIVERSE == {Address.ScopeUniverse}",
        $"RT_SCOPE_LINK == {Route.ScopeLink}",
        "RT_SCOPE_HOST == 254",
        $"IP6_RT_PRIO_USER == {Route.DefaultMetric6}",
        $"RTNH_F_ONLINK == {Nexthop.OnLink}",
        $"RTAX_MTU == {RouteMetrics.Mtu}",
        $"(__u16)NLA_TYPE_MASK == {AttributeReader.TypeMask}",
        $"IFF_UP == {Link.FlagUp}",
        $"IFF_LOOPBACK == {Link.FlagLoopback}",
        $"IFF_LOWER_UP == {Link.FlagLowerUp}",
        $"IFA_F_TENTATIVE == {Address.FlagTentative}",
        $"IFA_F_DADFAILED == {Address.FlagDadFailed}",
        $"FR_ACT_TO_TBL == {Rule.ActionLookup}",
        "ICMPV6_ROUTER_PREF_MEDIUM == 0",
        "ICMPV6_ROUTER_PREF_HIGH == 1",
        "ICMPV6_ROUTER_PREF_LOW == 3",
        "FR_ACT_NOP == 3",
        .. "DST=1 IIFNAME=3 GOTO=4 FLOW=11 TUN_ID=12 SUPPRESS_IFGROUP=13 SUPPRESS_PREFIXLEN=14 OIFNAME=17 L3MDEV=19 UID_RANGE=20 IP_PROTO=22 SPORT_RANGE=23 DPORT_RANGE=24"
            .Split(' ').Select(selector => $"FRA_{selector.Replace("=", " == ", StringComparison.Ordinal)}"),
        "RTAX_LOCK == 1",
        "RTAX_FEATURES == 12",
        "RTAX_RTO_MIN == 13",
        "RTAX_FEATURE_ECN == 1",
        "RTAX_CC_ALGO == 16",
        "RTAX_FASTOPEN_NO_COOKIE == 17",
    ]);

    [Fact]
    public void Our_protocol_is_nobody_elses() => Headers.Confirm(
        "KERNEL BOOT STATIC RA MRT ZEBRA BIRD DNROUTED XORP NTK DHCP KEEPALIVED BABEL BGP ISIS OSPF RIP EIGRP".Split(' ')
            .Select(name => $"RTPROT_{name} != {Ownership.Protocol}"));

    [Fact]
    public void Every_errno_is_named_as_the_header_names_it() => Headers.Confirm(
        Enumerable.Range(1, 133).Select(errno => (errno, Name: CniSrcRoute.Netlink.NetlinkError.Describe(errno, "x").Split(':')[0]))
            .Where(pair => !pair.Name.StartsWith("errno", StringComparison.Ordinal)).Select(pair => $"{pair.Name} == {pair.errno}"));

    [Fact]
    public void Structs_are_laid_out_as_in_the_headers() => Headers.Confirm(
    [
        .. Layout<NlMsgHdr>(
            "struct nlmsghdr", ("Length", "nlmsg_len"), ("Type", "nlmsg_type"), ("Flags", "nlmsg_flags"), ("Sequence", "nlmsg_seq"), ("PortId", "nlmsg_pid")),
        .. Layout<RtMsg>(
            "struct rtmsg",
            ("Family", "rtm_family"), ("DestinationLength", "rtm_dst_len"), ("SourceLength", "rtm_src_len"), ("Tos", "rtm_tos"), ("Table", "rtm_table"),
            ("Protocol", "rtm_protocol"), ("Scope", "rtm_scope"), ("Type", "rtm_type"), ("Flags", "rtm_flags")),
        .. Layout<RtMsg>(
            "struct fib_rule_hdr",
            ("Family", "family"), ("DestinationLength", "dst_len"), ("SourceLength", "src_len"), ("Tos", "tos"), ("Table", "table"),
            ("Type", "action"), ("Flags", "flags")),
        .. Layout<RtNexthop>("struct rtnexthop", ("Length", "rtnh_len"), ("Flags", "rtnh_flags"), ("Hops", "rtnh_hops"), ("Oif", "rtnh_ifindex")),
        .. Layout<NexthopGroupEntry>("struct nexthop_grp", ("Id", "id"), ("Weight", "weight")),
        .. Layout<NexthopCodec.NhMsg>("struct nhmsg", ("Family", "nh_family"), ("Scope", "nh_scope"), ("Protocol", "nh_protocol"), ("Flags", "nh_flags")),
        .. Layout(
            Nested(typeof(LinkCodec), "IfInfoMsg"),
            "struct ifinfomsg",
            ("Family", "ifi_family"),
            ("Type", "ifi_type"),
            ("Index", "ifi_index"),
            ("Flags", "ifi_flags"),
            ("Change", "ifi_change")),
        .. Layout(
            Nested(typeof(AddressCodec), "IfAddrMsg"),
            "struct ifaddrmsg",
            ("Family", "ifa_family"),
            ("PrefixLength", "ifa_prefixlen"),
            ("Flags", "ifa_flags"),
            ("Scope", "ifa_scope"),
            ("Index", "ifa_index")),
        .. Layout(
            Nested(typeof(NeighbourCodec), "NdMsg"), "struct ndmsg", ("Family", "ndm_family"), ("Index", "ndm_ifindex"), ("State", "ndm_state"), ("Flags", "ndm_flags"), ("Type", "ndm_type")),
        .. Layout<Libc.SockAddrNetlink>("struct sockaddr_nl", ("Family", "nl_family"), ("PortId", "nl_pid"), ("Groups", "nl_groups")),
        .. Layout<Libc.SockAddrPacket>(
            "struct sockaddr_ll",
            ("Family", "sll_family"), ("Protocol", "sll_protocol"), ("Index", "sll_ifindex"), ("HardwareType", "sll_hatype"), ("Type", "sll_pkttype"),
            ("Length", "sll_halen"), ("Address", "sll_addr")),
        .. Layout<Libc.SockFilter>("struct sock_filter", ("Code", "code"), ("JumpTrue", "jt"), ("JumpFalse", "jf"), ("K", "k")),
        .. Layout<Libc.SockFilterProgram>("struct sock_fprog", ("Length", "len"), ("Filter", "filter")),
        .. Layout<Libc.CapabilityHeader>("struct __user_cap_header_struct", ("Version", "version"), ("ProcessId", "pid")),
        .. Layout<Libc.CapabilityData>("struct __user_cap_data_struct", ("Effective", "effective"), ("Permitted", "permitted"), ("Inheritable", "inheritable")),
        $"NLMSG_HDRLEN == {NlMsgHdr.Size}",
        "NLA_HDRLEN == 4",
        "NLMSG_ALIGNTO == 4",
        "RTA_ALIGNTO == 4",
        "offsetof(struct rtvia, rtvia_addr) == 2",
    ]);

    private static string[] Fields(string entry, string part, LegacyChains.Places places) =>
    [
        $"offsetof(struct {entry}, {part}dst) == {places.Destination}",
        $"offsetof(struct {entry}, {part}dmsk) == {places.Mask}",
        $"offsetof(struct {entry}, {part}iniface) == {places.Card}",
        $"offsetof(struct {entry}, {part}iniface_mask) == {places.CardMask}",
        $"offsetof(struct {entry}, {part}proto) == {places.Protocol}",
        $"offsetof(struct {entry}, {part}flags) == {places.Flags}",
        $"offsetof(struct {entry}, {part}invflags) == {places.Inverted}",
        $"sizeof(struct {entry}) == {places.Length}",
    ];

    [Fact]
    public void Fields_of_xtables_stand_where_the_headers_say() => Headers.Confirm(
    [
        .. ((string[])["ipt", "ip6t"]).SelectMany(family => (string[])
        [
            $"sizeof(struct {family}_getinfo) == {XtablesCodec.InfoSize}",
            $"offsetof(struct {family}_getinfo, name) == 0",
            $"sizeof(((struct {family}_getinfo *)0)->name) == {XtablesCodec.NameSize}",
            $"offsetof(struct {family}_getinfo, valid_hooks) == {XtablesCodec.HooksOffset}",
            $"offsetof(struct {family}_getinfo, hook_entry) == {XtablesCodec.HookEntryOffset}",
            $"offsetof(struct {family}_getinfo, size) == {XtablesCodec.SizeOffset}",
            $"offsetof(struct {family}_get_entries, name) == 0",
            $"offsetof(struct {family}_get_entries, size) == {XtablesCodec.EntriesSizeOffset}",
            $"offsetof(struct {family}_get_entries, entrytable) == {XtablesCodec.EntriesOffset}",
            $"offsetof(struct {family}_entry, target_offset) == {(family == "ipt" ? XtablesCodec.TargetOffset4 : XtablesCodec.TargetOffset6)}",
            $"offsetof(struct {family}_entry, next_offset) == {(family == "ipt" ? XtablesCodec.TargetOffset4 : XtablesCodec.TargetOffset6) + 2}",
        ]),
        $"IP6T_SO_GET_INFO == {Constants.IPT_SO_GET_INFO}",
        $"IP6T_SO_GET_ENTRIES == {Constants.IPT_SO_GET_ENTRIES}",
        $"offsetof(struct xt_entry_target, u.user.name) == {XtablesCodec.TargetNameOffset}",
        $"offsetof(struct xt_entry_target, u.user.revision) == {XtablesCodec.TargetRevisionOffset}",
        $"offsetof(struct xt_entry_target, data) == {XtablesCodec.TargetDataOffset}",
        $"offsetof(struct xt_error_target, errorname) == {XtablesCodec.TargetDataOffset}",
        .. Fields("ipt_entry", "ip.", LegacyChains.Places4),
        .. Fields("ip6t_entry", "ipv6.", LegacyChains.Places6),
        $"offsetof(struct xt_udp, spts) == {FilterMatch.UdpSourcePorts}",
        $"offsetof(struct xt_udp, dpts) == {FilterMatch.UdpPorts}",
        $"offsetof(struct xt_udp, invflags) == {FilterMatch.UdpInvert}",
        $"offsetof(struct xt_tcp, dpts) == {TrackMatch.TcpPorts}",
        $"offsetof(struct xt_tcp, option) == {TrackMatch.TcpOption}",
        $"offsetof(struct xt_tcp, flg_mask) == {TrackMatch.TcpFlags}",
        $"offsetof(struct xt_tcp, invflags) == {TrackMatch.TcpInvert}",
        "offsetof(struct xt_ct_target_info, flags) == 0",
        $"offsetof(struct xt_multiport_v1, ports) == {FilterMatch.MultiportPorts}",
        $"offsetof(struct xt_multiport_v1, pflags) == {FilterMatch.MultiportRanges}",
        $"offsetof(struct xt_multiport_v1, invert) == {FilterMatch.MultiportInvert}",
        $"offsetof(struct xt_iprange_mtinfo, src_min) == {FilterMatch.RangeMin + FilterMatch.RangeSource}",
        $"offsetof(struct xt_iprange_mtinfo, dst_min) == {FilterMatch.RangeMin}",
        $"offsetof(struct xt_iprange_mtinfo, dst_max) == {FilterMatch.RangeMax}",
        $"offsetof(struct xt_iprange_mtinfo, flags) == {FilterMatch.RangeFlags}",
        $"offsetof(struct xt_addrtype_info_v1, source) == {FilterMatch.TypeSource}",
        $"offsetof(struct xt_addrtype_info_v1, dest) == {FilterMatch.TypeDestination}",
        $"offsetof(struct xt_addrtype_info_v1, flags) == {FilterMatch.TypeFlags}",
        $"offsetof(struct xt_conntrack_mtinfo3, match_flags) == {FilterMatch.TrackedFlags}",
        $"offsetof(struct xt_conntrack_mtinfo3, state_mask) == {FilterMatch.TrackedState}",
        $"offsetof(struct xt_entry_match, data) == {XtablesCodec.TargetDataOffset}",
        "NF_INET_PRE_ROUTING == 0",
        "NF_INET_LOCAL_IN == 1",
        "NF_INET_FORWARD == 2",
        "NF_INET_LOCAL_OUT == 3",
        "NF_INET_POST_ROUTING == 4",
        "offsetof(struct xt_mark_tginfo2, mark) == 0",
        "offsetof(struct xt_mark_tginfo2, mask) == 4",
        .. ((string[])["1", "2"]).SelectMany(revision => (string[])
        [
            $"offsetof(struct xt_connmark_tginfo{revision}, ctmark) == 0",
            $"offsetof(struct xt_connmark_tginfo{revision}, ctmask) == 4",
            $"offsetof(struct xt_connmark_tginfo{revision}, nfmask) == 8",
            $"offsetof(struct xt_connmark_tginfo{revision}, mode) == {(revision == "1" ? 12 : 14)}",
        ]),
        "offsetof(struct xt_connmark_tginfo2, shift_dir) == 12",
        "offsetof(struct xt_connmark_tginfo2, shift_bits) == 13",
        "XT_CONNMARK_SET == 0",
    ]);

    private static Type Nested(Type outer, string name) => outer.GetNestedType(name, BindingFlags.NonPublic)!;

    private static IEnumerable<string> Layout<T>(string name, params (string Ours, string Theirs)[] fields) => Layout(typeof(T), name, fields);

    private static IEnumerable<string> Layout(Type type, string name, params (string Ours, string Theirs)[] fields) =>
    [
        $"sizeof({name}) == {Marshal.SizeOf(type)}",
        .. fields.Select(field => $"offsetof({name}, {field.Theirs}) == {Marshal.OffsetOf(type, field.Ours)}"),
        .. fields.Select(field => $"sizeof((({name} *)0)->{field.Theirs}) == {Marshal.SizeOf(type.GetField(field.Ours)!.FieldType)}"),
    ];

    private static string Number(object value) => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!;
}
