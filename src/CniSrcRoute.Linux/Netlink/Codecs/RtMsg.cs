using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>struct rtmsg of &lt;linux/rtnetlink.h&gt;; struct fib_rule_hdr of &lt;linux/fib_rules.h&gt; has the same layout, with the action in Type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RtMsg
{
    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte Tos;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}
