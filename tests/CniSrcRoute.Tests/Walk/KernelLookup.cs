using System.Runtime.CompilerServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Tests.Walk;

/// <summary>Asks the kernel what `ip route get` asks, with every word it has.</summary>
internal sealed class KernelLookup(ITransport transport)
{
    private const int RTM_F_LOOKUP_TABLE = 0x1000;
    private const int RTA_IIF = 3;
    private const int RTA_MARK = 16;
    private const int RTA_UID = 25;
    private const int RTA_IP_PROTO = 27;
    private const int RTA_SPORT = 28;
    private const int RTA_DPORT = 29;

    private readonly Conversation _conversation = new(transport);

    /// <summary>What `ip route get` says: an errno, or the way out.</summary>
    public KernelAnswer Ask(Flow flow)
    {
        ReadOnlySpan<byte> answer = Ask(flow, 0, out int errno);
        if (errno != 0)
        {
            return new KernelAnswer(errno, default, 0, default, default);
        }

        RtMsg header = System.Runtime.InteropServices.MemoryMarshal.Read<RtMsg>(answer);
        var (oif, gateway, source) = (0, default(IpAddress), default(IpAddress));
        var attributes = new AttributeReader(answer[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.RTA_OIF:
                    oif = (int)attributes.UInt32;
                    break;
                case Constants.RTA_GATEWAY:
                    gateway = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.RTA_VIA:
                    gateway = IpAddress.FromBytes(attributes.Value[2..]);
                    break;
                case Constants.RTA_PREFSRC:
                    source = IpAddress.FromBytes(attributes.Value);
                    break;
                default:
                    break;
            }
        }

        return new KernelAnswer(0, (RouteType)header.Type, oif, gateway, source);
    }

    /// <summary>What `ip route get fibmatch` says: the route as it stands in its table; null for none.</summary>
    public Route? Match(Flow flow, out TableId table)
    {
        ReadOnlySpan<byte> answer = Ask(flow, Constants.RTM_F_FIB_MATCH, out _);
        return RouteCodec.TryDecodeAny(answer, out table, out Route route) ? route : null;
    }

    private ReadOnlySpan<byte> Ask(Flow flow, uint flags, out int errno) => _conversation.Ask(Constants.RTM_GETROUTE, (ref MessageWriter writer) =>
    {
        writer.Write(new RtMsg
        {
            Family = (byte)flow.Family,
            DestinationLength = (byte)flow.Destination.Bits,
            SourceLength = (byte)(flow.Source.IsSet ? flow.Source.Bits : 0),
            Tos = flow.Tos,

            // IPv4 tells of the table when it is asked to, IPv6 always.
            Flags = flags | (flow.Family == Family.IPv4 ? RTM_F_LOOKUP_TABLE : 0u),
        });
        writer.Attribute(Constants.RTA_DST, flow.Destination);
        if (flow.Source.IsSet)
        {
            writer.Attribute(Constants.RTA_SRC, flow.Source);
        }

        Number(ref writer, RTA_IIF, (uint)flow.Iif);
        Number(ref writer, Constants.RTA_OIF, (uint)flow.Oif);
        Number(ref writer, RTA_MARK, flow.Mark);
        writer.Attribute(RTA_UID, flow.User);
        writer.Attribute(RTA_IP_PROTO, [flow.Protocol]);
        Port(ref writer, RTA_SPORT, flow.SourcePort);
        Port(ref writer, RTA_DPORT, flow.DestinationPort);
    }, out errno);

    private static void Number(ref MessageWriter writer, int type, uint value)
    {
        if (value != 0)
        {
            writer.Attribute(type, value);
        }
    }

    private static void Port(ref MessageWriter writer, int type, ushort value)
    {
        if (value != 0)
        {
            writer.Attribute(type, [(byte)(value >> 8), (byte)value]);
        }
    }
}
