using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Observe;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Packets;

/// <summary>
/// Sees the packets of some cards (packet(7)): only the first ones of requests and answers, and only so many at once. One socket for all of them, since what
/// comes by one card and is answered by another has an order.
/// </summary>
public sealed unsafe class PacketSocket : IDisposable
{
    /// <summary>Bytes that the kernel queues: some hundred packets. What comes faster than it is read is dropped, and costs nothing.</summary>
    private const int ReceiveQueue = 128 << 10;

    private readonly IReadOnlyList<int> _cards;
    private readonly IReadOnlyList<ushort> _exceptPorts;

    /// <summary>Begins to see packets.</summary>
    /// <param name="cards">ifi_index of each card.</param>
    /// <param name="exceptPorts">UDP ports of tunnels and the like, which nobody answers.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public PacketSocket(IReadOnlyList<int> cards, IReadOnlyList<ushort> exceptPorts)
    {
        (_cards, _exceptPorts) = (cards, exceptPorts);

        // Of no protocol: no packet arrives before there is a filter.
        Descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        Check(Descriptor, "socket(AF_PACKET)");
        int queue = ReceiveQueue;
        Check(setsockopt(Descriptor, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(int)), "setsockopt(SO_RCVBUF)");
        Look(share: 1);
        var address = new Libc.SockAddrPacket
        {
            Family = (ushort)AF_PACKET,
            Protocol = BinaryPrimitives.ReverseEndianness((ushort)Constants.ETH_P_ALL),
        };
        Check(bind(Descriptor, (sockaddr*)&address, sizeof(Libc.SockAddrPacket)), "bind(AF_PACKET)");
    }

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor { get; }

    /// <summary>Looks at a share of the conversations from now on.</summary>
    /// <param name="share">One of so many: a power of two.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public void Look(uint share)
    {
        Libc.SockFilter[] code = [.. PacketFilter.Build(_cards, share, _exceptPorts)];
        fixed (Libc.SockFilter* filter = code)
        {
            var program = new Libc.SockFilterProgram { Length = (ushort)code.Length, Filter = filter };
            Check(setsockopt(Descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(Libc.SockFilterProgram)), "setsockopt(SO_ATTACH_FILTER)");
        }
    }

    /// <summary>How many packets have been dropped since the last call, since nobody read them in time.</summary>
    public uint TakeDrops()
    {
        // struct tpacket_stats: tp_packets, tp_drops.
        uint* statistics = stackalloc uint[2];
        socklen_t length = 2 * sizeof(uint);
        return getsockopt(Descriptor, SOL_PACKET, Constants.PACKET_STATISTICS, statistics, &length) == 0 ? statistics[1] : 0;
    }

    /// <summary>Reads what there is.</summary>
    /// <param name="observation">Takes note of it.</param>
    /// <param name="now">The time.</param>
    /// <param name="most">How many packets at most.</param>
    /// <returns>How many there were.</returns>
    public int Read(Observation observation, TimeSpan now, int most)
    {
        byte* buffer = stackalloc byte[PacketFilter.Snapshot];
        int count = 0;
        while (count < most)
        {
            Libc.SockAddrPacket from;
            socklen_t size = sizeof(Libc.SockAddrPacket);
            nint length = (nint)recvfrom(Descriptor, buffer, PacketFilter.Snapshot, 0, (sockaddr*)&from, &size);
            if (length < 0)
            {
                break;
            }

            count++;
            var bytes = new ReadOnlySpan<byte>(buffer, (int)length);
            string sender = from is { Length: 6, Type: not Constants.PACKET_OUTGOING }
                ? NeighbourCodec.HardwareAddress(MemoryMarshal.AsBytes([from.Address])[..from.Length])
                : "";
            switch (BinaryPrimitives.ReverseEndianness(from.Protocol))
            {
                case Constants.ETH_P_ARP when bytes.Length >= 18:
                    // struct arphdr, then ar_sha and ar_sip for Ethernet and IPv4.
                    observation.Neighbours[$"{from.Index} {sender}"] = IpAddress.FromBytes(bytes[14..18]);
                    break;
                case Constants.ETH_P_IP or Constants.ETH_P_IPV6 when Decode(from.Index, bytes, from.Type == Constants.PACKET_OUTGOING, sender) is { } packet:
                    observation.See(packet, now);
                    break;
                default:
                    break;
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = close(Descriptor);

    /// <summary>Reads struct iphdr or struct ipv6hdr, and the ports; of an ICMP error those of the packet that it is about.</summary>
    private static SeenPacket? Decode(int card, ReadOnlySpan<byte> bytes, bool isOutgoing, string sender)
    {
        bool is6 = bytes.Length > 0 && bytes[0] >> 4 == 6;
        int header = is6 ? 40 : bytes.Length > 0 ? 4 * (bytes[0] & 0xf) : 0;
        if (header < 20 || bytes.Length < header + 4)
        {
            return null;
        }

        IpAddress source = IpAddress.FromBytes(is6 ? bytes[8..24] : bytes[12..16]), destination = IpAddress.FromBytes(is6 ? bytes[24..40] : bytes[16..20]);
        ushort from = BinaryPrimitives.ReadUInt16BigEndian(bytes[header..]), to = BinaryPrimitives.ReadUInt16BigEndian(bytes[(header + 2)..]);
        byte protocol = is6 ? bytes[6] : bytes[9];
        if (protocol == (is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        {
            // What was refused has come in, and its sender is told.
            return bytes.Length >= header + PacketFilter.IcmpHeader && Decode(card, bytes[(header + PacketFilter.IcmpHeader)..], isOutgoing: false, "") is { } refused
                ? refused with { IsOutgoing = true, IsRefusal = true, Server = source }
                : null;
        }

        return isOutgoing
            ? new SeenPacket(card, true, protocol, destination, to, source, from, sender)
            : new SeenPacket(card, false, protocol, source, from, destination, to, sender);
    }

    private static void Check(int result, string operation)
    {
        if (result < 0)
        {
            throw new IOException($"{operation}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
