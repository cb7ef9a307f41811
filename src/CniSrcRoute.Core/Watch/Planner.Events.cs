using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <content>What an event makes dirty.</content>
public sealed partial class Planner
{
    private static readonly Cause KernelTook = new(CauseKind.Card, "the kernel took routes of ours away with a card or an address");

    /// <summary>Whether an event tells of nothing but a rule or a route of ours that somebody has removed: what is desired does not depend on it.</summary>
    /// <param name="received">The event.</param>
    /// <returns>True when it does.</returns>
    public static bool IsUndoing(KernelEvent received) => received switch
    {
        RuleEvent { Removed: true, Rule.Protocol: Ownership.Protocol } => true,
        RouteEvent { Removed: true, Route.Protocol: Ownership.Protocol, Table.Number: not TableId.Main } => true,
        _ => false,
    };

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

    /// <summary>Whether rules of others that ask what UDP packets are for would change anything.</summary>
    public bool MindsFirewalls => Surroundings is { Nftables.KnowsWildcardSockets: true } state && UdpTable.IsWanted(_config, state);

    /// <summary>Whether they would, and were not read, since that was not so before.</summary>
    public bool LacksFirewalls => Surroundings.DestinationRules is null && MindsFirewalls;

    /// <summary>Replaces what is known of the rules of others that ask what UDP packets are for.</summary>
    /// <param name="rules">The rules.</param>
    public void Handle(IReadOnlyList<DestinationRule> rules)
    {
        Family[] families = [Family.IPv4, Family.IPv6];
        var before = UdpFirewall.Of(Surroundings, families);
        _model.Apply(rules);
        if (!UdpFirewall.Of(Surroundings, families).IsLike(before))
        {
            Dirt.Add(Extent.Whole, new Cause(CauseKind.Nftables, "somebody else changed a firewall's rules for destinations"));
        }
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
            // What the kernel itself removes with a card or an address was done by no program.
            Dirt.Add(received.Table, NodeModel.DestinationOf(route), received.PortId == 0 ? KernelTook : Dirt.Find(CauseKind.Route) ?? OfRoute(received));
        }
        else if (changed && (Desired.Tables.Any(table => table.Id == received.Table) || OverlayRoutes.TellsOfCards(route)))
        {
            Dirt.Add(Extent.Whole, OfRoute(received));
        }
    }

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

        var cause = new Cause(CauseKind.Rule, $"somebody else {(received.Removed ? "removed" : "made")} {IpCommand.Tell(received.Rule)}")
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

        // By a device that has just come there are none yet, and copies of ours tell no more than main's routes do.
        bool takesRoutes = (known is not null || received.Removed) &&
            ((hops == 1 && Desired.Tables.Any(table => table.Source.Card.Index == index)) || Any(route => route.Protocol != Ownership.Protocol &&
                (route.HasDeadNexthops || route.NexthopId != 0 || (route.Nexthops.Count >= hops && route.LeavesBy(index)))));
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
        bool isLast = !_model.HasAddress(address.Link, address.Local.Family);
        bool takesRoutes = received.Removed &&
            Any(route => route.PrefSrc == address.Local || (isLast && route.LeavesBy(address.Link)));
        Dirt.Add(
            takesRoutes ? Extent.Reading : Extent.Whole,
            new Cause(CauseKind.Address, $"address {address.Local} {(received.Removed ? "went" : "came or changed")}"));
    }
}
