namespace CniSrcRoute.Netlink.Interop;

/// <summary>Numbers of the kernel under the kernel's names. A test has the C compiler compare every one with the headers.</summary>
internal static class Constants
{
    // <linux/netlink.h>
    public const int NETLINK_ROUTE = 0;
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
    public const int NLA_TYPE_MASK = 0x3fff;
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
    public const int RTA_TABLE = 15;
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
    public const int NFT_MSG_NEWRULE = 6;
    public const int NFT_MSG_GETRULE = 7;
    public const int NFT_MSG_NEWGEN = 15;
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
    public const int NFTA_IMMEDIATE_DREG = 1;
    public const int NFTA_IMMEDIATE_DATA = 2;
    public const int NFTA_GEN_PROC_NAME = 3;
    public const int NFT_META_MARK = 3;
    public const int NFT_CT_MARK = 3;

    // <linux/netfilter/nf_tables_compat.h>, <linux/netfilter/xt_connmark.h>
    public const int NFTA_TARGET_NAME = 1;
    public const int NFTA_TARGET_REV = 2;
    public const int NFTA_TARGET_INFO = 3;
    public const int XT_CONNMARK_SAVE = 1;
    public const int XT_CONNMARK_RESTORE = 2;
    public const int D_SHIFT_RIGHT = 1;

    // <linux/netfilter_ipv4/ip_tables.h>, <linux/netfilter_ipv6/ip6_tables.h>, <linux/in.h>, <linux/in6.h>
    public const int IPPROTO_IP = 0;
    public const int IPPROTO_IPV6 = 41;
    public const int IPT_SO_GET_INFO = 64;
    public const int IPT_SO_GET_ENTRIES = 65;

    // <linux/nexthop.h>
    public const int NHA_ID = 1;
    public const int NHA_GROUP = 2;
    public const int NHA_OIF = 5;
    public const int NHA_GATEWAY = 6;

    // <linux/if_link.h>
    public const int IFLA_IFNAME = 3;
    public const int IFLA_MASTER = 10;
    public const int IFLA_LINKINFO = 18;
    public const int IFLA_AF_SPEC = 26;
    public const int IFLA_INET_CONF = 1;
    public const int IFLA_EXT_MASK = 29;
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

    // <sys/socket.h>, <poll.h>, <fcntl.h>, <sys/file.h>, <errno.h>
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_BRIDGE = 7;
    public const int AF_NETLINK = 16;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SOL_NETLINK = 270;
    public const int SO_ATTACH_FILTER = 26;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int POLLIN = 1;
    public const int O_RDONLY = 0;
    public const int O_CREAT = 0x40;
    public const int O_RDWR = 2;
    public const int O_CLOEXEC = 0x80000;
    public const int O_DIRECTORY = 0x10000;
    public const int W_OK = 2;
    public const int AT_FDCWD = -100;
    public const int RENAME_EXCHANGE = 2;
    public const int S_IFMT = 0xf000;
    public const int S_IFREG = 0x8000;
    public const int S_IFSOCK = 0xc000;
    public const int STATX_BASIC_STATS = 0x7ff;
    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EMFILE = 24;
    public const int ENOSPC = 28;
    public const int EROFS = 30;
    public const int EOPNOTSUPP = 95;
    public const int EAFNOSUPPORT = 97;
    public const int EADDRNOTAVAIL = 99;
    public const int ENOBUFS = 105;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EINVAL = 22;
    public const int ERANGE = 34;
    public const int ENETDOWN = 100;
    public const int ENETUNREACH = 101;
    public const int EHOSTUNREACH = 113;

    // <linux/filter.h>
    public const int BPF_LD = 0x00;
    public const int BPF_W = 0x00;
    public const int BPF_ABS = 0x20;
    public const int BPF_JMP = 0x05;
    public const int BPF_JEQ = 0x10;
    public const int BPF_RET = 0x06;
    public const int BPF_K = 0x00;

    // <signal.h>, <sys/signalfd.h>, <sys/inotify.h>, <sys/un.h>
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGTERM = 15;
    public const int SIG_BLOCK = 0;
    public const int SFD_CLOEXEC = 0x80000;
    public const int SFD_NONBLOCK = 0x800;
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;
    public const int IN_CLOSE_WRITE = 0x8;
    public const int IN_MOVED_FROM = 0x40;
    public const int IN_MOVED_TO = 0x80;
    public const int IN_CREATE = 0x100;
    public const int IN_DELETE = 0x200;
    public const int IN_ATTRIB = 0x4;
    public const int IN_MASK_ADD = 0x20000000;
    public const int AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_NONBLOCK = 0x800;

    // <linux/capability.h>
    public const int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    public const int CAP_NET_ADMIN = 12;
}
