using System.Buffers.Binary;
using System.Net;

namespace CniSrcRoute.Tests.Marks;

/// <summary>A packet as it was on the wire of a card.</summary>
/// <param name="Card">The card it left by.</param>
/// <param name="NextHop">The hardware address it was sent to.</param>
/// <param name="Protocol">IPPROTO_.</param>
/// <param name="Source">The source address.</param>
/// <param name="SourcePort">The source port; for ICMP the type.</param>
/// <param name="Destination">The destination address.</param>
/// <param name="DestinationPort">The destination port; for ICMP the code.</param>
/// <param name="Inner">What a VXLAN packet carries, or an ICMP error tells of; null for none.</param>
internal sealed record Packet(string Card, string NextHop, int Protocol, string Source, int SourcePort, string Destination, int DestinationPort, Packet? Inner)
{
    public const int Icmp = 1, Tcp = 6, Udp = 17, Icmp6 = 58;

    /// <summary>flannel's port.</summary>
    public const int VxlanPort = 8472;

    private const int EthernetHeader = 14, VxlanHeader = 8, FragmentHeader = 44;

    /// <summary>The card, and the end of the hardware address it was given to.</summary>
    public string Way => $"{Card} {NextHop[^2..]}";

    /// <summary>Whether it is an ICMP error.</summary>
    public bool IsIcmpError => (Protocol == Icmp && SourcePort is 3 or 11) || (Protocol == Icmp6 && SourcePort < 128);

    /// <summary>Reads an Ethernet frame.</summary>
    /// <returns>The packet; null for what is neither IPv4 nor IPv6.</returns>
    public static Packet? Parse(string card, ReadOnlySpan<byte> frame) => frame.Length < EthernetHeader ? null
        : Parse(card, Convert.ToHexStringLower(frame[..6]), frame[EthernetHeader..], BinaryPrimitives.ReadUInt16BigEndian(frame[12..]));

    /// <summary>Reads a packet of a card without hardware addresses.</summary>
    /// <returns>The packet; null for what is neither IPv4 nor IPv6.</returns>
    public static Packet? ParseBare(string card, ReadOnlySpan<byte> packet) =>
        packet.IsEmpty ? null : Parse(card, "--", packet, packet[0] >> 4 == 6 ? 0x86dd : 0x0800);

    private static Packet? Parse(string card, string nextHop, ReadOnlySpan<byte> packet, int type)
    {
        bool is6 = type == 0x86dd;
        int header = is6 ? 40 : 20;
        if ((!is6 && type != 0x0800) || packet.Length < header + 4)
        {
            return null;
        }

        int protocol = packet[is6 ? 6 : 9];
        var source = new IPAddress(is6 ? packet[8..24] : packet[12..16]);
        var destination = new IPAddress(is6 ? packet[24..40] : packet[16..20]);
        ReadOnlySpan<byte> payload = packet[(is6 ? 40 : (packet[0] & 0xf) * 4)..];
        if (is6 && protocol == FragmentHeader && payload.Length >= 12 && BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) < 8)
        {
            // The first of several: the others have no ports.
            protocol = payload[0];
            payload = payload[8..];
        }

        bool hasPorts = protocol is Tcp or Udp;
        var plain = new Packet(
            card, nextHop, protocol, source.ToString(), hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(payload) : payload[0],
            destination.ToString(), hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) : payload[1], null);
        return plain with
        {
            Inner = plain.IsIcmpError ? Parse(card, nextHop, payload[8..], type)
                : protocol == Udp && plain.DestinationPort == VxlanPort ? Parse(card, payload[(8 + VxlanHeader)..])
                : null,
        };
    }
}
