namespace CniSrcRoute;

/// <summary>A network device: struct ifinfomsg and its attributes (rtnetlink(7)).</summary>
public sealed record Link
{
    /// <summary>The device on which kube-proxy has the addresses of services in its IPVS mode.</summary>
    public const string OfIpvs = "kube-ipvs0";

    /// <summary>IFF_UP (netdevice(7)): the administrator wants it up.</summary>
    public const uint FlagUp = 0x1;

    /// <summary>IFF_LOOPBACK.</summary>
    public const uint FlagLoopback = 0x8;

    /// <summary>IFF_POINTOPOINT: there is one neighbour, and a packet for it needs no gateway.</summary>
    public const uint FlagPointToPoint = 0x10;

    /// <summary>IFF_LOWER_UP: the driver sees a carrier.</summary>
    public const uint FlagLowerUp = 0x10000;

    /// <summary>ifi_index.</summary>
    public required int Index { get; init; }

    /// <summary>IFLA_IFNAME.</summary>
    public required string Name { get; init; }

    /// <summary>ifi_flags: IFF_ bits.</summary>
    public uint Flags { get; init; }

    /// <summary>IFLA_INFO_KIND: "bridge", "vxlan", "veth" ...; empty for hardware.</summary>
    public string Kind { get; init; } = "";

    /// <summary>ifi_type: an ARPHRD_ number of &lt;linux/if_arp.h&gt;.</summary>
    public ushort HardwareType { get; init; } = 1;

    /// <summary>IFLA_MASTER: the index of the bridge, bond or VRF it is a port of; 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>IFLA_LINK: the device below it (of a VLAN, a macvlan), or the other end of a veth pair; 0 for none.</summary>
    public int Lower { get; init; }

    /// <summary>IFLA_LINK_NETNSID: the number of the network namespace that <see cref="Lower"/> is in; null for the node's own.</summary>
    public int? LowerNetNs { get; init; }

    /// <summary>IFLA_GROUP: the group that rules may suppress; 0 for the default one.</summary>
    public uint Group { get; init; }

    /// <summary>IFLA_VRF_TABLE: the table of a VRF; 0 for any other device.</summary>
    public uint VrfTable { get; init; }

    /// <summary>net.ipv6.conf.DEVICE.ignore_routes_with_linkdown: IPv6 routes by the device do not count while it has no carrier.</summary>
    public bool IgnoresIpv6RoutesWithLinkdown { get; init; }

    /// <summary>IFLA_INET_CONF: the device's own IPv4 settings.</summary>
    public Ipv4Conf Conf { get; init; }

    /// <summary>Whether another state of the card is the same as far as routing goes: its settings have events of their own, and few of its flags matter.</summary>
    /// <param name="other">The other state.</param>
    /// <returns>True when nothing else differs.</returns>
    public bool IsLike(Link other) =>
        (Flags & FlagsThatMatter) == (other.Flags & FlagsThatMatter) && this with { Flags = 0, Conf = default, IgnoresIpv6RoutesWithLinkdown = false } == other with { Flags = 0, Conf = default, IgnoresIpv6RoutesWithLinkdown = false };

    private const uint FlagsThatMatter = FlagUp | FlagLoopback | FlagPointToPoint | FlagLowerUp;

    /// <summary>Whether it is a tunnel without link-layer addresses: ARPHRD_PPP, TUNNEL, TUNNEL6, SIT, IPGRE, IP6GRE, NONE (tun, WireGuard).</summary>
    public bool IsTunnel => HardwareType is 512 or 768 or 769 or 776 or 778 or 823 or 65534;

    /// <summary>Whether the kernel may listen at a UDP port for it, as for a VXLAN or WireGuard: not for hardware, and what leads from card to card in the node.</summary>
    public bool MayListen => Kind is not ("" or "veth" or "bridge" or "dummy" or "vlan" or "macvlan" or "ipvlan" or "bond" or "team" or "vrf" or "ifb");

    /// <summary>Whether it is a veth whose other end is in another network namespace: that of a container, or, in a container, that of its host.</summary>
    public bool LeadsToOtherNetNs => Kind == "veth" && LowerNetNs is not null;

    /// <summary>Of a card that leads to pods, whether it is that of a single one: it comes and goes with it.</summary>
    public bool IsPodCable => Kind == "veth";

    /// <summary>Whether there is one neighbour, so that no gateway is needed.</summary>
    public bool IsPointToPoint => (Flags & FlagPointToPoint) != 0;

    /// <summary>Whether the administrator wants it up.</summary>
    public bool IsUp => (Flags & FlagUp) != 0;

    /// <summary>Whether it has a carrier.</summary>
    public bool HasCarrier => (Flags & FlagLowerUp) != 0;

    /// <summary>Whether it only holds addresses: nothing comes in by it.</summary>
    public bool IsWithoutWire => IsLoopback || Kind is "dummy" or "ifb";

    /// <summary>Whether it is the loopback device.</summary>
    public bool IsLoopback => (Flags & FlagLoopback) != 0;
}
