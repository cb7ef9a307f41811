using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <content>Writing.</content>
internal static partial class RouteCodec
{
    /// <summary>Writes a route as the payload of RTM_NEWROUTE, RTM_DELROUTE.</summary>
    public static void Encode(ref MessageWriter writer, TableId table, Route route)
    {
        // A nexthop object and its expansion together are refused (EINVAL).
        bool single = route is { NexthopId: 0, Nexthops.Count: 1 };
        writer.Write(new RtMsg
        {
            Family = (byte)route.Family,
            DestinationLength = route.Destination.Length,
            SourceLength = route.Source.Length,
            Tos = route.Tos,
            Table = table.Number < 256 ? (byte)table.Number : (byte)Constants.RT_TABLE_COMPAT,
            Protocol = route.Protocol,
            Scope = route.Scope,
            Type = (byte)route.Type,
            Flags = single ? route.Nexthops[0].Flags : 0u,
        });
        writer.Attribute(Constants.RTA_TABLE, table.Number);
        if (route.Destination.Length > 0)
        {
            writer.Attribute(Constants.RTA_DST, route.Destination.Address);
        }

        if (route.Source.IsSet)
        {
            writer.Attribute(Constants.RTA_SRC, route.Source.Address);
        }

        if (route.Metric != 0)
        {
            writer.Attribute(Constants.RTA_PRIORITY, route.Metric);
        }

        if (route.PrefSrc.IsSet)
        {
            writer.Attribute(Constants.RTA_PREFSRC, route.PrefSrc);
        }

        if (!route.Metrics.IsEmpty)
        {
            writer.Attribute(Constants.RTA_METRICS | Constants.NLA_F_NESTED, route.Metrics.Span);
        }

        if (route.Preference != 0)
        {
            writer.Attribute(Constants.RTA_PREF, [route.Preference]);
        }

        if (route.NexthopId != 0)
        {
            writer.Attribute(Constants.RTA_NH_ID, route.NexthopId);
        }
        else if (single)
        {
            if (route.Nexthops[0].Oif != 0)
            {
                writer.Attribute(Constants.RTA_OIF, (uint)route.Nexthops[0].Oif);
            }

            EncodeHop(ref writer, route.Nexthops[0], route.Family);
        }
        else if (route.Nexthops.Count > 1)
        {
            EncodeMultipath(ref writer, route);
        }
    }

    private static void EncodeMultipath(ref MessageWriter writer, Route route)
    {
        int multipath = writer.BeginNested(Constants.RTA_MULTIPATH | Constants.NLA_F_NESTED);
        foreach (Nexthop hop in route.Nexthops)
        {
            int start = writer.Length;
            writer.Write(new RtNexthop { Flags = hop.Flags, Hops = (byte)(hop.Weight - 1), Oif = hop.Oif });
            EncodeHop(ref writer, hop, route.Family);
            writer.EndNested(start);
        }

        writer.EndNested(multipath);
    }

    private static void EncodeHop(ref MessageWriter writer, Nexthop hop, Family family)
    {
        if (hop.Gateway.IsSet && hop.Gateway.Family == family)
        {
            writer.Attribute(Constants.RTA_GATEWAY, hop.Gateway);
        }
        else if (hop.Gateway.IsSet)
        {
            // struct rtvia: the family in two bytes, then the address.
            Span<byte> via = stackalloc byte[18];
            MemoryMarshal.Write(via, (ushort)hop.Gateway.Family);
            writer.Attribute(Constants.RTA_VIA, via[..(2 + hop.Gateway.WriteBytes(via[2..]))]);
        }

        if (hop.Realm != 0)
        {
            writer.Attribute(Constants.RTA_FLOW, hop.Realm);
        }

        if (hop.Encapsulation is { } encapsulation)
        {
            writer.Attribute(Constants.RTA_ENCAP_TYPE, [(byte)encapsulation.Type, (byte)(encapsulation.Type >> 8)]);
            writer.Attribute(Constants.RTA_ENCAP | Constants.NLA_F_NESTED, encapsulation.Value.Span);
        }
    }
}
