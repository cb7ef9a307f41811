using System.Net;
using System.Net.Sockets;
using System.Text;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>One connection of a client, TCP or UDP, with a port of its own by which its packets are known.</summary>
internal sealed class Client : IDisposable
{
    private static int _lastPort = 10_000;

    private readonly Socket _socket;
    private readonly IPEndPoint _server;
    private readonly byte[] _buffer = new byte[64 << 10];
    private bool _connected;

    /// <summary>Opens the socket; nothing is sent yet.</summary>
    /// <param name="network">Where the client is.</param>
    /// <param name="address">The server's address.</param>
    /// <param name="port">The server's port.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="from">The client's own address; empty for the kernel's choice.</param>
    /// <param name="sharedPort">The port of another client of the place, of datagrams for another address, to share it; 0 for one of its own.</param>
    /// <param name="card">The card that it is bound to; empty for none.</param>
    /// <param name="mark">The socket's mark; 0 for none.</param>
    public Client(
        NetworkNamespace network, string address, int port, ProtocolType protocol = ProtocolType.Tcp, string from = "", int sharedPort = 0, string card = "", uint mark = 0)
    {
        _server = new IPEndPoint(IPAddress.Parse(address), port);

        // Below the ports that the kernel gives to others, and no port twice in a row.
        Port = sharedPort != 0 ? sharedPort : 10_000 + (Interlocked.Increment(ref _lastPort) % 20_000);
        _socket = network.In(() =>
        {
            var socket = new Socket(_server.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
            if (protocol == ProtocolType.Udp && socket.AddressFamily == AddressFamily.InterNetwork)
            {
                socket.DontFragment = true;
            }

            if (protocol == ProtocolType.Udp)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            const int SOL_SOCKET = 1, SO_BINDTODEVICE = 25, SO_MARK = 36;
            if (card.Length > 0)
            {
                socket.SetRawSocketOption(SOL_SOCKET, SO_BINDTODEVICE, Encoding.UTF8.GetBytes(card));
            }

            if (mark != 0)
            {
                socket.SetRawSocketOption(SOL_SOCKET, SO_MARK, BitConverter.GetBytes(mark));
            }

            IPAddress any = _server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
            socket.Bind(new IPEndPoint(from.Length > 0 ? IPAddress.Parse(from) : any, Port));
            return socket;
        });
    }

    /// <summary>The client's port.</summary>
    public int Port { get; }

    /// <summary>The server's address.</summary>
    public string Server => _server.Address.ToString();

    /// <summary>Connects where that is still to be done, says something, and waits for the answer.</summary>
    /// <param name="patience">How long; the usual when nothing is said.</param>
    /// <param name="length">How many bytes are said; one datagram for UDP, and never in fragments.</param>
    /// <returns>A line; null when nothing came, or the connection was refused or broken.</returns>
    public async Task<string?> AskAsync(TimeSpan? patience = null, int length = 2)
    {
        byte[] question = new byte[length];
        question[^1] = (byte)'\n';
        return await AnswerAsync(question, patience).ConfigureAwait(false) is { } answer ? Encoding.UTF8.GetString(answer).TrimEnd() : null;
    }

    /// <summary>The same with a question and an answer of any bytes and length, in fragments where they are long.</summary>
    public Task<byte[]?> ExchangeAsync(ReadOnlyMemory<byte> question, TimeSpan? patience = null)
    {
        if (_server.AddressFamily == AddressFamily.InterNetwork)
        {
            _socket.DontFragment = false;
        }

        return AnswerAsync(question, patience);
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> question, TimeSpan? patience)
    {
        // The time counts from when something has been sent.
        using var end = new CancellationTokenSource();
        try
        {
            if (!_connected)
            {
                ValueTask connected = _socket.ConnectAsync(_server, end.Token);
                if (_socket.SocketType == SocketType.Stream)
                {
                    end.CancelAfter(patience ?? Job.Patience);
                }

                await connected.ConfigureAwait(false);
                _connected = true;
            }

            await SendAsync(question, end.Token).ConfigureAwait(false);
            end.CancelAfter(patience ?? Job.Patience);
            int answered = await _socket.ReceiveAsync(_buffer, end.Token).ConfigureAwait(false);
            return answered == 0 ? null : _buffer[..answered];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken end)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, end).ConfigureAwait(false)..];
        }
    }
}
