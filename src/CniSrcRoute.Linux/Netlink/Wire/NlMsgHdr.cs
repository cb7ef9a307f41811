using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Wire;

/// <summary>struct nlmsghdr of &lt;linux/netlink.h&gt;.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NlMsgHdr
{
    public const int Size = 16;

    public uint Length;
    public ushort Type;
    public ushort Flags;
    public uint Sequence;
    public uint PortId;
}
