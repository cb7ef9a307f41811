namespace CniSrcRoute.Walk;

/// <summary>The way of a packet, and how it was found.</summary>
public sealed record Way
{
    /// <summary>The rules that were asked, in order. The last one decided if it is <see cref="StepKind.Taken"/>.</summary>
    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>
    /// What becomes of the packet: a way out (unicast), the node itself (local, broadcast, anycast, multicast), a refusal, or unspecified where no rule has a
    /// route.
    /// </summary>
    public required RouteType Type { get; init; }

    /// <summary>The table of the route.</summary>
    public uint Table { get; init; }

    /// <summary>The route; null where there is none.</summary>
    public Route? Route { get; init; }

    /// <summary>The ways out among which the kernel chooses: several for a multipath route.</summary>
    public IReadOnlyList<Nexthop> Hops { get; init; } = [];

    /// <summary>The packet's source: its own, or the one the kernel chooses; none where there is no address to choose.</summary>
    public IpAddress Source { get; init; }

    /// <summary>
    /// Whether there was no route, and the destination is taken to be on the link of the device the sender is bound to, as IPv4 does (net/ipv4/route.c).
    /// </summary>
    public bool IsAssumedOnLink { get; init; }

    /// <summary>Whether the packet's source is no address of the node, so that the kernel does not send it.</summary>
    public bool IsForeignSource { get; init; }

    /// <summary>
    /// Whether the kernel may decide otherwise: a rule selects by something this program does not know, or asks for the device of a way out that is dead.
    /// </summary>
    public bool IsUncertain { get; init; }

    /// <summary>The rule that decided; null where none did.</summary>
    public Rule? Rule => Steps is [.., { Kind: StepKind.Taken } last] ? last.Rule : null;

    /// <summary>Whether the packet leaves the node.</summary>
    public bool Leaves => Type == RouteType.Unicast && Hops.Count > 0;

    /// <summary>Whether the packet is for the node itself.</summary>
    public bool IsLocal => Type is RouteType.Local or RouteType.Broadcast or RouteType.Anycast or RouteType.Multicast;

    /// <summary>Whether the packet has no source of its own and gets that of the card that the kernel chooses among several.</summary>
    public bool HasSourceOfHop => Route is { PrefSrc.IsSet: false } && Hops.Any(hop => hop.Oif != Hops[0].Oif);

    /// <summary>Whether every way out is by the device.</summary>
    /// <param name="device">Its index.</param>
    /// <returns>False also where there is no way out.</returns>
    public bool LeavesBy(int device) => Leaves && Hops.All(hop => hop.Oif == device);
}
