using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>As much of a route as tells whether it has to be decoded.</summary>
/// <param name="Destination">rtm_dst_len and RTA_DST.</param>
/// <param name="Kind">The rest.</param>
internal readonly record struct RouteBrief(IpPrefix Destination, RouteKind Kind)
{
    /// <summary>Reads it.</summary>
    /// <param name="payload">A message RTM_NEWROUTE.</param>
    /// <param name="route">The route.</param>
    /// <returns>False for one that is no usual one: with several ways out, for certain packets alone, a default.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RouteBrief route)
    {
        route = default;
        if (!MemoryMarshal.TryRead(payload, out RtMsg header) || header.SourceLength != 0 || header.Tos != 0 || (header.Flags & Constants.RTM_F_CLONED) != 0)
        {
            return false;
        }

        IpAddress destination = default;
        uint table = header.Table, nexthopId = 0;
        int oif = 0;
        bool hasGateway = false;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.RTA_DST:
                    destination = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.RTA_TABLE:
                    table = attributes.UInt32;
                    break;
                case Constants.RTA_OIF:
                    oif = (int)attributes.UInt32;
                    break;
                case Constants.RTA_NH_ID:
                    nexthopId = attributes.UInt32;
                    break;
                case Constants.RTA_GATEWAY:
                case Constants.RTA_VIA:
                    hasGateway = true;
                    break;
                case Constants.RTA_MULTIPATH:
                    return false;
                default:
                    break;
            }
        }

        var family = (Family)header.Family;
        if (destination.Family != family || header.DestinationLength > destination.Bits)
        {
            return false;
        }

        route = new RouteBrief(
            new IpPrefix(destination, header.DestinationLength),
            new RouteKind(new TableId(family, table), (RouteType)header.Type, header.Protocol, header.Scope, oif, hasGateway, nexthopId));
        return true;
    }
}
