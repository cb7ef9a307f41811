using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// The watcher's planner: a model of the node, what of it is dirty, and the plan for that, made by the same <see cref="Derive"/> and <see cref="Diff"/> as
/// everybody's. Pure: its input are the kernel's events, and it writes through <see cref="INodeWriter"/> alone.
/// </summary>
public sealed class Planner
{
    private static readonly Cause MainChanged = new(CauseKind.Main, "main changed");
    private static readonly Cause KernelTook = new(CauseKind.Card, "the kernel took routes of ours away with a card or an address");

    private readonly Config _config;
    private readonly NodeModel _model;

    /// <summary>Destinations of routes of main that are known though they are no business of ours, as long as no other encloses them.</summary>
    private readonly HashSet<IpPrefix> _plain = [];

    /// <summary>Begins with what was read; everything is dirty.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="cause">Why it was read.</param>
    /// <param name="standing">What was desired before, and is kept where the configuration turns out to be wrong; null for nothing.</param>
    public Planner(Config config, NodeState state, Cause cause, DesiredState? standing = null)
    {
        (_config, _model, Passed) = (config, new NodeModel(state), state.Passed);
        Dirt.Add(Extent.Whole, cause);
        Desired = standing ?? new DesiredState();
    }

    /// <summary>How many destinations are known at most before routes that are no business of ours are left out.</summary>
    internal int Room { get; init; } = MainFilter.Room;

    /// <summary>What of main is left out.</summary>
    internal PassedRoutes Passed { get; }

    /// <summary>What shall be, without the copies of main's routes: those are made anew for what is dirty.</summary>
    public DesiredState Desired { get; private set; }

    /// <summary>What has to be planned again.</summary>
    public Dirt Dirt { get; private set; } = new();

    /// <summary>How many copies all source tables hold.</summary>
    public int Copies { get; private set; }

    /// <summary>How many destinations of copies lead further than to a single pod, whose own route goes with its card.</summary>
    public int Subnets { get; private set; }

    /// <summary>How many they were before the node was read.</summary>
    public int SubnetsBefore { get; init; }

    /// <summary>How many of them are gone.</summary>
    public int SubnetsLost => SubnetsBefore - Subnets;

    /// <summary>The node as it is known.</summary>
    internal NodeState State => _model.State;

    /// <summary>The node without its routes: names for messages.</summary>
    public NodeState Surroundings => _model.PartTo([]);

    /// <summary>Applies an event to the model, and marks what it makes dirty.</summary>
    /// <param name="received">The event.</param>
    public void Handle(KernelEvent received)
    {
        switch (received)
        {
            case RouteEvent route:
                Handle(route);
                break;
            case RuleEvent rule:
                Handle(rule);
                break;
            case LinkEvent link:
                Handle(link);
                break;
            case AddressEvent address:
                Handle(address);
                break;
            case RpFilterEvent filter:
                if (_model.Apply(filter) && (filter.Link is not { } index || Desired.Tables.Any(table => table.Source.Card.Index == index)))
                {
                    Dirt.Add(Extent.Whole, new Cause(CauseKind.Config, "rp_filter was set"));
                }

                break;
            case NexthopEvent when Any(route => route.NexthopId != 0):
                Dirt.Add(Extent.Reading, new Cause(CauseKind.Nexthop, "a nexthop object changed"));
                break;
            case OverrunEvent:
                Dirt.Add(Extent.Reading, new Cause(CauseKind.Overrun, "the queue of the kernel's events overflowed"));
                break;
            default:
                break;
        }
    }

    /// <summary>Replaces what is known of our nftables table, after somebody changed it.</summary>
    /// <param name="nftables">What was read.</param>
    /// <param name="cause">Who did.</param>
    public void Handle(NftablesState nftables, Cause cause)
    {
        _model.Apply(nftables);
        Dirt.AddUndone(cause);
    }

    /// <summary>How much there is to do: all has to be read where the cards, the addresses and the defaults make it matter what was left out.</summary>
    /// <returns>The extent of what is dirty.</returns>
    public Extent Look()
    {
        if (Dirt is { Extent: Extent.Whole, Reason: { } reason } && Passed.Count > 0 &&
            Desired.Filter is { } filter && !MainFilter.Of(_config, _model.State with { Passed = Passed }).AgreesOn(Passed, filter))
        {
            Dirt.Add(Extent.Reading, reason);
        }

        return Dirt.Extent;
    }

