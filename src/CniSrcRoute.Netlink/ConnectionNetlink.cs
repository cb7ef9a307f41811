using CniSrcRoute.Netlink.Codecs;

namespace CniSrcRoute.Netlink;

/// <summary>Lists tracked connections (ctnetlink).</summary>
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
}
