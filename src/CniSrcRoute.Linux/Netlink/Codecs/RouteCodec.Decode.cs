using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Routes as messages: struct rtmsg and its attributes (rtnetlink(7), &lt;linux/rtnetlink.h&gt;).</summary>
internal static partial class RouteCodec
{
    /// <summary>Reads a route of RTM_NEWROUTE.</summary>
    /// <returns>False for what is no route of a table: a cached one, one of the table local, or a message cut short.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out TableId table, out Route route)
    {
        (table, route) = (default, null!);
        return MemoryMarshal.TryRead(payload, out RtMsg header) && header.Table != Constants.RT_TABLE_LOCAL &&
            TryDecodeAny(payload, out table, out route) && table.Number != Constants.RT_TABLE_LOCAL;
    }

    /// <summary>Reads a route of RTM_NEWROUTE, whichever table it is of.</summary>
    /// <returns>False for what is no route of a table: a cached one, or a message cut short.</returns>
    public static bool TryDecodeAny(ReadOnlySpan<byte> payload, out TableId table, out Route route)
    {
        (table, route) = (default, null!);
        if (!MemoryMarshal.TryRead(payload, out RtMsg header) || (header.Flags & Constants.RTM_F_CLONED) != 0)
        {
            return false;
        }

        var family = (Family)header.Family;
        uint number = header.Table;
        var hop = new Hop { Flags = header.Flags };
        IpAddress destination = default, source = default, prefSrc = default;
        uint metric = 0, nexthopId = 0;
        byte preference = 0;
        OpaqueBytes metrics = default;
        Nexthop[]? multipath = null;
        bool hasDead = false;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.RTA_DST:
                    destination = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.RTA_SRC:
                    source = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.RTA_TABLE:
                    number = attributes.UInt32;
                    break;
                case Constants.RTA_PRIORITY:
                    metric = attributes.UInt32;
                    break;
                case Constants.RTA_PREFSRC:
                    prefSrc = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.RTA_NH_ID:
                    nexthopId = attributes.UInt32;
                    break;
                case Constants.RTA_PREF:
                    preference = attributes.Byte;
                    break;
                case Constants.RTA_METRICS:
                    metrics = new OpaqueBytes(attributes.Value.ToArray());
                    break;
                case Constants.RTA_MULTIPATH:
                    multipath = DecodeMultipath(attributes.Value, out hasDead);
                    break;
                default:
                    hop.Decode(attributes);
                    break;
            }
        }

        if (family is not (Family.IPv4 or Family.IPv6) ||
            header.DestinationLength > IpAddress.BitsOf(family) || header.SourceLength > IpAddress.BitsOf(family) ||
            !FamilyIs(destination, family) || !FamilyIs(source, family))
        {
            return false;
        }

        table = new TableId(family, number);
        route = new Route
        {
            Destination = new IpPrefix(destination.IsSet ? destination : new IpAddress(family, 0, 0), header.DestinationLength),
            Source = header.SourceLength == 0 ? default : new IpPrefix(source.IsSet ? source : new IpAddress(family, 0, 0), header.SourceLength),
            Tos = header.Tos,
            Metric = metric,
            Type = (RouteType)header.Type,
            Scope = header.Scope,
            Protocol = header.Protocol,
            PrefSrc = prefSrc,
            NexthopId = nexthopId,
            Metrics = metrics,
            Preference = preference,
            HasDeadNexthops = hasDead,

            // A reject route has no way out; the kernel lists IPv6 ones with the loopback device all the same.
            Nexthops = header.Type >= (int)RouteType.Blackhole ? [] : multipath ?? (hop.IsSet ? [hop.ToNexthop(weight: 1)] : []),
        };
        return true;
    }

    private static bool FamilyIs(IpAddress address, Family family) => !address.IsSet || address.Family == family;

    private static Nexthop[] DecodeMultipath(ReadOnlySpan<byte> rest, out bool hasDead)
    {
        hasDead = false;
        List<Nexthop> hops = [];
        while (MemoryMarshal.TryRead(rest, out RtNexthop header) && header.Length >= RtNexthop.Size && header.Length <= rest.Length)
        {
            var hop = new Hop { Flags = header.Flags, Oif = header.Oif };
            var attributes = new AttributeReader(rest[RtNexthop.Size..header.Length]);
            while (attributes.Next())
            {
                hop.Decode(attributes);
            }

            // A dead hop's device is down: main does not use it, the kernel would not take it in a copy, and brings it back by itself in both.
            if ((header.Flags & Constants.RTNH_F_DEAD) == 0)
            {
                hops.Add(hop.ToNexthop(header.Hops + 1));
            }
            else
            {
                hasDead = true;
            }

            rest = rest[Math.Min(AttributeReader.Align(header.Length), rest.Length)..];
        }

        // One that is left alone has no weight: a route with a single next hop is written, and listed, without.
        return hops.Count == 1 ? [hops[0] with { Weight = 1 }] : [.. hops];
    }

    /// <summary>The attributes that a next hop has, alone or among several.</summary>
    private struct Hop
    {
        private IpAddress _gateway;
        private uint _realm;
        private ushort _encapsulationType;
        private byte[]? _encapsulation;

        public uint Flags { get; set; }

        public int Oif { get; set; }

        public readonly bool IsSet => Oif != 0 || _gateway.IsSet;

        public void Decode(AttributeReader attribute)
        {
            switch (attribute.Type)
            {
                case Constants.RTA_OIF:
                    Oif = (int)attribute.UInt32;
                    break;
                case Constants.RTA_GATEWAY:
                    _gateway = IpAddress.FromBytes(attribute.Value);
                    break;
                case Constants.RTA_VIA when attribute.Value.Length > 2:
                    _gateway = IpAddress.FromBytes(attribute.Value[2..]);
                    break;
                case Constants.RTA_FLOW:
                    _realm = attribute.UInt32;
                    break;
                case Constants.RTA_ENCAP_TYPE:
                    _encapsulationType = attribute.UInt16;
                    break;
                case Constants.RTA_ENCAP:
                    _encapsulation = attribute.Value.ToArray();
                    break;
                default:
                    // Attributes of a later kernel, and those that are state: cache data, expiry.
                    break;
            }
        }

        public readonly Nexthop ToNexthop(int weight) => new()
        {
            Gateway = _gateway,
            Oif = Oif,
            Weight = weight,
            Flags = (byte)(Flags & Constants.RTNH_F_ONLINK),
            Realm = _realm,
            Encapsulation = _encapsulation is null ? null : new Encapsulation(_encapsulationType, new OpaqueBytes(_encapsulation)),
        };
    }
}