    /// <summary>Makes the plan for what is dirty, or for the part of it that need not wait. That is clean then, once the plan is carried out.</summary>
    /// <param name="extent"><see cref="Extent.Part"/> or <see cref="Extent.Whole"/>.</param>
    /// <param name="dirt">What was dirty: the steps' causes.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="InputException">The configuration is wrong for this node: what was desired before is kept, and there is nothing to do for now.</exception>
    public Plan Plan(Extent extent, out Dirt dirt)
    {
        Dirt dirty = dirt = Dirt;
        Dirt = new Dirt();
        if (extent == Extent.Part)
        {
            if (dirt.Reason is { } waiting)
            {
                Dirt.Add(dirt.Extent, waiting);
            }

            if (Desired.Overlay is null)
            {
                // Nothing has been desired yet, so nothing is too much.
                return new Plan([], []);
            }

            NodeState part = _model.PartTo(dirt.Destinations);
            Plan whole = Diff.Between(Desired.RestrictedTo(dirt.Destinations, part), part);
            return whole with { Changes = [.. whole.Changes.Where(dirty.Concerns)] };
        }

        NodeState state = _model.State with { Passed = Passed };
        DesiredState desired = Derive.From(_config, state);
        if (desired.BadInput is { } wrong)
        {
            throw new InputException(wrong.Sentence);
        }

        Plan plan = Diff.Between(desired, state);
        (Copies, Subnets) = (desired.Tables.Sum(table => table.Copies.Count), SubnetsOf(desired));
        Desired = desired with { Tables = [.. desired.Tables.Select(table => table with { Copies = [] })] };
        _model.Remember(Desired.TableNamesFile);
        Remember(desired.Filter!, state);
        return plan;
    }

    /// <summary>Writes a plan, and applies what was written to the model.</summary>
    /// <param name="writer">Writes.</param>
    /// <param name="plan">The plan.</param>
    /// <returns>What could not be done.</returns>
    public List<Failure> Apply(INodeWriter writer, Plan plan)
    {
        var recording = new RecordingWriter(writer, _model);
        List<Failure> failures = Applier.Apply(recording, Desired, plan);
        Copies += recording.RoutesMore;
        return failures;
    }

    private static int SubnetsOf(DesiredState desired)
    {
        int count = 0;
        foreach (Family family in (Family[])[Family.IPv4, Family.IPv6])
        {
            SourceTable? first = desired.Tables.FirstOrDefault(table => table.Source.Family == family);
            count += first?.Copies.Count(copy => !copy.Destination.IsHost) ?? 0;
        }

        return count;
    }

    private bool Any(Predicate<Route> condition) => _model.Any(condition) || Passed.Ways.Any(way => condition(way));

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

