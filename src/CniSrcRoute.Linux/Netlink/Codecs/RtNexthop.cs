using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>struct rtnexthop of &lt;linux/rtnetlink.h&gt;.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RtNexthop
{
    public const int Size = 8;

    public ushort Length;
    public byte Flags;
    public byte Hops;
    public int Oif;
}
