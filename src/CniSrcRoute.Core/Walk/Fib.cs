namespace CniSrcRoute.Walk;

/// <summary>
/// What the kernel does with a packet: the rules, the tables and the choice of a route and a source, as net/core/fib_rules.c, net/ipv4 and net/ipv6 of
/// Linux 6.18 have them. Pure: it asks a node's state, never the kernel, so it also answers for planned states.
/// </summary>
public sealed class Fib
{
    private readonly NodeState _state;
    private readonly Devices _devices;
    private readonly RuleMatch _match;
    private readonly Ipv4Table _ipv4;
    private readonly Ipv6Table _ipv6;
    private readonly Ipv4Source _source4;
    private readonly Ipv6Source _source6;
    private readonly Dictionary<TableId, RouteIndex> _tables = [];
    private readonly List<(Rule Rule, RuleAttributes Attributes)> _rules4 = [], _rules6 = [];

    /// <summary>Takes a node's state.</summary>
    /// <param name="state">The node, with its table local (<see cref="NodeState.Local"/>).</param>
    public Fib(NodeState state)
    {
        _state = state;
        _devices = new Devices(state);
        _match = new RuleMatch(_devices);
        _ipv4 = new Ipv4Table(_devices, state.AllCards);
        _ipv6 = new Ipv6Table(_devices);
        _source4 = new Ipv4Source(_devices);
        _source6 = new Ipv6Source(_devices);
        foreach (Rule rule in state.Rules)
        {
            var attributes = RuleAttributes.Of(rule.Selectors);
            (rule.Family == Family.IPv4 ? _rules4 : _rules6).Add((rule, attributes));
            LooksAtPortsOrUsers |= (attributes.SourcePorts ?? attributes.DestinationPorts) is not null || attributes.Users is not null;
        }
    }

    /// <summary>Whether the ways tell by which rules they were found. To find them without is half the work.</summary>
    public bool TellsSteps { get; init; } = true;

    /// <summary>Whether any rule selects packets by their ports or by the user who sends them.</summary>
    public bool LooksAtPortsOrUsers { get; }

    /// <summary>The way of a packet.</summary>
    /// <param name="flow">The packet.</param>
    /// <returns>The way, and the rules that were asked.</returns>
    public Way Find(Flow flow)
    {
        Query query = QueryOf(flow);
        if (flow is { IsOutput: true, Family: Family.IPv4, Source.IsSet: true } && !IsOwn(flow.Source))
        {
            return new Way { Steps = [], Type = RouteType.Unspecified, Source = flow.Source, IsForeignSource = true };
        }

        if (flow is { Oif: not 0, Family: Family.IPv4 } && _devices.Find(flow.Oif) is not { IsUp: true })
        {
            return new Way { Steps = [], Type = RouteType.Unspecified, Source = flow.Source };
        }

        Way way = Ask(query);
        if (flow is not { IsOutput: true, Family: Family.IPv4 })
        {
            return WithSource(way, query);
        }

        // net/ipv4/route.c: "Apparently, routing tables are wrong. Assume, that the destination is on link."
        bool isAssumed = query is { Oif: not 0, Vrf: 0 } && !way.Leaves && !way.IsLocal;
        return WithSource(
            !isAssumed ? way : way with { Type = RouteType.Unicast, IsAssumedOnLink = true, Route = null, Hops = [new Nexthop { Oif = query.Oif }] }, query);
    }

    /// <summary>Asks the rules in order: fib_rules_lookup.</summary>
    internal Way Ask(Query query)
    {
        List<Step>? steps = TellsSteps ? [] : null;
        List<(Rule Rule, RuleAttributes Attributes)> rules = query.Flow.Family == Family.IPv4 ? _rules4 : _rules6;
        for (int i = 0; i < rules.Count; i++)
        {
            (Rule rule, RuleAttributes attributes) = rules[i];
            Selector failed = _match.Fails(rule, attributes, query);
            query.IsUncertain |= failed == Selector.Unknown;
            bool isInverted = (rule.Flags & Rule.FlagInvert) != 0;
            if (isInverted == (failed == Selector.None))
            {
                steps?.Add(isInverted ? new Step(rule, StepKind.Inverted) : new Step(rule, StepKind.NotFor, failed));
            }
            else if (rule.Action == Rule.ActionGoto)
            {
                // A goto leads ahead alone, so this ends.
                int target = rules.FindIndex(i + 1, other => other.Rule.Priority == attributes.Goto);
                steps?.Add(new Step(rule, target < 0 ? StepKind.Nothing : StepKind.Goto));
                i = target < 0 ? i : target - 1;
            }
            else if (rule.Action == Rule.ActionNop)
            {
                steps?.Add(new Step(rule, StepKind.Nothing));
            }
            else if (rule.Action != Rule.ActionLookup)
            {
                steps?.Add(new Step(rule, StepKind.Taken));
                return new Way { Steps = steps ?? [], Type = (RouteType)rule.Action, IsUncertain = query.IsUncertain };
            }
            else if (LookUp(rule, attributes, query, steps) is { } found)
            {
                return found;
            }
        }

        return new Way { Steps = steps ?? [], Type = RouteType.Unspecified, IsUncertain = query.IsUncertain };
    }

