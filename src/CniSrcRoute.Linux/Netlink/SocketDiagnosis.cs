using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink;

/// <summary>Dumps of sockets, by sock_diag(7).</summary>
internal static class SocketDiagnosis
{
    /// <summary>struct inet_diag_msg of &lt;linux/inet_diag.h&gt;: its length, and where the state, the ports, the addresses, the card and the user are in it.</summary>
    public const int AnswerLength = 72;
    public const int StateOffset = 1, PortOffset = 4, RemotePortOffset = 6, AddressOffset = 8, RemoteAddressOffset = 24, AddressLength = 16, CardOffset = 40, UserOffset = 64;

    /// <summary>struct inet_diag_req_v2.</summary>
    private const int RequestLength = 56;

    /// <summary>
    /// Passes over sockets that have neither card nor mark, in the kernel: struct inet_diag_bc_op, its code and how far it is to the next one where the condition
    /// holds and where it does not; at the end is listed, beyond it is not. Marks are for CAP_NET_ADMIN alone.
    /// </summary>
    private static readonly byte[] OfCardOrMark =
    [
        // Bound to no card: on. Bound: at the end.
        Constants.INET_DIAG_BC_DEV_COND, 8, 24, 0, 0, 0, 0, 0,
        // No mark: on. Marked: at the end.
        Constants.INET_DIAG_BC_MARK_COND, 12, 16, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
        // Beyond it.
        Constants.INET_DIAG_BC_JMP, 4, 8, 0,
    ];

    /// <summary>Lists the sockets of a family and protocol.</summary>
    /// <param name="conversation">A conversation of NETLINK_SOCK_DIAG.</param>
    /// <param name="family">The family.</param>
    /// <param name="protocol">IPPROTO_TCP or IPPROTO_UDP.</param>
    /// <param name="states">A bit for each of TCP's states (&lt;net/tcp_states.h&gt;).</param>
    /// <param name="decode">Reads an answer.</param>
    /// <param name="ofCardOrMark">Whether those alone are listed that are bound to a card or marked.</param>
    /// <exception cref="NetlinkException">The kernel refused: ENOENT without the protocol's module.</exception>
    public static List<T> Dump<T>(Conversation conversation, Family family, byte protocol, uint states, Decoder<T> decode, bool ofCardOrMark = false) => conversation.Dump(
        "SOCK_DIAG_BY_FAMILY",
        Constants.SOCK_DIAG_BY_FAMILY,
        (ref MessageWriter writer) =>
        {
            Span<byte> request = stackalloc byte[RequestLength];
            request.Clear();
            (request[0], request[1]) = ((byte)family, protocol);
            BitConverter.TryWriteBytes(request[4..], states);
            writer.Write(request);
            if (ofCardOrMark)
            {
                writer.Attribute(Constants.INET_DIAG_REQ_BYTECODE, OfCardOrMark);
            }
        },
        decode);

    /// <summary>An address of an answer; none where it is unset. An IPv6 socket may have an IPv4 one, ::ffff:192.0.2.1.</summary>
    public static IpAddress AddressAt(ReadOnlySpan<byte> payload, int offset, Family family)
    {
        ReadOnlySpan<byte> bytes = payload.Slice(offset, AddressLength);
        if (family == Family.IPv4)
        {
            bytes = bytes[..4];
        }
        else if (!bytes[..10].ContainsAnyExcept((byte)0) && bytes[10] == 0xff && bytes[11] == 0xff)
        {
            bytes = bytes[12..];
        }

        return bytes.ContainsAnyExcept((byte)0) ? IpAddress.FromBytes(bytes) : default;
    }
}
