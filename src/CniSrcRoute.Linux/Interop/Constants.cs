namespace CniSrcRoute.Interop;

/// <summary>
/// Numbers of the kernel, under the kernel's names, that the package Tmds.LibC lacks. A test has the C compiler compare every one with the headers, and what is
/// used of the package as well.
/// </summary>
internal static class Constants
{
    // <linux/netlink.h>
    public const int NETLINK_ROUTE = 0;
    public const int NETLINK_SOCK_DIAG = 4;
    public const int NETLINK_NETFILTER = 12;
    public const int NETLINK_ADD_MEMBERSHIP = 1;
    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;
    public const int NLMSG_NOOP = 1;
    public const int NLMSG_ERROR = 2;
    public const int NLMSG_DONE = 3;
    public const int NLMSG_OVERRUN = 4;
    public const int NLM_F_REQUEST = 0x1;
    public const int NLM_F_ACK = 0x4;
    public const int NLM_F_DUMP_INTR = 0x10;
    public const int NLM_F_DUMP = 0x300;
    public const int NLM_F_REPLACE = 0x100;
    public const int NLM_F_EXCL = 0x200;
    public const int NLM_F_CREATE = 0x400;
    public const int NLM_F_APPEND = 0x800;
    public const int NLM_F_CAPPED = 0x100;
    public const int NLM_F_ACK_TLVS = 0x200;
    public const int NLMSGERR_ATTR_MSG = 1;
    public const int NLA_F_NESTED = 0x8000;

    // <linux/rtnetlink.h>
    public const int RTM_NEWLINK = 16;
    public const int RTM_GETLINK = 18;
    public const int RTM_DELLINK = 17;
    public const int RTM_NEWADDR = 20;
    public const int RTM_DELADDR = 21;
    public const int RTM_GETADDR = 22;
    public const int RTM_NEWROUTE = 24;
    public const int RTM_DELROUTE = 25;
    public const int RTM_GETROUTE = 26;
    public const int RTM_GETNEIGH = 30;
    public const int RTM_NEWRULE = 32;
    public const int RTM_DELRULE = 33;
    public const int RTM_GETRULE = 34;
    public const int RTM_NEWNEXTHOP = 104;
    public const int RTM_DELNEXTHOP = 105;
    public const int RTM_GETNEXTHOP = 106;
    public const int RTM_F_CLONED = 0x200;
    public const int RTM_F_FIB_MATCH = 0x2000;
    public const int RTNLGRP_LINK = 1;
    public const int RTNLGRP_IPV4_IFADDR = 5;
    public const int RTNLGRP_IPV4_ROUTE = 7;
    public const int RTNLGRP_IPV4_RULE = 8;
    public const int RTNLGRP_IPV6_IFADDR = 9;
    public const int RTNLGRP_IPV6_ROUTE = 11;
    public const int RTNLGRP_IPV6_RULE = 19;
    public const int RTM_NEWNETCONF = 80;
    public const int RTNLGRP_IPV4_NETCONF = 24;
    public const int RTNLGRP_NEXTHOP = 32;
    public const int RT_TABLE_LOCAL = 255;
    public const int RT_TABLE_COMPAT = 252;
    public const int RTA_DST = 1;
    public const int RTA_SRC = 2;
    public const int RTA_OIF = 4;
    public const int RTA_GATEWAY = 5;
    public const int RTA_PRIORITY = 6;
    public const int RTA_PREFSRC = 7;
    public const int RTA_METRICS = 8;
    public const int RTA_MULTIPATH = 9;
    public const int RTA_FLOW = 11;
    public const int RTA_CACHEINFO = 12;
    public const int RTA_TABLE = 15;
    public const int RTA_MARK = 16;
    public const int RTA_VIA = 18;
    public const int RTA_PREF = 20;
    public const int RTA_ENCAP_TYPE = 21;
    public const int RTA_ENCAP = 22;
    public const int RTA_NH_ID = 30;
    public const int RTNH_F_DEAD = 1;
    public const int RTNH_F_ONLINK = 4;

