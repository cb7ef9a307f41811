namespace CniSrcRoute.Planning;

/// <summary>
/// Gives the same routes in many tables metrics apart: the kernel looks for nexthop data to share by a hash that knows nothing of the table, so each of thousands
/// of tables with the same route walks all earlier ones. Within a table their order stays. IPv6 has no such hash.
/// </summary>
internal static class RouteSpread
{
    /// <summary>More tables than the kernel takes the same route into without a long search for each.</summary>
    private const int ManyTables = 256;

    private const uint Metrics = 1 << 10;

    /// <summary>The routes for one table.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="table">Its number.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <returns>The same list, unless there are many.</returns>
    public static IReadOnlyList<Route> Of(IReadOnlyList<Route> routes, uint table, int tables) =>
        tables > ManyTables ? [.. routes.Select(route => IsSpread(route) ? route with { Metric = route.Metric + (table & (Metrics - 1)) } : route)] : routes;

    private static bool IsSpread(Route route) => route.Family == Family.IPv4 && route.Metric < uint.MaxValue - Metrics;
}
