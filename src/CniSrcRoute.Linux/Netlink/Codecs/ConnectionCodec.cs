using System.Buffers.Binary;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Tracked connections as messages: struct nfgenmsg and CTA_ attributes (&lt;linux/netfilter/nfnetlink_conntrack.h&gt;).</summary>
internal static class ConnectionCodec
{
    /// <summary>NFNL_SUBSYS_CTNETLINK and IPCTNL_MSG_CT_GET.</summary>
    public const int Get = (1 << 8) | 1;

    /// <summary>NFNL_SUBSYS_CTNETLINK and IPCTNL_MSG_CT_NEW.</summary>
    public const int New = 1 << 8;

    private const int HeaderLength = 4;
    private const int CTA_TUPLE_ORIG = 1, CTA_TUPLE_REPLY = 2, CTA_STATUS = 3, CTA_PROTOINFO = 4, CTA_MARK = 8, CTA_MARK_MASK = 21;
    private const int CTA_TUPLE_IP = 1, CTA_TUPLE_PROTO = 2;
    private const int CTA_PROTOINFO_TCP = 1, CTA_PROTOINFO_TCP_STATE = 1;

    /// <summary>TCP_CONNTRACK_LAST_ACK, _TIME_WAIT and _CLOSE (&lt;linux/netfilter/nf_conntrack_tcp.h&gt;).</summary>
    private const byte LastAck = 6, Closed = 8;
    private const int CTA_PROTO_NUM = 1, CTA_PROTO_SRC_PORT = 2, CTA_PROTO_DST_PORT = 3;

    /// <summary>Reads a connection of IPCTNL_MSG_CT_NEW.</summary>
    /// <returns>False for a message cut short.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Connection connection)
    {
        Tuple original = default, reply = default;
        uint status = 0, mark = 0;
        bool hasEnded = false;
        var attributes = new AttributeReader(payload.Length < HeaderLength ? [] : payload[HeaderLength..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case CTA_TUPLE_ORIG:
                    original = DecodeTuple(attributes.Value);
                    break;
                case CTA_TUPLE_REPLY:
                    reply = DecodeTuple(attributes.Value);
                    break;
                case CTA_STATUS:
                    status = BinaryPrimitives.ReverseEndianness(attributes.UInt32);
                    break;
                case CTA_PROTOINFO:
                    hasEnded = TcpState(attributes.Value) is >= LastAck and <= Closed;
                    break;
                case CTA_MARK:
                    mark = BinaryPrimitives.ReverseEndianness(attributes.UInt32);
                    break;
                default:
                    break;
            }
        }

        connection = new Connection(
            original.Protocol, original.Source, original.SourcePort, original.Destination, original.DestinationPort, reply.Source, reply.SourcePort, status, mark)
        {
            HasEnded = hasEnded,
        };
        return original.Source.IsSet && reply.Source.IsSet;
    }

    /// <summary>Writes the payload of a dump of all connections.</summary>
    public static void EncodeDump(ref MessageWriter writer) => writer.Write(0);

    /// <summary>Writes the payload of a change of a connection's mark.</summary>
    public static void EncodeMark(ref MessageWriter writer, Connection connection, uint mark, uint mask)
    {
        bool is6 = connection.OpenedBy.Family == Family.IPv6;
        writer.Write([(byte)connection.OpenedBy.Family, 0, 0, 0]);
        int tuple = writer.BeginNested(CTA_TUPLE_ORIG | Constants.NLA_F_NESTED);
        int addresses = writer.BeginNested(CTA_TUPLE_IP | Constants.NLA_F_NESTED);
        writer.Attribute(is6 ? 3 : 1, connection.OpenedBy);
        writer.Attribute(is6 ? 4 : 2, connection.OpenedTo);
        writer.EndNested(addresses);
        int protocol = writer.BeginNested(CTA_TUPLE_PROTO | Constants.NLA_F_NESTED);
        writer.Attribute(CTA_PROTO_NUM, [connection.Protocol]);
        writer.Attribute(CTA_PROTO_SRC_PORT, [(byte)(connection.OpenedFromPort >> 8), (byte)connection.OpenedFromPort]);
        writer.Attribute(CTA_PROTO_DST_PORT, [(byte)(connection.Port >> 8), (byte)connection.Port]);
        writer.EndNested(protocol);
        writer.EndNested(tuple);
        writer.Attribute(CTA_MARK, BinaryPrimitives.ReverseEndianness(mark));
        writer.Attribute(CTA_MARK_MASK, BinaryPrimitives.ReverseEndianness(mask));
    }

    /// <summary>TCP_CONNTRACK_; 0 for another protocol.</summary>
    private static byte TcpState(ReadOnlySpan<byte> value)
    {
        var protocols = new AttributeReader(value);
        while (protocols.Next())
        {
            var tcp = new AttributeReader(protocols.Type == CTA_PROTOINFO_TCP ? protocols.Value : []);
            while (tcp.Next())
            {
                if (tcp.Type == CTA_PROTOINFO_TCP_STATE)
                {
                    return tcp.Byte;
                }
            }
        }

        return 0;
    }

    private static Tuple DecodeTuple(ReadOnlySpan<byte> value)
    {
        Tuple tuple = default;
        var attributes = new AttributeReader(value);
        while (attributes.Next())
        {
            var inner = new AttributeReader(attributes.Value);
            while (inner.Next())
            {
                switch (attributes.Type, inner.Type)
                {
                    // CTA_IP_V4_SRC, V4_DST, V6_SRC, V6_DST.
                    case (CTA_TUPLE_IP, 1 or 3):
                        tuple.Source = IpAddress.FromBytes(inner.Value);
                        break;
                    case (CTA_TUPLE_IP, 2 or 4):
                        tuple.Destination = IpAddress.FromBytes(inner.Value);
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_NUM):
                        tuple.Protocol = inner.Byte;
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_SRC_PORT):
                        tuple.SourcePort = BinaryPrimitives.ReverseEndianness(inner.UInt16);
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_DST_PORT):
                        tuple.DestinationPort = BinaryPrimitives.ReverseEndianness(inner.UInt16);
                        break;
                    default:
                        break;
                }
            }
        }

        return tuple;
    }

    private struct Tuple
    {
        public IpAddress Source, Destination;
        public byte Protocol;
        public ushort SourcePort, DestinationPort;
    }
}
