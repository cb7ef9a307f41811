using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>
/// What the watcher knows between two readings of the node: main, and what is desired. Of the source tables only what others have put there is kept: the
/// rest is what is desired, or the kernel tells otherwise.
/// </summary>
internal sealed class Knowledge
{
    private readonly DesiredState _desired;
    private readonly Ipv4Conf _allCards;
    private readonly IReadOnlyList<Rule> _foreignRules;
    private readonly HashSet<Address> _addresses;
    private readonly Dictionary<TableId, HashSet<RouteKey>> _occupied = [];
    private readonly Dictionary<TableId, SourceTable> _tables = [];
    private readonly Dictionary<RouteKey, Route> _copies = [];
    private readonly MainTable _main;
    private readonly KnownCards _cards;

    public Knowledge(Reconciliation round)
    {
        _desired = round.Desired;
        _allCards = round.State.AllCards;
        IReadOnlyList<Route> main4 = round.State.Main(Family.IPv4), main6 = round.State.Main(Family.IPv6);
        _main = new MainTable(main4.Concat(main6).Where(route => !IsLinksOwn(route)), main4.Count + main6.Count);
        _cards = new KnownCards(round.State.Links, _desired, _main);
        _addresses = [.. round.State.Addresses];
        _foreignRules = [.. round.State.Rules.Where(rule => rule.Protocol != Ownership.Protocol)];
        foreach (SourceTable table in _desired.Tables)
        {
            _tables.Add(table.Id, table);
            HashSet<RouteKey> occupied = _occupied[table.Id] = [];
            foreach (Route route in round.State.Table(table.Id).Where(route => route.Protocol != Ownership.Protocol).Concat(table.CardRoutes))
            {
                occupied.Add(route.Key);
                _cards.AddOccupants(route);
            }

            _copies.EnsureCapacity(table.Copies.Count);
            foreach (Route copy in table.Copies)
            {
                _copies.TryAdd(copy.Key, copy);
            }
        }
    }

    /// <summary>What our file of table names should hold.</summary>
    public string TableNames => _desired.TableNamesFile;

    /// <summary>How many copies lead further than to a single pod, whose own route goes with its card.</summary>
    public int Subnets => _copies.Values.Count(copy => !copy.Destination.IsHost);

    /// <summary>Takes an event in.</summary>
    /// <param name="told">The event.</param>
    /// <param name="moved">The destinations in main whose routes have changed, with the routes there were before the first event of this round.</param>
    /// <returns>Why the node has to be read again; null when it has not.</returns>
    public Cause? Take(KernelEvent told, Dictionary<RouteKey, IReadOnlyList<Route>> moved) => told switch
    {
        RouteEvent { Table.Number: TableId.Main } route => TakeMain(route, moved),
        RouteEvent route => TakeOther(route),
        RuleEvent rule => TakeRule(rule),
        LinkEvent link => _cards.Take(link),
        AddressEvent address => TakeAddress(address),
        RpFilterEvent filter => TakeFilter(filter),
        NexthopEvent => _main.UsesNexthopObjects ? new Cause(CauseKind.Nexthop, "a nexthop object changed") : null,
        _ => new Cause(CauseKind.Overrun, "the kernel told more than the queue holds"),
    };

    /// <summary>
    /// What made a step of the next round necessary: somebody touched what was desired already, or main changed, and with it what is desired.
    /// </summary>
    public CauseKind Explain(Change step) => step switch
    {
        RouteChange route => IsDesired(route.Table, route.Route) == (route.Kind == ChangeKind.Remove) ? CauseKind.Main : CauseKind.Route,
        RuleChange rule => _desired.Rules.Contains(rule.Rule) == (rule.Kind == ChangeKind.Remove) ? CauseKind.Main : CauseKind.Rule,
        MarkTableChange { Table: { } table } => _desired.MarkTable?.IsLike(table) == true ? CauseKind.Nftables : CauseKind.Main,
        MarkTableChange => CauseKind.Main,
        _ => CauseKind.Sysctl,
    };

