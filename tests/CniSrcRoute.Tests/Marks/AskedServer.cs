using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>A server of datagrams on every address that looks up which one was asked (IP_PKTINFO, IPV6_PKTINFO), and answers from the one that the kernel chooses.</summary>
internal sealed class AskedServer : IDisposable
{
    private const int SOL_SOCKET = 1, SO_BINDTODEVICE = 25;

    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
    private readonly Socket _socket;
    private readonly Func<IPEndPoint, IPEndPoint, Socket>? _open;

    /// <summary>Begins to listen.</summary>
    /// <param name="network">Where.</param>
    /// <param name="port">The port.</param>
    /// <param name="card">The only card by which it hears; empty for all.</param>
    /// <param name="fromAsked">Whether it answers from the address that was asked, as most do that look it up.</param>
    public AskedServer(NetworkNamespace network, int port, string card = "", bool fromAsked = false)
    {
        _open = !fromAsked ? null : (own, client) => network.In(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(own);
            socket.Connect(client);
            return socket;
        });

        _socket = network.In(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (card.Length > 0)
            {
                socket.SetRawSocketOption(SOL_SOCKET, SO_BINDTODEVICE, Encoding.UTF8.GetBytes(card));
            }

            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            return socket;
        });
        _ = AnswerAsync();
    }

    /// <summary>Joins a group, by the card with a number.</summary>
    public void Join(string group, int card)
    {
        var address = IPAddress.Parse(group);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(address, card));
        }
        else
        {
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(address, card));
        }
    }

    /// <summary>The next request: "FROM:PORT asked ADDRESS", IPv4 as such.</summary>
    public async Task<string> HearAsync()
    {
        using var end = new CancellationTokenSource(Job.Patience);
        return await _heard.Reader.ReadAsync(end.Token).ConfigureAwait(false);
    }

    /// <summary>Sends a datagram of its own.</summary>
    public void Send(string address, int port) => Assert.Equal(2, _socket.SendTo("-\n"u8, new IPEndPoint(IPAddress.Parse(address).MapToIPv6(), port)));

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAsync()
    {
        try
        {
            byte[] buffer = new byte[1024];
            while (true)
            {
                SocketReceiveMessageFromResult request =
                    await _socket.ReceiveMessageFromAsync(buffer, new IPEndPoint(IPAddress.IPv6Any, 0)).ConfigureAwait(false);
                var client = (IPEndPoint)request.RemoteEndPoint;
                IPAddress asked = Plain(request.PacketInformation.Address);
                byte[] answer = Encoding.ASCII.GetBytes($"{asked}\n");
                if (_open is null)
                {
                    await _socket.SendToAsync(answer, client).ConfigureAwait(false);
                }
                else
                {
                    using Socket bound = _open(new IPEndPoint(asked, ((IPEndPoint)_socket.LocalEndPoint!).Port), new IPEndPoint(Plain(client.Address), client.Port));
                    TrySend(bound, answer);
                }

                await _heard.Writer.WriteAsync($"{Plain(client.Address)}:{client.Port} asked {asked}").ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    /// <summary>A firewall may keep the answer from being sent, which is told.</summary>
    private static void TrySend(Socket bound, byte[] answer)
    {
        try
        {
            _ = bound.Send(answer);
        }
        catch (SocketException)
        {
            // As a server would log it.
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
