namespace CniSrcRoute;

/// <summary>One way out of a route: struct rtnexthop of &lt;linux/rtnetlink.h&gt;, or the same attributes of a route that has one.</summary>
public sealed record Nexthop
{
    /// <summary>
    /// RTNH_F_ONLINK: the gateway is taken to be on the link. The one flag that is configuration; DEAD, LINKDOWN, OFFLOAD and TRAP are state.
    /// </summary>
    public const byte OnLink = 4;

    /// <summary>The neighbour the packet goes to; none for a direct route. Of the other family for RTA_VIA.</summary>
    public IpAddress Gateway { get; init; }

    /// <summary>RTA_OIF: the index of the outgoing device, 0 for none.</summary>
    public int Oif { get; init; }

    /// <summary>The weight among several, 1 to 256. A single next hop has 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary><see cref="OnLink"/> or 0.</summary>
    public byte Flags { get; init; }

    /// <summary>RTA_FLOW: the realm (ip-route(8)), 0 for none.</summary>
    public uint Realm { get; init; }

    /// <summary>RTA_ENCAP_TYPE and RTA_ENCAP as the kernel wrote them; none for a plain next hop.</summary>
    public Encapsulation? Encapsulation { get; init; }
}
