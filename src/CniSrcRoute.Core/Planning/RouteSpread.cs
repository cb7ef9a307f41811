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

    /// <summary>How far a table's metrics are from those of main's routes: tables with the same distance have the same metrics.</summary>
    /// <param name="table">Its number.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <returns>0 unless there are many.</returns>
    public static uint Apart(uint table, int tables) => tables > ManyTables ? table & (Metrics - 1) : 0;

    /// <summary>The routes for one table.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="apart">See <see cref="Apart"/>.</param>
    /// <returns>The same list where they are not apart.</returns>
    public static IReadOnlyList<Route> Of(IReadOnlyList<Route> routes, uint apart) => apart == 0 ? routes : [.. routes.Select(route => Of(route, apart))];

    /// <summary>Routes that every table gets, as one table gets them.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="apart">See <see cref="Apart"/>.</param>
    /// <returns>The same list where they are not apart; else one that makes each route when it is asked for, since there may be hundreds in hundreds of tables.</returns>
    public static IReadOnlyList<Route> OfCopies(IReadOnlyList<Route> routes, uint apart) => apart == 0 ? routes : new SpreadRoutes(routes, apart);

    /// <summary>A route for one table.</summary>
    /// <param name="route">The route.</param>
    /// <param name="apart">See <see cref="Apart"/>.</param>
    /// <returns>The route with its metric there.</returns>
    public static Route Of(Route route, uint apart) => IsSpread(route) ? route with { Metric = MetricOf(route, apart) } : route;

    /// <summary>A route's metric in one table.</summary>
    /// <param name="route">The route.</param>
    /// <param name="apart">See <see cref="Apart"/>.</param>
    /// <returns>The metric.</returns>
    public static uint MetricOf(Route route, uint apart) => IsSpread(route) ? route.Metric + apart : route.Metric;

    /// <summary>The guards for one table.</summary>
    /// <param name="guards">The guards.</param>
    /// <param name="near">Those of the table's other routes that stand near guards.</param>
    /// <param name="apart">See <see cref="Apart"/>.</param>
    /// <returns>The same list where they are not apart.</returns>
    public static IReadOnlyList<Route> OfGuards(IReadOnlyList<Route> guards, List<Route> near, uint apart) =>
        apart == 0 || guards is not [{ Family: Family.IPv4 }, ..] ? guards :
        [
            .. guards.Select(guard => near.Exists(route => route.Destination == guard.Destination) ? guard : guard with { Metric = OverlayRoutes.GuardMetric - apart }),
        ];

    /// <summary>Whether a route may stand where a guard would.</summary>
    /// <param name="route">A route of main, or of a source table.</param>
    /// <returns>True when its metric is one that guards have.</returns>
    public static bool IsNearGuards(Route route) => route.Metric > OverlayRoutes.GuardMetric - Metrics;

    private static bool IsSpread(Route route) => route.Family == Family.IPv4 && route.Metric < uint.MaxValue - Metrics;
}
