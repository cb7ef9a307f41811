using System.Text;

namespace CniSrcRoute.Firewall;

/// <summary>A packet as rules ahead of connection tracking see it.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Destination">Where it goes.</param>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="SourcePort">The source port.</param>
/// <param name="DestinationPort">The destination port.</param>
/// <param name="In">The card it came in by; null for what the node says itself.</param>
/// <param name="Out">The card it leaves by as routed first; null for what comes in.</param>
public sealed record TrackPacket(IpAddress Source, IpAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort, Link? In, Link? Out)
{
    private const int NameLength = 16;

    private readonly byte[] _source = Bytes(Source), _destination = Bytes(Destination), _in = Name(In), _out = Name(Out);

    /// <summary>A byte of the packet.</summary>
    /// <param name="origin">Of which field.</param>
    /// <param name="index">Which of it.</param>
    /// <returns>Null where nothing is known of it.</returns>
    public byte? ByteAt(Origin origin, int index) => origin switch
    {
        Origin.Source => At(_source, index),
        Origin.Destination => At(_destination, index),
        Origin.SourcePort => (byte)(SourcePort >> (index == 0 ? 8 : 0)),
        Origin.Port => (byte)(DestinationPort >> (index == 0 ? 8 : 0)),
        Origin.Protocol => Protocol,
        Origin.Family => (byte)Destination.Family,
        Origin.EtherType => (byte)((Destination.Family == Family.IPv6 ? 0x86dd : 0x0800) >> (index == 0 ? 8 : 0)),
        Origin.CardName => At(_in, index),
        Origin.OutName => At(_out, index),
        Origin.CardIndex => (byte)((In?.Index ?? 0) >> (8 * index)),
        Origin.OutIndex => (byte)((Out?.Index ?? 0) >> (8 * index)),
        Origin.Padding => 0,
        _ => null,
    };

    private static byte? At(byte[] bytes, int index) => index < bytes.Length ? bytes[index] : null;

    private static byte[] Bytes(IpAddress address)
    {
        byte[] bytes = new byte[address.Bits / 8];
        address.WriteBytes(bytes);
        return bytes;
    }

    private static byte[] Name(Link? card)
    {
        byte[] name = Encoding.UTF8.GetBytes(card?.Name ?? "");
        Array.Resize(ref name, NameLength);
        return name;
    }
}