    private void Handle(RouteEvent received)
    {
        if (TryPassOver(received))
        {
            return;
        }

        Route route = received.Route;

        // With net.ipv4.nexthop_compat_mode=0 the event holds nothing but the number of a nexthop object.
        bool isUnknown = !received.Removed && route is { NexthopId: not 0, IsReject: false, Nexthops.Count: 0 };
        if (_model.Apply(received, out Route? before) is not { } changed || isUnknown)
        {
            Dirt.Add(Extent.Reading, new Cause(CauseKind.Main, $"routes to {route.Destination} changed"));
        }
        else if (changed && received.Table.Number == TableId.Main)
        {
            HandleMain(received, before);
        }
        else if (changed && (route.Protocol == Ownership.Protocol || before?.Protocol == Ownership.Protocol))
        {
            // What the kernel itself takes away, with a card or an address, is nobody's doing.
            Dirt.Add(NodeModel.DestinationOf(route), received.PortId == 0 ? KernelTook : Dirt.Find(CauseKind.Route) ?? OfRoute(received));
        }
        else if (changed && (Desired.Tables.Any(table => table.Id == received.Table) || OverlayRoutes.TellsOfCards(route)))
        {
            Dirt.Add(Extent.Whole, OfRoute(received));
        }
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
            Dirt.Add(destination, MainChanged);
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
        (route.IsDefaultLike || HasGuardsMetric(route) || Marking.DependsOn(route, Desired.OverlayNetworks) || overlay.IsEntangled(route) || Desired.Answers.Values.Any(answers => answers.DependOn(route)) ||
         (!overlay.IsOverlay(route) && Desired.Tables.Any(table => Concerns(table, route))));

    /// <summary>Whether a copy may stand where a guard would.</summary>
    private static bool HasGuardsMetric(Route route) => route.Metric == OverlayRoutes.GuardMetric;

    /// <summary>Whether a source's table depends on a route that leads to no pods: by the source's card, or to its subnet or a part of that by another.</summary>
    private static bool Concerns(SourceTable table, Route route) =>
        table.Source.Subnet == route.Destination ||
        route.Nexthops.Any(hop => hop.Oif == table.Source.Card.Index || CardRoutes.MayShare(table.Source, hop)) ||
        OverlayRoutes.IsWithinSubnet(route, table.CardRoutes);

    private Cause OfRoute(RouteEvent received)
    {
        string what = received.Route.Protocol != Ownership.Protocol ? received.Removed ? "removed a" : "made a" : received.Removed ? "removed our" : "made a";
        string table = Desired.Tables.FirstOrDefault(table => table.Id == received.Table)?.Name ?? $"{received.Table.Number}";
        return new Cause(CauseKind.Route, $"somebody else {what} route to {received.Route.Destination} in table {table}") { PortId = received.PortId };
    }

    private void Handle(RuleEvent received)
    {
        if (!_model.Apply(received))
        {
            return;
        }

        var cause = new Cause(CauseKind.Rule, $"somebody else {(received.Removed ? "removed" : "made")} the rule \"{IpCommand.Format(received.Rule)}\"")
        {
            PortId = received.PortId,
        };
        bool isOurs = received.Rule.Protocol == Ownership.Protocol;
        if (isOurs)
        {
            Dirt.AddUndone(cause);
        }

        // Ours that was removed is missed wherever it is looked for; any other may have something to say about numbers, marks and conflicts.
        if (!isOurs || !received.Removed)
        {
            Dirt.Add(Extent.Whole, cause);
        }
    }

    private void Handle(LinkEvent received)
    {
        int index = received.Link.Index;
        Link? known = _model.Apply(received);
        if (!received.Removed && known?.IsLike(received.Link) == true)
        {
            return;
        }

        // A device that goes away or down takes routes with it for which there is no event; of a route with several hops the kernel may leave out the dead ones.
        int hops = received.Removed || known?.IsUp != received.Link.IsUp ? 1 : 2;
        if (received.Removed || !received.Link.IsUp)
        {
            _model.ForgetNeighbours(index);
        }

        bool takesRoutes = Any(route =>
            route.HasDeadNexthops || route.NexthopId != 0 || (route.Nexthops.Count >= hops && route.Nexthops.Any(hop => hop.Oif == index)));
        if (received.Removed && known is null && !takesRoutes)
        {
            return;
        }

        string what = received.Removed ? "went away" : known is null ? "came" : known.IsUp == received.Link.IsUp ? "changed" : received.Link.IsUp ? "went up" : "went down";
        Dirt.Add(takesRoutes || received.Link.MayListen ? Extent.Reading : Extent.Whole, new Cause(CauseKind.Card, $"card {received.Link.Name} {what}"));
    }

    private void Handle(AddressEvent received)
    {
        Address address = received.Address;
        if (!_model.Apply(received) || address.Local is { Family: Family.IPv6, IsLinkLocal: true })
        {
            return;
        }

        // With a card's last address go its routes, and with any address those that speak from it, of which IPv4 says nothing.
        bool takesRoutes = received.Removed &&
            Any(route => route.PrefSrc == address.Local || route.Nexthops.Any(hop => hop.Oif == address.Link));
        Dirt.Add(
            takesRoutes ? Extent.Reading : Extent.Whole,
            new Cause(CauseKind.Address, $"address {address.Local} {(received.Removed ? "went" : "came or changed")}"));
    }
}
