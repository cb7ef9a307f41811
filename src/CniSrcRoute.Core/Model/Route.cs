namespace CniSrcRoute;

/// <summary>
/// A route without its table: struct rtmsg and its attributes (rtnetlink(7)), reduced to what is configuration.
/// The table is not part of it, because every source table has the same copy.
/// </summary>
public sealed record Route
{
    /// <summary>RT_SCOPE_UNIVERSE: behind a gateway.</summary>
    public const byte ScopeUniverse = 0;

    /// <summary>RT_SCOPE_LINK: on the link.</summary>
    public const byte ScopeLink = 253;

    /// <summary>IP6_RT_PRIO_USER (&lt;linux/ipv6_route.h&gt;): the metric that the kernel gives an IPv6 route which came without one.</summary>
    public const uint DefaultMetric6 = 1024;

    /// <summary>The packets the route is for.</summary>
    public required IpPrefix Destination { get; init; }

    /// <summary>IPv6 source-specific routing: the packets' source prefix; no prefix for any.</summary>
    public IpPrefix Source { get; init; }

    /// <summary>The type of service, 0 for any.</summary>
    public byte Tos { get; init; }

    /// <summary>RTA_PRIORITY: the lower metric wins.</summary>
    public uint Metric { get; init; }

    /// <summary>What happens to the packet.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>rtm_scope; always 0 for IPv6.</summary>
    public byte Scope { get; init; }

    /// <summary>rtm_protocol: who made the route.</summary>
    public byte Protocol { get; init; }

    /// <summary>RTA_PREFSRC: the source address for packets that have none yet.</summary>
    public IpAddress PrefSrc { get; init; }

    /// <summary>RTA_NH_ID: the nexthop object; 0 for none. <see cref="Nexthops"/> then is its expansion, and is never sent back.</summary>
    public uint NexthopId { get; init; }

    /// <summary>The ways out: none for a reject route, several for a multipath one.</summary>
    public IReadOnlyList<Nexthop> Nexthops { get; init; } = [];

    /// <summary>Whether the kernel also lists next hops whose devices are down. State, so no part of what is compared.</summary>
    public bool HasDeadNexthops { get; init; }

    /// <summary>RTA_METRICS (mtu, advmss, initcwnd ...) as nested attributes, in the kernel's form and order.</summary>
    public OpaqueBytes Metrics { get; init; }

    /// <summary>RTA_PREF: ICMPV6_ROUTER_PREF_ of &lt;linux/icmpv6.h&gt;: 0 medium, 1 high, 3 low.</summary>
    public byte Preference { get; init; }

    /// <summary>The family of the destination.</summary>
    public Family Family => Destination.Family;

    /// <summary>What the kernel keys on.</summary>
    public RouteKey Key => new(Destination, Source, Tos, Metric);

    /// <summary>
    /// Whether it is a default, or one of the few large routes that VPNs have in its place: OpenVPN's 0.0.0.0/1 and 128.0.0.0/1, or all of the internet but
    /// the networks that a WireGuard tunnel leaves out, of which the largest parts are a /1 to a /3.
    /// </summary>
    public bool IsDefaultLike => Destination.Length <= LongestDefault;

    private const int LongestDefault = 3;

    /// <summary>Whether the route leads nowhere by intention: blackhole, unreachable, prohibit or throw.</summary>
    public bool IsReject => Type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw;

    /// <summary>Whether a next hop leaves by a device.</summary>
    /// <param name="card">Its ifi_index.</param>
    /// <returns>True when one does.</returns>
    public bool LeavesBy(int card)
    {
        // A watcher asks this of every route when a card changes, and LINQ makes an object for each answer.
        for (int i = 0; i < Nexthops.Count; i++)
        {
            if (Nexthops[i].Oif == card)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the kernel would hold the same route for both: all fields, but of a nexthop object the id alone, since its expansion is state.
    /// </summary>
    /// <param name="other">The other route.</param>
    /// <returns>True when they are the same.</returns>
    public bool Equals(Route? other) =>
        other is not null && Destination == other.Destination && Metric == other.Metric && Protocol == other.Protocol && IsByWayOf(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>Whether two routes differ in nothing but destination, metric and protocol.</summary>
    /// <param name="other">The other route.</param>
    /// <returns>True when they are of one family and do not differ in the rest.</returns>
    internal bool IsByWayOf(Route other) =>
        Family == other.Family && Source == other.Source && Tos == other.Tos && Type == other.Type && Scope == other.Scope && PrefSrc == other.PrefSrc &&
        NexthopId == other.NexthopId && Metrics == other.Metrics && Preference == other.Preference && (NexthopId != 0 || SameNexthops(other));

    private bool SameNexthops(Route other)
    {
        if (Nexthops.Count != other.Nexthops.Count)
        {
            return false;
        }

        for (int i = 0; i < Nexthops.Count; i++)
        {
            // IPv6 keeps no order among the next hops of one route: what was sent as A, B may be listed as B, A.
            if (Nexthops[i] != other.Nexthops[i] && !(Family == Family.IPv6 && other.Nexthops.Contains(Nexthops[i])))
            {
                return false;
            }
        }

        return true;
    }
}
