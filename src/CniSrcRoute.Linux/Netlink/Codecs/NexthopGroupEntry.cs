using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>struct nexthop_grp of &lt;linux/nexthop.h&gt;; Weight is one less than the weight.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NexthopGroupEntry
{
    public uint Id;
    public byte Weight;
    public byte Reserved1;
    public ushort Reserved2;
}