    /// <summary>The steps for destinations of main that have changed.</summary>
    /// <param name="moved">The destinations, with the routes there were before.</param>
    /// <param name="steps">The steps for those of them that can be followed.</param>
    /// <returns>Whether that is all of them; otherwise the node has to be read again.</returns>
    public bool TryFollow(Dictionary<RouteKey, IReadOnlyList<Route>> moved, List<Change> steps)
    {
        bool all = true;
        foreach ((RouteKey destination, IReadOnlyList<Route> before) in moved)
        {
            IReadOnlyList<Route> after = _main.To(destination);
            if (before.Count + after.Count == 0)
            {
                continue;
            }

            if (Follow.Steps(_desired, _occupied, before, after) is not { } some)
            {
                all = false;
                continue;
            }

            foreach (Change step in some)
            {
                var route = (RouteChange)step;
                if (route.Kind == ChangeKind.Remove)
                {
                    _copies.Remove(route.Route.Key);
                }
                else
                {
                    _copies[route.Route.Key] = route.Route;
                }
            }

            steps.AddRange(some);
        }

        return all;
    }

    /// <summary>What decides how connections are marked: the setting of all, and those of cards with marked tables.</summary>
    private Cause? TakeFilter(RpFilterEvent told)
    {
        byte? known = told.Link is { } index
            ? _desired.Tables.FirstOrDefault(table => table.Mark != 0 && table.Source.Card.Index == index)?.Source.Card.Conf.RpFilter
            : _allCards.RpFilter;
        return known is { } value && value != told.RpFilter ? new Cause(CauseKind.Config, "rp_filter was set") : null;
    }

    private Cause? TakeMain(RouteEvent told, Dictionary<RouteKey, IReadOnlyList<Route>> moved)
    {
        if (IsLinksOwn(told.Route))
        {
            return null;
        }

        RouteKey destination = MainTable.DestinationOf(told.Route);
        moved.TryAdd(destination, _main.To(destination));
        return _main.TryApply(told) ? null : new Cause(CauseKind.Main, $"main's routes to {told.Route.Destination} changed");
    }

    private Cause? TakeOther(RouteEvent told)
    {
        Route route = told.Route;
        bool isSource = _tables.TryGetValue(told.Table, out SourceTable? table);
        if (route.Protocol != Ownership.Protocol)
        {
            return isSource
                ? new Cause(CauseKind.Route, $"somebody else {(told.Removed ? "removed" : "made")} a route to {route.Destination} in table {table!.Name}")
                : null;
        }

        string what = told.Removed ? "removed our" : "made a";
        return IsDesired(told.Table, route) == told.Removed
            ? new Cause(CauseKind.Route, $"somebody else {what} route to {route.Destination} in table {table?.Name ?? $"{told.Table.Number}"}")
            : null;
    }

    private bool IsDesired(TableId id, Route route) =>
        _tables.TryGetValue(id, out SourceTable? table) &&
        ((_copies.TryGetValue(route.Key, out Route? copy) && copy.Equals(route)) || table.Guards.Concat(table.CardRoutes).Contains(route));

    private Cause? TakeRule(RuleEvent told)
    {
        // A rule of somebody else may be for what is ours, and is not undone: ours gives way.
        bool isOurs = told.Rule.Protocol == Ownership.Protocol;
        return (isOurs ? _desired.Rules.Contains(told.Rule) : _foreignRules.Contains(told.Rule)) == told.Removed
            ? new Cause(CauseKind.Rule, $"somebody else {(told.Removed ? "removed" : "made")} the rule \"{IpCommand.Format(told.Rule)}\"") { IsUndoing = isOurs }
            : null;
    }

    private bool IsLinksOwn(Route route) => _desired.Overlay?.IsLinksOwn(route) == true;

    private Cause? TakeAddress(AddressEvent told)
    {
        bool known = _addresses.Contains(told.Address);

        // An overlay card's address is no source. Its subnet tells of the route to it that it leads to pods; a single address has none.
        bool tells = !_cards.IsOverlay(told.Address.Link) || !(told.Address.Subnet.IsHost || told.Address.Local.IsLinkLocal);
        return known == !told.Removed || !tells || !_cards.Knows(told.Address.Link) ? null
            : new Cause(CauseKind.Address, $"address {told.Address.Local} {(told.Removed ? "went" : "came or changed")}");
    }
}
