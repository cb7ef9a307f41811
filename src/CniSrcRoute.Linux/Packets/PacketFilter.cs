using CniSrcRoute.Interop;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Packets;

/// <summary>
/// The program by which the kernel drops, before they cost anything, all packets but the first ones of requests and answers: TCP's that open, accept or
/// refuse, datagrams, ICMP errors that the node sends, and ARP's that come in. Offsets are from the network header on (SOCK_DGRAM).
/// </summary>
internal static class PacketFilter
{
    /// <summary>How many bytes of a packet are kept: the longest header of IPv4 and TCP's first bytes.</summary>
    public const int Snapshot = 96;

    /// <summary>How long the header of ICMP is, ahead of the packet that it is about.</summary>
    public const int IcmpHeader = 8;

    private const byte Syn = 0x02, Reset = 0x04, Acknowledge = 0x10;
    private const uint Protocol = 0, Client = 1, Ports = 2, Flags = 3;

    /// <summary>IPPROTO_ICMP and IPPROTO_ICMPV6, their "destination unreachable", and of the first the code that tells a length alone.</summary>
    private const byte Icmp4 = 1, Icmp6 = 58, Unreachable4 = 3, Unreachable6 = 1, FragmentationNeeded = 4;

    /// <summary>Writes the program.</summary>
    /// <param name="cards">ifi_index of each card: 200 at most, since a jump goes no farther.</param>
    /// <param name="share">One of so many conversations is looked at, chosen by its client and ports: a power of two.</param>
    /// <param name="exceptPorts">UDP ports of tunnels and the like, which nobody answers.</param>
    public static List<Libc.SockFilter> Build(IReadOnlyList<int> cards, uint share, IReadOnlyList<ushort> exceptPorts)
    {
        // A question for one of the node's addresses is sent to all.
        List<Libc.SockFilter> arp =
            [Load(SKF_AD_OFF + SKF_AD_PKTTYPE), new(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING), Return(0), Return(Snapshot)];
        List<Libc.SockFilter> ip4 =
        [
            // A fragment but the first has no ports.
            LoadHalf(6), new(BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x1fff), Return(0),
            LoadByte(9), Store(Protocol),
            new(BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0),
            .. LoadClient(incoming: 12, outgoing: 16),
        ];
        List<Libc.SockFilter> ip6 =
        [
            LoadByte(6), Store(Protocol),
            new(BPF_LDX | BPF_W | BPF_IMM, 0, 0, 40),
            .. LoadClient(incoming: 20, outgoing: 36),
        ];
        List<Libc.SockFilter> udp =
            [.. DropUnless(17), Load(SKF_AD_OFF + SKF_AD_PKTTYPE), new(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, PACKET_OUTGOING), .. DropUnless(PACKET_HOST)];
        foreach (uint offset in new uint[] { 0, 2 })
        {
            udp.Add(new(BPF_LD | BPF_H | BPF_IND, 0, 0, offset));
            foreach (ushort port in exceptPorts)
            {
                udp.AddRange([new(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, port), Return(0)]);
            }
        }

        List<Libc.SockFilter> tcp =
        [
            new(BPF_LD | BPF_B | BPF_IND, 0, 0, 13), new(BPF_ALU | BPF_AND | BPF_K, 0, 0, Syn | Reset | Acknowledge), Store(Flags),
            Load(SKF_AD_OFF + SKF_AD_PKTTYPE),
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, PACKET_OUTGOING),

            // What goes out accepts or refuses,
            LoadStored(Flags), new(BPF_JMP | BPF_JSET | BPF_K, 6, 0, Reset), new(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, Syn | Acknowledge), Return(0),

            // and what comes in for the node opens.
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, PACKET_HOST), LoadStored(Flags), new(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, Syn), Return(0),
            Jump(udp.Count),
        ];
        // The packet that is refused is in the error, and its ports are those of the request.
        List<Libc.SockFilter> refused4 =
        [
            .. Refusing(Unreachable4),
            new(BPF_LD | BPF_B | BPF_IND, 0, 0, 1), new(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, FragmentationNeeded), Return(0),
            new(BPF_LD | BPF_B | BPF_IND, 0, 0, IcmpHeader), new(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf), new(BPF_ALU | BPF_LSH | BPF_K, 0, 0, 2),
            new(BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0), new(BPF_ALU | BPF_ADD | BPF_K, 0, 0, IcmpHeader), new(BPF_MISC | BPF_TAX, 0, 0, 0),
        ];
        List<Libc.SockFilter> refused6 = [.. Refusing(Unreachable6), new(BPF_LDX | BPF_W | BPF_IMM, 0, 0, 40 + IcmpHeader + 40)];
        refused6.Add(Jump(1 + tcp.Count + udp.Count));
        refused4.Add(Jump(1 + refused6.Count + 1 + tcp.Count + udp.Count));
        List<Libc.SockFilter> card = [];
        for (int i = 0; i < cards.Count; i++)
        {
            card.Add(new(BPF_JMP | BPF_JEQ | BPF_K, (byte)(cards.Count - i), 0, (uint)cards[i]));
        }

        return
        [
            Load(SKF_AD_OFF + SKF_AD_IFINDEX), .. card, Return(0),

            // A card sees the packets of its VLANs as well, which have cards of their own.
            Load(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT), .. DropUnless(0),
            Load(SKF_AD_OFF + SKF_AD_PROTOCOL),
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, (byte)arp.Count, ETH_P_ARP), .. arp,
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, (byte)(ip4.Count + 1), ETH_P_IP), .. ip4, Jump(ip6.Count + 2),
            .. DropUnless(ETH_P_IPV6), .. ip6,
            LoadStored(Protocol),
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, (byte)refused4.Count, Icmp4), .. refused4,
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, (byte)refused6.Count, Icmp6), .. refused6,
            new(BPF_JMP | BPF_JEQ | BPF_K, 0, (byte)tcp.Count, 6), .. tcp,
            .. udp,
            .. Share(share),
            Return(Snapshot),
        ];
    }

    /// <summary>Multiplicative hashing of the client and the sum of the ports, which is the same both ways.</summary>
    private static List<Libc.SockFilter> Share(uint share) => share == 1 ? [] :
    [
        new(BPF_LD | BPF_H | BPF_IND, 0, 0, 0), Store(Ports),
        new(BPF_LD | BPF_H | BPF_IND, 0, 0, 2), new(BPF_LDX | BPF_W | BPF_MEM, 0, 0, Ports), new(BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0),
        new(BPF_LDX | BPF_W | BPF_MEM, 0, 0, Client), new(BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0),
        new(BPF_ALU | BPF_MUL | BPF_K, 0, 0, 2654435761), new(BPF_ALU | BPF_RSH | BPF_K, 0, 0, 8), new(BPF_ALU | BPF_AND | BPF_K, 0, 0, share - 1),
        .. DropUnless(0),
    ];

    private static List<Libc.SockFilter> Refusing(byte type) =>
        [Load(SKF_AD_OFF + SKF_AD_PKTTYPE), .. DropUnless(PACKET_OUTGOING), new(BPF_LD | BPF_B | BPF_IND, 0, 0, 0), .. DropUnless(type)];

    private static List<Libc.SockFilter> LoadClient(uint incoming, uint outgoing) =>
    [
        Load(SKF_AD_OFF + SKF_AD_PKTTYPE),
        new(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, PACKET_OUTGOING),
        Load(outgoing), Jump(1),
        Load(incoming), Store(Client),
    ];

    private static List<Libc.SockFilter> DropUnless(uint value) => [new(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value), Return(0)];

    private static Libc.SockFilter Load(long offset) => new(BPF_LD | BPF_W | BPF_ABS, 0, 0, unchecked((uint)offset));

    private static Libc.SockFilter LoadHalf(uint offset) => new(BPF_LD | BPF_H | BPF_ABS, 0, 0, offset);

    private static Libc.SockFilter LoadByte(uint offset) => new(BPF_LD | BPF_B | BPF_ABS, 0, 0, offset);

    private static Libc.SockFilter Store(uint cell) => new(BPF_ST, 0, 0, cell);

    private static Libc.SockFilter LoadStored(uint cell) => new(BPF_LD | BPF_W | BPF_MEM, 0, 0, cell);

    private static Libc.SockFilter Jump(int steps) => new(BPF_JMP | BPF_JA, 0, 0, (uint)steps);

    private static Libc.SockFilter Return(uint bytes) => new(BPF_RET | BPF_K, 0, 0, bytes);
}
