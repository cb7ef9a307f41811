using System.Buffers.Binary;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Nftables;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>UDP sockets, by sock_diag(7).</summary>
public static class UdpSockets
{
    // struct inet_diag_sockopt: the fifth bit of the first byte.
    private const byte MulticastLoop = 0x10;

    // TCP_CLOSE of <net/tcp_states.h>: it has no peer, and hears everybody.
    private const byte Unconnected = 7;

    /// <summary>
    /// Sockets whose requests reach nobody, or nobody who would answer them, when the address is another. Those at which the kernel itself listens, for VXLAN,
    /// Geneve, WireGuard and its other tunnels: it switches IP_MULTICAST_LOOP off for these (setup_udp_tunnel_sock() of net/ipv4/udp_tunnel_core.c); the
    /// socket of a process has it on unless that process says otherwise. And those bound to a card alone (SO_BINDTODEVICE), which answer by that card with an
    /// address of it, whatever main says. And those bound to an address: requests for another server of the port, which is bound to none, would be theirs.
    /// </summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_SOCK_DIAG; not disposed here.</param>
    /// <returns>The sockets.</returns>
    /// <exception cref="NetlinkException">The kernel refused: ENOENT without udp_diag.</exception>
    public static IReadOnlyList<UdpSocket> ListPeculiar(ITransport transport)
    {
        var conversation = new Conversation(transport);
        List<UdpSocket> sockets = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            sockets.AddRange(SocketDiagnosis.Dump<UdpSocket>(conversation, family, (byte)IPPROTO_UDP, uint.MaxValue, TryDecode));
        }

        return sockets;
    }

    private static bool TryDecode(ReadOnlySpan<byte> payload, out UdpSocket socket)
    {
        socket = default;
        if (payload.Length < SocketDiagnosis.AnswerLength)
        {
            return false;
        }

        bool isKernels = new Fields(payload[SocketDiagnosis.AnswerLength..]).Nested(Constants.INET_DIAG_SOCKOPT) is not [var options, ..] || (options & MulticastLoop) == 0;
        IpAddress address = SocketDiagnosis.AddressAt(payload, SocketDiagnosis.AddressOffset, (Family)payload[0]);
        bool isOnCard = payload.Slice(SocketDiagnosis.CardOffset, 4).ContainsAnyExcept((byte)0) && !address.IsSet;
        bool isOnAddress = !isKernels && address.IsSet && payload[SocketDiagnosis.StateOffset] == Unconnected;
        socket = new UdpSocket(BinaryPrimitives.ReadUInt16BigEndian(payload[SocketDiagnosis.PortOffset..]), isKernels, isOnAddress ? address : default);
        return socket.Port != 0 && (isKernels || isOnCard || isOnAddress);
    }
}
