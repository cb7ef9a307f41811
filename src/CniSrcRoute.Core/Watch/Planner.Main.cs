using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <content>What a route of main that changed makes dirty, and which of its routes need not be known.</content>
public sealed partial class Planner
{
    private static readonly Cause MainChanged = new(CauseKind.Main, "main changed");

    /// <summary>Destinations of routes of main that are known though they are no business of ours, as long as no other encloses them.</summary>
    private readonly HashSet<IpPrefix> _plain = [];

    private void Remember(MainFilter filter, NodeState state)
    {
        _plain.Clear();
        foreach (Route route in state.Main(Family.IPv4).Concat(state.Main(Family.IPv6)).Where(filter.IsPlain))
        {
            _plain.Add(route.Destination);
        }
    }

    /// <summary>Takes note of a route that is left out: none of those known has its destination.</summary>
    /// <returns>False for one that is to be known.</returns>
    private bool TryPassOver(RouteEvent received)
    {
        Route route = received.Route;
        if (received.Table.Number != TableId.Main || Desired.Filter?.PassesOver(route) != true ||
            (Passed.Count == 0 && _model.Destinations < Room) || _model.AnyOfMain(NodeModel.DestinationOf(route), _ => true))
        {
            return false;
        }

        if (received.Removed)
        {
            Passed.Remove(route);
            EndFlood(route);
        }
        else if (!received.Replaces)
        {
            Passed.Add(route);
        }
        else
        {
            Passed.Note(route, 0);
        }

        return true;
    }

    /// <summary>Where so few announced networks are left out, those there are may have become few enough to be copied.</summary>
    private void EndFlood(Route route)
    {
        if (MainFilter.MayEndFlood(route, Passed))
        {
            Dirt.Add(Extent.Whole, ChangeOf(route));
        }
    }

    private Cause ChangeOf(Route route) => Dirt.Find(CauseKind.Main) ?? new Cause(CauseKind.Main, $"main's routes to {route.Destination} changed");

    /// <summary>A route has come that the default does not speak for: what lies in it is to be known, and gets its place in the tables.</summary>
    private void Enclose(Route route)
    {
        if (Desired.Filter is not { } filter || route.Destination.IsDefault || filter.IsPlain(route))
        {
            return;
        }

        if (!filter.Covers(route.Destination) && Passed.AnyMayLieIn(route.Destination))
        {
            Dirt.Add(Extent.Reading, new Cause(CauseKind.Main, $"a route to {route.Destination} came that others of main lie in"));
        }

        filter.Enclose(route);
    }

    /// <summary>A route of main: one to pods concerns its destination, one of a source's card the table of that, and some all that main has.</summary>
    private void HandleMain(RouteEvent received, Route? before)
    {
        Route route = received.Route;
        RouteKey destination = NodeModel.DestinationOf(route);
        if (!_model.AnyOfMain(destination, _ => true))
        {
            _plain.Remove(route.Destination);
        }
        else if (Desired.Filter?.IsPlain(route) == true)
        {
            _plain.Add(route.Destination);
        }

        if (IsPassedOver(route) && (before is null || IsPassedOver(before)))
        {
            if (received.Removed)
            {
                EndFlood(route);
            }

            return;
        }

        if (!received.Removed)
        {
            Enclose(route);
        }

        if (EnclosesPlain(route) || ReachesFurther(route) || (before is not null && ReachesFurther(before)) || _model.AnyOfMain(destination, ReachesFurther))
        {
            Dirt.Add(Extent.Whole, ChangeOf(route));
        }
        else if (Desired.Overlay is { } overlay &&
            (overlay.IsOverlay(route) || (before is not null && overlay.IsOverlay(before)) || _model.AnyOfMain(destination, overlay.IsOverlay)))
        {
            Dirt.Add(received.Table, destination, MainChanged);
        }
    }

    private bool IsPassedOver(Route route) => Desired.Filter?.PassesOver(route) == true;

    private bool EnclosesPlain(Route route)
    {
        // Where it lies in a larger one that does the same, nothing changes.
        if (Desired.Filter is { } filter && !filter.IsPlain(route) && !route.Destination.IsDefault &&
            !filter.Covers(new IpPrefix(route.Destination.Address, route.Destination.Length - 1)))
        {
            foreach (IpPrefix plain in _plain)
            {
                if (route.Destination.Contains(plain))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool ReachesFurther(Route route) =>
        Desired.Overlay is { } overlay &&
        (route.IsDefaultLike || RouteSpread.IsNearGuards(route) || Marking.DependsOn(route, Desired.OverlayNetworks) || overlay.IsEntangled(route) || Desired.Answers.Values.Any(answers => answers.DependOn(route)) ||
         (!overlay.IsOverlay(route) && Desired.Tables.Any(table => Concerns(table, route))));

    /// <summary>Whether a source's table depends on a route that leads to no pods: by the source's card, or to its subnet or a part of that by another.</summary>
    private static bool Concerns(SourceTable table, Route route) =>
        table.Source.Subnet == route.Destination ||
        route.Nexthops.Any(hop => hop.Oif == table.Source.Card.Index || CardRoutes.MayShare(table.Source, hop)) ||
        OverlayRoutes.IsWithinSubnet(route, table.CardRoutes);
}
