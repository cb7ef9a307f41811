namespace CniSrcRoute.Planning;

/// <summary>
/// Gives the same routes in many tables metrics apart: the kernel looks for nexthop data to share by a hash that knows nothing of the table, so each of thousands
/// of tables with the same route walks all earlier ones. Within a table their order stays. IPv6 has no such hash.
/// </summary>
internal static class RouteSpread
{
    /// <summary>More tables than most nodes have. 500 routes to pods took the kernel 10.5 s in 100 tables, and 0.5 s with metrics apart.</summary>
    private const int ManyTables = 16;

    private const uint Metrics = 1 << 10;

    /// <summary>The routes for one table.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="table">Its number.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <returns>The same list, unless there are many.</returns>
    public static IReadOnlyList<Route> Of(IReadOnlyList<Route> routes, uint table, int tables) =>
        tables > ManyTables ? [.. routes.Select(route => IsSpread(route) ? route with { Metric = route.Metric + (table & (Metrics - 1)) } : route)] : routes;

    /// <summary>Routes that every table gets.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <returns>Gives the list for the table of a number: of thousands of tables many have the same metrics, and those share a list.</returns>
    public static Func<uint, IReadOnlyList<Route>> ForEach(IReadOnlyList<Route> routes, int tables)
    {
        if (tables <= ManyTables)
        {
            return _ => routes;
        }

        Dictionary<uint, IReadOnlyList<Route>> lists = [];
        return table =>
        {
            if (!lists.TryGetValue(table & (Metrics - 1), out IReadOnlyList<Route>? list))
            {
                lists.Add(table & (Metrics - 1), list = Of(routes, table, tables));
            }

            return list;
        };
    }

    /// <summary>The guards for one table.</summary>
    /// <param name="guards">The guards.</param>
    /// <param name="others">The table's other routes.</param>
    /// <param name="table">Its number.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <returns>The same list, unless there are many.</returns>
    public static IReadOnlyList<Route> OfGuards(IReadOnlyList<Route> guards, IEnumerable<Route> others, uint table, int tables)
    {
        if (tables <= ManyTables || guards is not [{ Family: Family.IPv4 }, ..])
        {
            return guards;
        }

        List<Route> near = [.. others.Where(IsNearGuards)];
        return [.. guards.Select(guard => near.Exists(route => route.Destination == guard.Destination)
            ? guard
            : guard with { Metric = OverlayRoutes.GuardMetric - (table & (Metrics - 1)) })];
    }

    /// <summary>Whether a route may stand where a guard would.</summary>
    /// <param name="route">A route of main, or of a source table.</param>
    /// <returns>True when its metric is one that guards have.</returns>
    public static bool IsNearGuards(Route route) => route.Metric > OverlayRoutes.GuardMetric - Metrics;

    private static bool IsSpread(Route route) => route.Family == Family.IPv4 && route.Metric < uint.MaxValue - Metrics;
}
