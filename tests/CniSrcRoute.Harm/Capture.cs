using System.Buffers.Binary;
using System.Net;

namespace CniSrcRoute.Harm;

/// <summary>Packets that pass the cards of a network namespace. The kernel puts them into the socket as they pass, so they can be read when all is over.</summary>
internal sealed class Capture : IDisposable
{
    private const int Length = 96, Memory = 64 << 20;
    private const int ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772;
    private const int IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_ICMPV6 = 58;

    private readonly int _socket;

    /// <summary>Begins. Called in the namespace.</summary>
    public Capture()
    {
        _socket = Native.socket(Native.AF_PACKET, Native.SOCK_RAW | Native.SOCK_CLOEXEC, BinaryPrimitives.ReverseEndianness((ushort)Native.ETH_P_ALL));
        int result = Native.setsockopt(_socket, Native.SOL_SOCKET, Native.SO_RCVBUFFORCE, Memory, sizeof(int));
        if (_socket < 0 || result < 0)
        {
            throw new IOException("no packet socket");
        }
    }

    /// <summary>What has passed since it was asked last.</summary>
    public List<Sighting> Take()
    {
        List<Sighting> seen = [];
        byte[] packet = new byte[Length], address = new byte[20];
        int addressLength = address.Length;
        nint length;
        while ((length = Native.recvfrom(_socket, packet, packet.Length, Native.MSG_DONTWAIT, address, ref addressLength)) >= 0)
        {
            // struct sockaddr_ll: protocol at 2, ifindex at 4, hatype at 8, pkttype at 10 (packet(7)).
            byte kind = address[10];
            int type = BinaryPrimitives.ReadUInt16LittleEndian(address.AsSpan(8));
            if (kind is Native.PACKET_HOST or Native.PACKET_OUTGOING && type != ARPHRD_LOOPBACK)
            {
                Read(packet.AsSpan(0, (int)length), BinaryPrimitives.ReadInt32LittleEndian(address.AsSpan(4)), kind == Native.PACKET_OUTGOING, type == ARPHRD_ETHER, seen);
            }

            addressLength = address.Length;
        }

        return seen;
    }

    public void Dispose() => _ = Native.close(_socket);

    private static void Read(ReadOnlySpan<byte> packet, int card, bool outgoing, bool ethernet, List<Sighting> seen)
    {
        ulong hop = 0;
        if (ethernet && packet.Length > 14)
        {
            hop = BinaryPrimitives.ReadUInt64BigEndian(packet) >> 16;
            packet = packet[14..];
        }

        if (packet.Length < 28)
        {
            return;
        }

        bool ipv6 = packet[0] >> 4 == 6;
        int protocol = ipv6 ? packet[6] : packet[9];
        ReadOnlySpan<byte> inside = packet[Math.Min(ipv6 ? 40 : (packet[0] & 15) * 4, packet.Length)..];
        if (inside.Length < 8 || (packet[0] >> 4) is not (4 or 6))
        {
            return;
        }

        IPAddress sender = new(ipv6 ? packet[8..24] : packet[12..16]);
        int first = BinaryPrimitives.ReadUInt16BigEndian(inside), second = BinaryPrimitives.ReadUInt16BigEndian(inside[2..]);
        int number = BinaryPrimitives.ReadUInt16BigEndian(inside[4..]);
        switch (protocol, inside[0])
        {
            case (IPPROTO_TCP or IPPROTO_UDP, _):
                seen.Add(new Sighting(card, outgoing, hop, sender, first, second));
                break;
            case (IPPROTO_ICMP, 8) or (IPPROTO_ICMPV6, 128):
                seen.Add(new Sighting(card, outgoing, hop, sender, number, 0));
                break;
            case (IPPROTO_ICMP, 0) or (IPPROTO_ICMPV6, 129):
                seen.Add(new Sighting(card, outgoing, hop, sender, 0, number));
                break;
        }
    }
}