    /// <summary>The query that a packet makes.</summary>
    internal Query QueryOf(Flow flow) => new(flow, _devices, flow.IsOutput ? Devices.Loopback : flow.Iif)
    {
        Preferred = flow.IsOutput ? (_devices.IsVrf(flow.Oif) ? 0 : flow.Oif) : flow.Iif,
        IsStrict = flow.Family == Family.IPv6 && (NeedsDevice(flow.Destination) || (flow is { IsOutput: true, Oif: not 0 } && (flow.IsOfSocket || !flow.Source.IsSet))),
    };

    /// <summary>The devices.</summary>
    internal Devices Cards => _devices;

    /// <summary>Whether the node has the address, as __ip_dev_find has it: also by a route of the table local.</summary>
    private bool IsOwn(IpAddress address) =>
        _devices.Have(address) ||
        _ipv4.Lookup(Index(new TableId(Family.IPv4, TableId.Local)), QueryOf(new Flow { Destination = address }))?.Route.Type == RouteType.Local;

    // rt6_need_strict.
    private static bool NeedsDevice(IpAddress address) => address.High >> 56 == 0xff || address.IsLinkLocal || address is { High: 0, Low: 1 };

    /// <summary>The action of a rule that looks up a table. Null where the next rule is asked.</summary>
    private Way? LookUp(Rule rule, RuleAttributes attributes, Query query, List<Step>? steps)
    {
        // A rule `not ... l3mdev` takes packets of no VRF as well, and table 0 is main to the kernel.
        uint table = attributes.IsL3mdev ? _devices.Find(query.Vrf)?.VrfTable ?? TableId.Main : rule.Table;
        RouteIndex index = Index(new TableId(rule.Family, table));
        if ((rule.Family == Family.IPv4 ? _ipv4.Lookup(index, query) : _ipv6.Lookup(index, query)) is not { } match)
        {
            steps?.Add(new Step(rule, StepKind.NoRoute, Table: table));
            return null;
        }

        Route route = match.Route;
        StepKind kind =
            route.Type == RouteType.Throw ? StepKind.Throw
            : route.IsReject ? StepKind.Taken
            : route.Destination.Length <= (int?)attributes.SuppressPrefixLength ? StepKind.SuppressedByLength
            : attributes.SuppressGroup is { } group && GroupOf(match) == group ? StepKind.SuppressedByGroup
            : StepKind.Taken;
        steps?.Add(new Step(rule, kind, Table: table, Route: route));

        // The first way out counts for the group, dead or not, and the dead ones are not known; and routes of one nexthop object share what IPv6 has cached,
        // so that the length is that of the route which was asked for first.
        query.IsUncertain |= (attributes.SuppressGroup is not null && route.HasDeadNexthops) ||
            (attributes.SuppressPrefixLength is not null && route is { Family: Family.IPv6, NexthopId: not 0 });
        return kind != StepKind.Taken ? null : new Way
        {
            Steps = steps ?? [],
            Type = route.Type,
            Table = table,
            Route = route,
            Hops = match.Hops,
            Source = query.Flow.Source,
            IsUncertain = query.IsUncertain,
        };
    }

    /// <summary>IPv4 looks at the first way out of the route, IPv6 at the one it has chosen.</summary>
    private uint? GroupOf(Match match)
    {
        IReadOnlyList<Nexthop> hops = match.Route.Family == Family.IPv4 ? match.Route.Nexthops : match.Hops;
        return _devices.Find(hops.Count > 0 ? hops[0].Oif : Devices.Loopback)?.Group;
    }

    private Way WithSource(Way way, Query query)
    {
        Flow flow = query.Flow;
        IpAddress source = flow.Source.IsSet || !flow.IsOutput || !(way.Leaves || way.IsLocal) ? flow.Source
            : way.IsAssumedOnLink ? _source4.Select(query.Oif, default, Route.ScopeLink)
            : flow.Family == Family.IPv6 ? _source6.Of(way.Route!, way.Hops.Count > 0 ? way.Hops[0].Oif : Devices.Loopback, flow.Destination)
            : way.Type == RouteType.Local ? (way.Route!.PrefSrc.IsSet ? way.Route.PrefSrc : flow.Destination)
            : way.Hops.Count > 0 ? _source4.Of(way.Route!, way.Hops[0], query.Vrf)
            : default;
        return way.Source == source ? way : way with { Source = source };
    }

    private RouteIndex Index(TableId id)
    {
        if (!_tables.TryGetValue(id, out RouteIndex? index))
        {
            IReadOnlyList<Route> routes = id.Number == TableId.Local ? [.. (_state.Local ?? []).Where(route => route.Family == id.Family)] : _state.Table(id);
            _tables.Add(id, index = new RouteIndex(routes));
        }

        return index;
    }
}
