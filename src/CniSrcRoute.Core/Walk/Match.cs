namespace CniSrcRoute.Walk;

/// <summary>What a table answers.</summary>
/// <param name="Route">The route.</param>
/// <param name="Hops">Its ways out that are usable, among which the kernel chooses; none for a route that has none.</param>
internal readonly record struct Match(Route Route, IReadOnlyList<Nexthop> Hops);
