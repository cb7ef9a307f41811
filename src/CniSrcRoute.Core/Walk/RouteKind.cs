namespace CniSrcRoute.Walk;

/// <summary>What routes have in common that mean the same to a plan, each for its own destination.</summary>
/// <param name="Table">The table they stand in.</param>
/// <param name="Type">rtm_type.</param>
/// <param name="Protocol">Who made them.</param>
/// <param name="Scope">rtm_scope.</param>
/// <param name="Oif">The device they leave by; 0 for none, or a nexthop object's.</param>
/// <param name="HasGateway">Whether they lead to routers.</param>
/// <param name="NexthopId">The nexthop object; 0 for none.</param>
public readonly record struct RouteKind(TableId Table, RouteType Type, byte Protocol, byte Scope, int Oif, bool HasGateway, uint NexthopId)
{
    /// <summary>The narrowest route that refuses in which they lie; none for most.</summary>
    public IpPrefix Within { get; init; }
}
