using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace CniSrcRoute.Harm;

/// <summary>A router advertisement (RFC 4861 4.2, RFC 4191 2.2) without options: the sender is a default router.</summary>
/// <param name="Place">The router.</param>
/// <param name="Card">The router's card.</param>
/// <param name="At">The node's card that hears it.</param>
/// <param name="Preference">high, medium or low.</param>
internal sealed record Advertisement(string Place, string Card, string At, string Preference)
{
    private const int Seconds = 1800;

    /// <summary>Sends it. Called in the router's namespace.</summary>
    public void Send()
    {
        const int SOL_IPV6 = 41, IPV6_MULTICAST_HOPS = 18;
        using Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        int index = Index();
        socket.SetRawSocketOption(SOL_IPV6, IPV6_MULTICAST_HOPS, BitConverter.GetBytes(255));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        byte[] words = [134, 0, 0, 0, 64, (byte)(Preference switch { "high" => 0x08, "low" => 0x18, _ => 0 }), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(words.AsSpan(6), Seconds);
        socket.SendTo(words, new IPEndPoint(IPAddress.Parse($"ff02::1%{index}"), 0));
    }

    public override string ToString() => $"{Place} sends a router advertisement by {Card}: lifetime {Seconds} s, preference {Preference}";

    private int Index() =>
        NetworkInterface.GetAllNetworkInterfaces().First(card => card.Name == Card).GetIPProperties().GetIPv6Properties().Index;
}