    // <linux/netfilter/nfnetlink.h>, <linux/netfilter/nf_tables.h>
    public const int NFNL_MSG_BATCH_BEGIN = 16;
    public const int NFNL_MSG_BATCH_END = 17;
    public const int NFNL_SUBSYS_NFTABLES = 10;
    public const int NFNLGRP_NFTABLES = 7;
    public const int NFPROTO_INET = 1;
    public const int NFT_MSG_NEWTABLE = 0;
    public const int NFT_MSG_GETTABLE = 1;
    public const int NFT_MSG_DELTABLE = 2;
    public const int NFT_MSG_NEWCHAIN = 3;
    public const int NFT_MSG_GETCHAIN = 4;
    public const int NFT_MSG_DELCHAIN = 5;
    public const int NFT_MSG_NEWRULE = 6;
    public const int NFT_MSG_GETRULE = 7;
    public const int NFT_MSG_NEWSET = 9;
    public const int NFT_MSG_GETSET = 10;
    public const int NFT_MSG_NEWSETELEM = 12;
    public const int NFT_MSG_GETSETELEM = 13;
    public const int NFT_MSG_NEWGEN = 15;
    public const int NFT_SET_INTERVAL = 0x4;
    public const int NFT_SET_MAP = 0x8;
    public const int NFT_SET_ELEM_INTERVAL_END = 0x1;
    public const int NFT_REG_VERDICT = 0;
    public const int NFT_REG_1 = 1;
    public const int NFTA_TABLE_NAME = 1;
    public const int NFTA_TABLE_FLAGS = 2;
    public const int NFTA_TABLE_USE = 3;
    public const int NFTA_CHAIN_TABLE = 1;
    public const int NFTA_CHAIN_NAME = 3;
    public const int NFTA_CHAIN_HOOK = 4;
    public const int NFTA_CHAIN_POLICY = 5;
    public const int NFTA_CHAIN_TYPE = 7;
    public const int NFTA_HOOK_HOOKNUM = 1;
    public const int NFTA_HOOK_PRIORITY = 2;
    public const int NFTA_RULE_TABLE = 1;
    public const int NFTA_RULE_CHAIN = 2;
    public const int NFTA_RULE_EXPRESSIONS = 4;
    public const int NFTA_LIST_ELEM = 1;
    public const int NFTA_EXPR_NAME = 1;
    public const int NFTA_EXPR_DATA = 2;
    public const int NFTA_DATA_VALUE = 1;
    public const int NFTA_DATA_VERDICT = 2;
    public const int NFTA_VERDICT_CODE = 1;
    public const int NFTA_VERDICT_CHAIN = 2;
    public const int NFTA_SET_TABLE = 1;
    public const int NFTA_SET_NAME = 2;
    public const int NFTA_SET_FLAGS = 3;
    public const int NFTA_SET_KEY_TYPE = 4;
    public const int NFTA_SET_KEY_LEN = 5;
    public const int NFTA_SET_DATA_TYPE = 6;
    public const int NFTA_SET_DATA_LEN = 7;
    public const int NFTA_SET_ID = 10;
    public const int NFTA_SET_USERDATA = 13;
    public const int NFTA_SET_ELEM_LIST_TABLE = 1;
    public const int NFTA_SET_ELEM_LIST_SET = 2;
    public const int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
    public const int NFTA_SET_ELEM_KEY = 1;
    public const int NFTA_SET_ELEM_DATA = 2;
    public const int NFTA_SET_ELEM_FLAGS = 3;
    public const int NFTA_SET_ELEM_USERDATA = 6;
    public const int NFTA_SET_ELEM_KEY_END = 10;
    public const int NFTA_PAYLOAD_DREG = 1;
    public const int NFTA_PAYLOAD_BASE = 2;
    public const int NFTA_PAYLOAD_OFFSET = 3;
    public const int NFTA_PAYLOAD_LEN = 4;
    public const int NFTA_LOOKUP_SET = 1;
    public const int NFTA_LOOKUP_SREG = 2;
    public const int NFTA_LOOKUP_DREG = 3;
    public const int NFTA_LOOKUP_FLAGS = 5;
    public const int NFTA_SOCKET_KEY = 1;
    public const int NFTA_SOCKET_DREG = 2;
    public const int NFTA_NAT_TYPE = 1;
    public const int NFTA_NAT_FAMILY = 2;
    public const int NFTA_NAT_REG_ADDR_MIN = 3;
    public const int NFTA_NAT_REG_ADDR_MAX = 4;
    public const int NFTA_NAT_REG_PROTO_MIN = 5;
    public const int NFTA_NAT_FLAGS = 7;
    public const int NF_NAT_RANGE_MAP_IPS = 1;
    public const int NFTA_CT_DREG = 1;
    public const int NFTA_CT_KEY = 2;
    public const int NFTA_CT_DIRECTION = 3;
    public const int NFTA_CT_SREG = 4;
    public const int NFTA_META_DREG = 1;
    public const int NFTA_META_KEY = 2;
    public const int NFTA_META_SREG = 3;
    public const int NFTA_FIB_DREG = 1;
    public const int NFTA_FIB_RESULT = 2;
    public const int NFTA_FIB_FLAGS = 3;
    public const int NFTA_BITWISE_SREG = 1;
    public const int NFTA_BITWISE_DREG = 2;
    public const int NFTA_BITWISE_LEN = 3;
    public const int NFTA_BITWISE_MASK = 4;
    public const int NFTA_BITWISE_XOR = 5;
    public const int NFTA_BITWISE_OP = 6;
    public const int NFTA_CMP_SREG = 1;
    public const int NFTA_CMP_OP = 2;
    public const int NFTA_CMP_DATA = 3;
    public const int NFTA_RANGE_SREG = 1;
    public const int NFTA_RANGE_OP = 2;
    public const int NFTA_RANGE_FROM_DATA = 3;
    public const int NFTA_RANGE_TO_DATA = 4;
    public const int NFTA_COUNTER_BYTES = 1;
    public const int NFTA_COUNTER_PACKETS = 2;
    public const int NFTA_IMMEDIATE_DREG = 1;
    public const int NFTA_IMMEDIATE_DATA = 2;
    public const int NFTA_GEN_PROC_NAME = 3;
    public const int NFT_META_MARK = 3;
    public const int NFT_META_PROTOCOL = 1;
    public const int NFT_META_IIF = 4;
    public const int NFT_META_IIFNAME = 6;
    public const int NFT_META_OIF = 5;
    public const int NFT_META_OIFNAME = 7;
    public const int NFT_META_NFPROTO = 15;
    public const int NFT_META_L4PROTO = 16;
    public const int NFTA_FIB_F_SADDR = 1;
    public const int NFTA_FIB_F_DADDR = 2;
    public const int NFTA_FIB_F_IIF = 8;
    public const int NFTA_FIB_F_OIF = 16;
    public const int NFT_FIB_RESULT_OIF = 1;
    public const int NFT_CT_STATUS = 2;
    public const int NFT_CT_MARK = 3;
    public const int IPS_DST_NAT = 0x20;

