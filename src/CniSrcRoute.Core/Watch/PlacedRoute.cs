namespace CniSrcRoute.Watch;

/// <summary>A route and its table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Route">The route.</param>
internal readonly record struct PlacedRoute(TableId Table, Route Route);
