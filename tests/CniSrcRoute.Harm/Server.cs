using System.Net;
using System.Net.Sockets;
using System.Text;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>Answers in a place with the place's name, by TCP and UDP.</summary>
internal sealed class Server : IDisposable
{
    /// <summary>Where all places listen.</summary>
    public const int Port = 7000;

    private const int SOL_IP = 0, IP_FREEBIND = 15, SOL_IPV6 = 41, IPV6_FREEBIND = 78;

    private readonly byte[] _name;
    private readonly List<Socket> _sockets = [];

    public Server(Place place, NetworkNamespace network)
    {
        _name = Encoding.UTF8.GetBytes(place.Name);
        network.In(() =>
        {
            Socket tcp = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            tcp.Bind(new IPEndPoint(IPAddress.IPv6Any, Port));
            tcp.Listen(4096);
            _sockets.Add(tcp);
            _ = AcceptAsync(tcp);

            // A UDP socket an address: one that is bound to none answers from the address that main chooses, whatever was asked.
            foreach (IPAddress address in place.Addresses.Distinct().Select(IPAddress.Parse))
            {
                Socket udp = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                bool ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
                udp.SetRawSocketOption(ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_FREEBIND : IP_FREEBIND, BitConverter.GetBytes(1));
                udp.Bind(new IPEndPoint(address, Port));
                _sockets.Add(udp);
                _ = AnswerDatagramsAsync(udp);
            }

            return 0;
        });
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private async Task AcceptAsync(Socket socket)
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await socket.AcceptAsync().ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            byte[] question = new byte[64];
            try
            {
                while (await socket.ReceiveAsync(question).ConfigureAwait(false) > 0)
                {
                    await socket.SendAsync(_name).ConfigureAwait(false);
                }
            }
            catch (SocketException)
            {
                // The other side gave up.
            }
        }
    }

    private async Task AnswerDatagramsAsync(Socket socket)
    {
        byte[] question = new byte[64];
        EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult asked = await socket.ReceiveFromAsync(question, any).ConfigureAwait(false);
                await socket.SendToAsync(_name, asked.RemoteEndPoint).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                // No way back to who asked.
            }
        }
    }
}
