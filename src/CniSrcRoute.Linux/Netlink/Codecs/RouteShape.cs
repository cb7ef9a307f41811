using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>What tells a route of main from others of its kind.</summary>
/// <param name="Destination">rtm_dst_len and RTA_DST.</param>
/// <param name="DestinationAt">Where in the message the destination's address begins.</param>
internal readonly record struct RouteShape(IpPrefix Destination, int DestinationAt)
{
    /// <summary>How many bytes a kind has at most; a longer one is that of no usual route.</summary>
    public const int MaxLength = 128;

    /// <summary>Reads a route of main by one router.</summary>
    /// <param name="payload">A message RTM_NEWROUTE.</param>
    /// <param name="kind">Room for <see cref="MaxLength"/> bytes; then the bytes that all routes of the same kind share.</param>
    /// <param name="route">The rest.</param>
    /// <returns>False for any other route.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, ref Span<byte> kind, out RouteShape route)
    {
        route = default;
        if (!MemoryMarshal.TryRead(payload, out RtMsg header) || header.Table != TableId.Main || header.Type != (byte)RouteType.Unicast ||
            header.SourceLength != 0 || (header.Flags & Constants.RTM_F_CLONED) != 0 || header.Protocol == Ownership.Protocol)
        {
            return false;
        }

        IpAddress destination = default;
        int destinationAt = 0;
        bool hasGateway = false, isAnnounced = MainFilter.MayBeAnnounced((Family)header.Family, header.Protocol, header.DestinationLength);
        kind[0] = header.Family;
        kind[1] = header.Tos;
        kind[2] = header.Scope;
        kind[3] = (byte)(header.Flags & Constants.RTNH_F_ONLINK);
        kind[4] = header.Protocol;
        int length = 5;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.RTA_DST:
                    destination = IpAddress.FromBytes(attributes.Value);
                    payload.Overlaps(attributes.Value, out destinationAt);
                    break;
                case Constants.RTA_TABLE:
                case Constants.RTA_CACHEINFO:
                    break;
                case Constants.RTA_MULTIPATH:
                    return false;
                default:
                    hasGateway |= attributes.Type is Constants.RTA_GATEWAY or Constants.RTA_VIA;
                    if (length + attributes.Raw.Length > kind.Length)
                    {
                        return false;
                    }

                    attributes.Raw.CopyTo(kind[length..]);
                    length += attributes.Raw.Length;
                    break;
            }
        }

        kind = kind[..length];
        var family = (Family)header.Family;
        if (!(hasGateway || isAnnounced) || destination.Family != family || header.DestinationLength > destination.Bits)
        {
            return false;
        }

        route = new RouteShape(new IpPrefix(destination, header.DestinationLength), destinationAt);
        return !route.Destination.IsDefault;
    }
}
