using System.Buffers.Binary;
using CniSrcRoute.Netlink.Interop;
using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Netlink.Wire;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>UDP sockets, by sock_diag(7).</summary>
public static class UdpSockets
{
    // struct inet_diag_req_v2, struct inet_diag_msg of <linux/inet_diag.h>.
    private const int RequestLength = 56;
    private const int PortOffset = 4;
    private const int AnswerLength = 72;

    // struct inet_diag_sockopt: the fifth bit of the first byte.
    private const byte MulticastLoop = 0x10;

    /// <summary>
    /// The ports at which the kernel itself listens, for VXLAN, Geneve, WireGuard and its other tunnels. It switches IP_MULTICAST_LOOP off for these
    /// (setup_udp_tunnel_sock() of net/ipv4/udp_tunnel_core.c); the socket of a process has it on unless that process says otherwise.
    /// </summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_SOCK_DIAG; not disposed here.</param>
    /// <returns>The ports in order; of processes those that switched it off as well.</returns>
    /// <exception cref="NetlinkException">The kernel refused: ENOENT without udp_diag.</exception>
    public static IReadOnlyList<ushort> ListKernelPorts(ITransport transport)
    {
        var conversation = new Conversation(transport);
        SortedSet<ushort> ports = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<ushort> found = conversation.Dump<ushort>(
                "SOCK_DIAG_BY_FAMILY",
                Constants.SOCK_DIAG_BY_FAMILY,
                (ref MessageWriter writer) =>
                {
                    Span<byte> request = stackalloc byte[RequestLength];
                    request.Clear();
                    (request[0], request[1]) = ((byte)family, (byte)IPPROTO_UDP);
                    request[4..8].Fill(byte.MaxValue);
                    writer.Write(request);
                },
                TryDecode);
            ports.UnionWith(found);
        }

        return [.. ports];
    }

    private static bool TryDecode(ReadOnlySpan<byte> payload, out ushort port)
    {
        port = payload.Length < AnswerLength ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(payload[PortOffset..]);
        return port != 0 && (new Fields(payload[AnswerLength..]).Nested(Constants.INET_DIAG_SOCKOPT) is not [var options, ..] || (options & MulticastLoop) == 0);
    }
}
