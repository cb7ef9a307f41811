namespace CniSrcRoute.Walk;

/// <summary>The node's own ends of connections, by what a connection tells of them.</summary>
internal sealed class SocketIndex
{
    private const byte Udp = 17;

    private readonly Dictionary<(byte Protocol, IpAddress Local, ushort LocalPort, IpAddress Remote, ushort RemotePort), ConnectionSocket> _sockets;

    /// <summary>Takes the sockets. Of several alike the first counts.</summary>
    public SocketIndex(IReadOnlyList<ConnectionSocket> sockets)
    {
        _sockets = new(sockets.Count);
        foreach (ConnectionSocket socket in sockets)
        {
            _ = _sockets.TryAdd((socket.Protocol, socket.Local, socket.LocalPort, socket.Remote, socket.RemotePort), socket);
        }
    }

    /// <summary>The node's own end of a connection; of UDP it may be connected to nobody, and bound to no address. Nothing in particular where there is none.</summary>
    public ConnectionSocket Find(byte protocol, IpAddress local, ushort localPort, IpAddress remote, ushort remotePort) =>
        _sockets.TryGetValue((protocol, local, localPort, remote, remotePort), out ConnectionSocket connected) ? connected
        : protocol != Udp ? default
        : _sockets.TryGetValue((protocol, local, localPort, default, 0), out ConnectionSocket bound) ? bound
        : _sockets.GetValueOrDefault((protocol, default, localPort, default, 0));
}
