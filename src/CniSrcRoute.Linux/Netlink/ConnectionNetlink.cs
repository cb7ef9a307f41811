using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>Lists tracked connections, and marks them (ctnetlink).</summary>
public sealed class ConnectionNetlink
{
    private readonly Conversation _conversation;

    /// <summary>Makes use of a transport of the protocol NETLINK_NETFILTER.</summary>
    /// <param name="transport">Carries the datagrams; not disposed here.</param>
    public ConnectionNetlink(ITransport transport) => _conversation = new Conversation(transport);

    /// <summary>Lists the connections of both families.</summary>
    /// <returns>The connections.</returns>
    /// <exception cref="NetlinkException">The kernel refused: it tracks none, or the process may not know.</exception>
    public List<Connection> List() => _conversation.Dump<Connection>("IPCTNL_MSG_CT_GET", ConnectionCodec.Get, ConnectionCodec.EncodeDump, ConnectionCodec.TryDecode);

    /// <summary>Sets bits of a connection's mark.</summary>
    /// <param name="connection">The connection: of TCP, UDP or another protocol with ports. One that has ended meanwhile is nothing to complain of.</param>
    /// <param name="mark">The bits.</param>
    /// <param name="mask">Which bits are set; the others stay.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void SetMark(Connection connection, uint mark, uint mask)
    {
        int errno = _conversation.Tell(ConnectionCodec.New, (ref MessageWriter writer) => ConnectionCodec.EncodeMark(ref writer, connection, mark, mask));
        if (errno != 0 && errno != ENOENT)
        {
            throw new NetlinkException("IPCTNL_MSG_CT_NEW", errno);
        }
    }
}