    // <linux/netfilter/nf_tables_compat.h>, <linux/netfilter/xt_connmark.h>
    public const int NFTA_TARGET_NAME = 1;
    public const int NFTA_TARGET_REV = 2;
    public const int NFTA_TARGET_INFO = 3;
    public const int XT_CONNMARK_SAVE = 1;
    public const int XT_CONNMARK_RESTORE = 2;
    public const int D_SHIFT_RIGHT = 1;

    // <linux/netfilter/xt_tcpudp.h>, xt_multiport.h, xt_addrtype.h, xt_iprange.h, xt_conntrack.h, xt_CT.h
    public const int XT_CT_NOTRACK = 1;
    public const int XT_UDP_INV_SRCPT = 1;
    public const int XT_UDP_INV_DSTPT = 2;
    public const int XT_MULTIPORT_SOURCE = 0;
    public const int XT_MULTIPORT_DESTINATION = 1;
    public const int XT_ADDRTYPE_LIMIT_IFACE_IN = 4;
    public const int XT_ADDRTYPE_LIMIT_IFACE_OUT = 8;
    public const int IPRANGE_SRC = 1;
    public const int IPRANGE_DST = 2;
    public const int IPRANGE_SRC_INV = 0x10;
    public const int IPRANGE_DST_INV = 0x20;
    public const int XT_CONNTRACK_STATE = 1;
    public const int XT_CONNTRACK_STATE_DNAT = 0x80;

    // <linux/netfilter_ipv4/ip_tables.h>, <linux/netfilter_ipv6/ip6_tables.h>
    public const int IPT_SO_GET_INFO = 64;
    public const int IPT_SO_GET_ENTRIES = 65;
    public const int IPT_INV_VIA_IN = 0x01;
    public const int IPT_INV_VIA_OUT = 0x02;
    public const int IPT_INV_SRCIP = 0x08;
    public const int IPT_INV_DSTIP = 0x10;
    public const int IPT_INV_PROTO = 0x40;
    public const int IPT_F_GOTO = 0x02;
    public const int IP6T_F_GOTO = 0x04;

    // <linux/sock_diag.h>, <linux/inet_diag.h>
    public const int SOCK_DIAG_BY_FAMILY = 20;
    public const int INET_DIAG_REQ_BYTECODE = 1;
    public const byte INET_DIAG_BC_JMP = 1;
    public const byte INET_DIAG_BC_DEV_COND = 9;
    public const byte INET_DIAG_BC_MARK_COND = 10;
    public const int INET_DIAG_MARK = 15;
    public const int INET_DIAG_SOCKOPT = 22;

    // <linux/nexthop.h>
    public const int NHA_ID = 1;
    public const int NHA_GROUP = 2;
    public const int NHA_OIF = 5;
    public const int NHA_GATEWAY = 6;

