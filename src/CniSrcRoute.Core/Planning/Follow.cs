namespace CniSrcRoute.Planning;

/// <summary>
/// The plan for a change of main's routes to one destination: what <see cref="Derive"/> and <see cref="Diff"/> would find in that part of the tables,
/// without reading them. It holds while cards, addresses, rules and config are as they were when the desired state was derived.
/// </summary>
public static class Follow
{
    /// <summary>The plan, in an order of which every prefix is safe: what is new or changed comes before what goes.</summary>
    /// <param name="desired">What was desired before the change.</param>
    /// <param name="occupied">The keys of what the tables hold besides copies: their own routes, and those of others.</param>
    /// <param name="before">Main's routes to the destination before the change.</param>
    /// <param name="after">Main's routes to the destination after it.</param>
    /// <returns>
    /// The steps; null when the change reaches further than the copies: a default route, a route of a source's own card, a rejected destination, a key that is
    /// taken by another, a way with a source of its own.
    /// </returns>
    public static IReadOnlyList<Change>? Steps(
        DesiredState desired,
        IReadOnlyDictionary<TableId, HashSet<RouteKey>> occupied,
        IReadOnlyList<Route> before,
        IReadOnlyList<Route> after)
    {
        if (desired.Overlay is not { } overlay || before.Concat(after).Any(route => ReachesFurther(desired, overlay, route)))
        {
            return null;
        }

        IReadOnlyList<Route> old = overlay.Copy(before);
        IReadOnlyList<Route> copies = overlay.Copy(after);
        List<Change> written = [];
        List<Change> removed = [];
        foreach (SourceTable table in desired.Tables)
        {
            if (table.Source.Family != (before.Count > 0 ? before : after)[0].Family)
            {
                continue;
            }

            // A route of the table's own with the same key, or one of somebody else's, is for the whole plan to weigh.
            if (occupied.TryGetValue(table.Id, out HashSet<RouteKey>? keys) && copies.Concat(old).Any(copy => keys.Contains(copy.Key)))
            {
                return null;
            }

            foreach (Route copy in copies)
            {
                Route? stands = old.FirstOrDefault(route => route.Key == copy.Key);
                if (stands is null || !stands.Equals(copy))
                {
                    written.Add(new RouteChange(stands is null ? ChangeKind.Add : ChangeKind.Replace, table.Id, copy, stands));
                }
            }

            foreach (Route route in old.Where(route => !copies.Any(copy => copy.Key == route.Key)))
            {
                removed.Add(new RouteChange(ChangeKind.Remove, table.Id, route));
            }
        }

        return [.. written, .. removed];
    }

    private static bool ReachesFurther(DesiredState desired, OverlayRoutes overlay, Route route) =>
        route.IsDefaultLike || desired.Answers.Values.Any(answers => answers.DependOn(route)) || overlay.IsEntangled(route) || (!overlay.IsOverlay(route) && (LeavesBySource(desired, route) || IsWithinSubnet(desired, route)));

    private static bool IsWithinSubnet(DesiredState desired, Route route) =>
        desired.Tables.Any(table => OverlayRoutes.IsWithinSubnet(route, table.CardRoutes));

    private static bool LeavesBySource(DesiredState desired, Route route) =>
        desired.Tables.Any(table => route.Nexthops.Any(hop => hop.Oif == table.Source.Card.Index || CardRoutes.MayShare(table.Source, hop)));
}
