using System.Buffers.Binary;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>The sockets of connections, of TCP and UDP, by sock_diag(7).</summary>
public static class ConnectionSockets
{
    /// <summary>TCP_ESTABLISHED, _SYN_SENT, _FIN_WAIT1, _FIN_WAIT2, _CLOSE_WAIT, _LAST_ACK and _CLOSING (&lt;net/tcp_states.h&gt;): what has another end.</summary>
    private const uint Connected = (1 << 1) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 11);

    /// <summary>TCP_LISTEN.</summary>
    private const uint Listening = 1 << 10;

    /// <summary>Lists them.</summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_SOCK_DIAG; not disposed here.</param>
    /// <param name="withUsers">Whether it matters whose they are.</param>
    /// <returns>The sockets: of UDP all, of TCP those that are bound to a card or marked, with users all. Marks are told with CAP_NET_ADMIN alone.</returns>
    /// <exception cref="NetlinkException">The kernel refused: ENOENT without tcp_diag or udp_diag.</exception>
    public static IReadOnlyList<ConnectionSocket> List(ITransport transport, bool withUsers)
    {
        var conversation = new Conversation(transport);
        List<ConnectionSocket> sockets = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            sockets.AddRange(SocketDiagnosis.Dump<ConnectionSocket>(conversation, family, (byte)IPPROTO_TCP, Connected, TryDecodeTcp, ofCardOrMark: !withUsers));
            sockets.AddRange(SocketDiagnosis.Dump<ConnectionSocket>(conversation, family, (byte)IPPROTO_UDP, uint.MaxValue, TryDecodeUdp));
        }

        return sockets;
    }

    /// <summary>Lists the ports at which TCP servers listen.</summary>
    /// <param name="transport">Carries the datagrams, of NETLINK_SOCK_DIAG; not disposed here.</param>
    /// <returns>The ports, of both families.</returns>
    /// <exception cref="NetlinkException">The kernel refused: ENOENT without tcp_diag.</exception>
    public static IReadOnlySet<ushort> ListListening(ITransport transport)
    {
        var conversation = new Conversation(transport);
        return new[] { Family.IPv4, Family.IPv6 }
            .SelectMany(family => SocketDiagnosis.Dump<ConnectionSocket>(conversation, family, (byte)IPPROTO_TCP, Listening, TryDecodeTcp)).Select(socket => socket.LocalPort).ToHashSet();
    }

    private static bool TryDecodeTcp(ReadOnlySpan<byte> payload, out ConnectionSocket socket) => TryDecode(payload, (byte)IPPROTO_TCP, out socket);

    private static bool TryDecodeUdp(ReadOnlySpan<byte> payload, out ConnectionSocket socket) => TryDecode(payload, (byte)IPPROTO_UDP, out socket);

    private static bool TryDecode(ReadOnlySpan<byte> payload, byte protocol, out ConnectionSocket socket)
    {
        socket = default;
        if (payload.Length < SocketDiagnosis.AnswerLength)
        {
            return false;
        }

        uint mark = 0;
        var attributes = new AttributeReader(payload[SocketDiagnosis.AnswerLength..]);
        while (attributes.Next())
        {
            mark = attributes.Type == Constants.INET_DIAG_MARK ? attributes.UInt32 : mark;
        }

        Family family = (Family)payload[0];
        socket = new ConnectionSocket(
            protocol,
            SocketDiagnosis.AddressAt(payload, SocketDiagnosis.AddressOffset, family),
            BinaryPrimitives.ReadUInt16BigEndian(payload[SocketDiagnosis.PortOffset..]),
            SocketDiagnosis.AddressAt(payload, SocketDiagnosis.RemoteAddressOffset, family),
            BinaryPrimitives.ReadUInt16BigEndian(payload[SocketDiagnosis.RemotePortOffset..]),
            BitConverter.ToInt32(payload[SocketDiagnosis.CardOffset..]),
            mark,
            BitConverter.ToUInt32(payload[SocketDiagnosis.UserOffset..]));
        return true;
    }
}
