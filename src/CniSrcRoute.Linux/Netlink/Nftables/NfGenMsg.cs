using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>struct nfgenmsg of &lt;linux/netfilter/nfnetlink.h&gt;: the fixed header of netfilter's messages.</summary>
/// <param name="family">NFPROTO_.</param>
/// <param name="resource">res_id: for a batch the subsystem it is for.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NfGenMsg(byte family, ushort resource)
{
    public readonly byte Family = family;
    public readonly byte Version;
    public readonly ushort Resource = BinaryPrimitives.ReverseEndianness(resource);
}
