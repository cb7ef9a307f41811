using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CniSrcRoute.Harm;

/// <summary>A flow's socket, and what it asks by it. May ask again and again.</summary>
internal sealed class Question : IDisposable
{
    private static readonly byte[] Words = "who is there?"u8.ToArray();

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64];
    private bool _connected;

    /// <summary>Makes the socket. Called in the namespace that asks.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="port">Its own port, by which its packets are known.</param>
    public Question(Flow flow, int port)
    {
        (Flow, Port) = (flow, port);
        AddressFamily family = flow.IsIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        _socket = flow.Transport switch
        {
            Transport.Tcp => new Socket(family, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), NoDelay = true },
            Transport.Udp => new Socket(family, SocketType.Dgram, ProtocolType.Udp),
            _ => new Socket(family, SocketType.Dgram, flow.IsIpv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp),
        };
        try
        {
            _socket.Bind(new IPEndPoint(flow.Bind is null ? (flow.IsIpv6 ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.Parse(flow.Bind), port));
        }
        catch (SocketException)
        {
            // The address is not there now: it will get no answer.
            _socket.Dispose();
        }
    }

    public Flow Flow { get; }

    public int Port { get; }

    /// <summary>Asks; null where there is no answer.</summary>
    public async Task<string?> AskAsync(CancellationToken end)
    {
        try
        {
            if (!_connected)
            {
                await _socket.ConnectAsync(IPAddress.Parse(Flow.To), Flow.Port, end).ConfigureAwait(false);
                _connected = true;
            }

            // What comes late, of questions that were given up, is no answer to this one.
            while (_socket.Available > 0)
            {
                await _socket.ReceiveAsync(_buffer, end).ConfigureAwait(false);
            }

            // Type and code, checksum, number and sequence of an echo request (RFC 792, RFC 4443); the kernel writes checksum and number.
            byte[] words = Flow.Transport == Transport.Echo ? [(byte)(Flow.IsIpv6 ? 128 : 8), 0, 0, 0, 0, 0, 0, 1, .. Words] : Words;
            await _socket.SendAsync(words, end).ConfigureAwait(false);
            int length = await _socket.ReceiveAsync(_buffer, end).ConfigureAwait(false);
            return length == 0 ? null : Flow.Transport == Transport.Echo ? "echo" : Encoding.UTF8.GetString(_buffer, 0, length);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();
}
