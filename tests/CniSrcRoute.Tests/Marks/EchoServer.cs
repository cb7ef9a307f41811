using System.Net;
using System.Net.Sockets;
using System.Text;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Answers every line, by TCP and UDP, IPv4 and IPv6, with its own name and the address it sees.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly string _name;
    private readonly List<Socket> _sockets = [];
    private bool _closed;

    /// <summary>Begins to listen.</summary>
    /// <param name="name">What it answers with.</param>
    /// <param name="network">Where it is.</param>
    /// <param name="port">Its port.</param>
    /// <param name="addresses">
    /// The addresses of its UDP sockets: one that is bound to none would answer from the one that main chooses, on a node with several.
    /// </param>
    public EchoServer(string name, NetworkNamespace network, int port, params string[] addresses)
    {
        _name = name;
        Socket tcp = network.In(() => Bound(SocketType.Stream, IPAddress.IPv6Any, port));
        tcp.Listen(4096);
        _ = AcceptAsync(tcp);
        foreach (string address in addresses.DefaultIfEmpty("::"))
        {
            _ = AnswerDatagramsAsync(network.In(() => Bound(SocketType.Dgram, IPAddress.Parse(address), port)));
        }
    }

    public void Dispose()
    {
        lock (_sockets)
        {
            _closed = true;
            _sockets.ForEach(socket => socket.Dispose());
        }
    }

    private Socket Bound(SocketType type, IPAddress address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp) { DualMode = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address.MapToIPv6(), port));
        return Keep(socket);
    }

    private Socket Keep(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
            if (_closed)
            {
                socket.Dispose();
            }
        }

        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(Keep(await listener.AcceptAsync().ConfigureAwait(false)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        try
        {
            byte[] answer = Answer(connection.RemoteEndPoint!);
            byte[] buffer = new byte[64 << 10];
            int length;
            while ((length = await connection.ReceiveAsync(buffer).ConfigureAwait(false)) > 0)
            {
                for (int lines = buffer.AsSpan(0, length).Count((byte)'\n'); lines > 0; lines--)
                {
                    await connection.SendAsync(answer).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client broke it off, or this is the end.
        }
    }

    private async Task AnswerDatagramsAsync(Socket socket)
    {
        try
        {
            byte[] buffer = new byte[64 << 10];
            while (true)
            {
                SocketReceiveFromResult request = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.IPv6Any, 0)).ConfigureAwait(false);
                await SendAsync(socket, request.RemoteEndPoint).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task SendAsync(Socket socket, EndPoint client)
    {
        try
        {
            await socket.SendToAsync(Answer(client), client).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // There is no way to this client; others are answered all the same.
        }
    }

    private byte[] Answer(EndPoint client)
    {
        IPAddress address = ((IPEndPoint)client).Address;
        return Encoding.UTF8.GetBytes($"{_name} {(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}\n");
    }
}