    // <linux/if_link.h>
    public const int IFLA_IFNAME = 3;
    public const int IFLA_LINK = 5;
    public const int IFLA_MASTER = 10;
    public const int IFLA_LINKINFO = 18;
    public const int IFLA_AF_SPEC = 26;
    public const int IFLA_INET_CONF = 1;
    public const int IFLA_EXT_MASK = 29;
    public const int IFLA_LINK_NETNSID = 37;
    public const int IFLA_INFO_KIND = 1;
    public const int IFLA_INFO_DATA = 2;
    public const int IFLA_VRF_TABLE = 1;
    public const int IFLA_INET6_CONF = 2;
    public const int IFLA_GROUP = 27;
    public const int RTEXT_FILTER_SKIP_STATS = 8;

    // <linux/netconf.h>
    public const int NETCONFA_IFINDEX = 1;
    public const int NETCONFA_RP_FILTER = 3;
    public const int NETCONFA_IFINDEX_ALL = -1;

    // <linux/ip.h>
    public const int IPV4_DEVCONF_RP_FILTER = 8;
    public const int IPV4_DEVCONF_ARP_IGNORE = 19;
    public const int IPV4_DEVCONF_SRC_VMARK = 24;
    public const int IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN = 29;

    // <linux/ipv6.h>
    public const int DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN = 39;

    // <linux/if_addr.h>
    public const int IFA_ADDRESS = 1;
    public const int IFA_LOCAL = 2;
    public const int IFA_FLAGS = 8;

    // <linux/fib_rules.h>
    public const int FRA_SRC = 2;
    public const int FRA_PRIORITY = 6;
    public const int FRA_FWMARK = 10;
    public const int FRA_SUPPRESS_PREFIXLEN = 14;
    public const int FRA_TABLE = 15;
    public const int FRA_FWMASK = 16;
    public const int FRA_PROTOCOL = 21;
    public const int FR_ACT_TO_TBL = 1;
    public const int FIB_RULE_INVERT = 2;

    // <stdio.h>, <sys/file.h>
    public const int RENAME_EXCHANGE = 2;
    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    // <linux/filter.h>
    public const int BPF_LD = 0x00;
    public const int BPF_W = 0x00;
    public const int BPF_ABS = 0x20;
    public const int BPF_JMP = 0x05;
    public const int BPF_JEQ = 0x10;
    public const int BPF_RET = 0x06;
    public const int BPF_K = 0x00;
    public const int BPF_X = 0x08;
    public const int BPF_LDX = 0x01;
    public const int BPF_ST = 0x02;
    public const int BPF_ALU = 0x04;
    public const int BPF_H = 0x08;
    public const int BPF_B = 0x10;
    public const int BPF_IMM = 0x00;
    public const int BPF_IND = 0x40;
    public const int BPF_MEM = 0x60;
    public const int BPF_MSH = 0xa0;
    public const int BPF_ADD = 0x00;
    public const int BPF_MUL = 0x20;
    public const int BPF_AND = 0x50;
    public const int BPF_LSH = 0x60;
    public const int BPF_RSH = 0x70;
    public const int BPF_MISC = 0x07;
    public const int BPF_TAX = 0x00;
    public const int BPF_JA = 0x00;
    public const int BPF_JSET = 0x40;
    public const int SKF_AD_OFF = -0x1000;
    public const int SKF_AD_PROTOCOL = 0;
    public const int SKF_AD_PKTTYPE = 4;
    public const int SKF_AD_IFINDEX = 8;
    public const int SKF_AD_VLAN_TAG_PRESENT = 48;

    // <linux/if_packet.h>, <linux/if_ether.h>
    public const int PACKET_HOST = 0;
    public const int PACKET_OUTGOING = 4;
    public const int PACKET_STATISTICS = 6;
    public const int ETH_P_ALL = 0x0003;
    public const int ETH_P_IP = 0x0800;
    public const int ETH_P_ARP = 0x0806;
    public const int ETH_P_IPV6 = 0x86dd;

    // <linux/neighbour.h>
    public const int NDA_DST = 1;
    public const int NDA_LLADDR = 2;

    // <sys/inotify.h>
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;
    public const int IN_CLOSE_WRITE = 0x8;
    public const int IN_MOVED_FROM = 0x40;
    public const int IN_MOVED_TO = 0x80;
    public const int IN_CREATE = 0x100;
    public const int IN_DELETE = 0x200;
    public const int IN_ATTRIB = 0x4;
    public const int IN_MASK_ADD = 0x20000000;

    // <linux/capability.h>
    public const int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    public const int CAP_NET_ADMIN = 12;
    public const int CAP_NET_RAW = 13;
}
