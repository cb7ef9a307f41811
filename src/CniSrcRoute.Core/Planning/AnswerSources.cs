namespace CniSrcRoute.Planning;

/// <summary>
/// Tells which address the kernel gives as source to what the node sends from a socket that is bound to none. It asks the routing tables without a source,
/// so that no rule for an address is asked. On most nodes that follows from the card that the packet leaves by, and no route has to be known for it.
/// </summary>
public sealed class AnswerSources
{
    private static readonly IpPrefix LinkLocal6 = new(new IpAddress(Family.IPv6, 0xfe80ul << 48, 0), 10);

    private readonly Family _family;
    private readonly IReadOnlySet<int> _podCards;
    private readonly ILookup<int, Address> _addresses;
    private readonly Dictionary<int, IpAddress> _byCard = [];

    // Cards of which no route has to be known.
    private readonly HashSet<int> _own = [];
    private readonly List<Way> _ways = [];

    // Destinations to which some packets have a way of their own: which way a request's answer goes is not certain there.
    private readonly HashSet<IpPrefix> _forSome = [];
    private readonly Way? _default;

    // What is being collected, and what many destinations have in common.
    private readonly List<(int Card, IpAddress Source)> _hops = [];
    private readonly Dictionary<(int Card, IpAddress Source), IReadOnlyList<(int Card, IpAddress Source)>> _single = [];

    /// <summary>Works it out.</summary>
    /// <param name="state">The node.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="podCards">The cards of single pods. They come and go with their pods, and nothing of ours shall change with each.</param>
    public AnswerSources(NodeState state, Family family, IReadOnlySet<int> podCards)
    {
        (_family, _podCards) = (family, podCards);
        _addresses = state.Addresses.Where(address => address.Local.Family == family && !podCards.Contains(address.Link)).ToLookup(address => address.Link);
        IsByMain = state.Rules.All(rule =>
            rule.Family != family || rule.Protocol == Ownership.Protocol || rule.Priority > Rule.MainPriority ||
            (rule.Flags == 0 && (rule.From.IsSet || (rule.Mark & rule.MarkMask) != 0 || LeadsToMain(rule) || IsForVrfs(rule))));
        WithRules = state.Rules
            .Where(rule => rule.Family == family && rule.Protocol != Ownership.Protocol && rule.Priority <= Rule.MainPriority && !LeadsToMain(rule))
            .Select(rule => rule.From)
            .Where(from => from.IsSet && _addresses.Any(card => card.Any(address => from.Contains(address.Local))))
            .Distinct().ToList();
        foreach (IGrouping<int, Address> card in _addresses)
        {
            List<Address> own = [.. card.Where(IsGlobal)];
            if (own.Count == 1)
            {
                _byCard.Add(card.Key, own[0].Local);
                _own.Add(card.Key);
            }
        }

        // For one destination the lowest metric is taken; of IPv6 several routes with the same are several hops of one.
        foreach (IGrouping<IpPrefix, Route> routes in state.Main(family).Where(route => !IsLinkLocal(route) && !IsForSome(route)).GroupBy(route => route.Destination))
        {
            var way = new Way(routes.Key, Of(routes.Count() == 1 ? routes : Cheapest(routes)));
            Add(way);
            _default = routes.Key.IsDefault ? way : _default;
        }

        foreach (IGrouping<IpPrefix, Route> routes in state.Main(family).Where(route => !IsLinkLocal(route) && IsForSome(route)).GroupBy(route => route.Destination))
        {
            _forSome.Add(routes.Key);
            _default = routes.Key.IsDefault ? null : _default;
            Add(new Way(routes.Key, Of(routes)));
        }

        // Of thousands of ways few say more than their card does.
        List<Way> unsure = _ways.FindAll(IsUnsure);
        _ways.RemoveAll(way => IsByCard(way) && !unsure.Exists(other => other.Destination.Contains(way.Destination)));
        _ways.TrimExcess();
    }

    /// <summary>Whether it is main that such a packet asks, and no rule of others that may send it elsewhere.</summary>
    public bool IsByMain { get; }

    /// <summary>
    /// Networks with addresses of the node for which others have rules. nftables asks the routing tables with the asked address as source, and so these rules;
    /// the kernel does not when it chooses. So of requests for these addresses nothing is certain.
    /// </summary>
    public IReadOnlyList<IpPrefix> WithRules { get; }

    /// <summary>The address for each card, by its index, that has but one for all that main sends out by it.</summary>
    public IEnumerable<KeyValuePair<int, IpAddress>> ByCard => _byCard.Where(card => card.Value.IsSet);

    /// <summary>The address by destination, for what main sends out by other cards; none where it is not certain.</summary>
    public IReadOnlyList<(IpPrefix Destination, IpAddress Address)> ByDestination =>
        Once(_ways.FindAll(way => !IsByCard(way) || _forSome.Contains(way.Destination)))
            .ConvertAll(way => (way.Destination, _forSome.Contains(way.Destination) ? default : way.Address));

    /// <summary>
    /// Destinations for which the card does not tell although it has but one address, and those within them for which it does. Whatever routes there are,
    /// clients with an address of their link alone are answered with one of these.
    /// </summary>
    public List<(IpPrefix Destination, bool IsUnsure)> Unsure
    {
        get
        {
            List<(IpPrefix Destination, bool IsUnsure)> unsure = Once(_ways).ConvertAll(way =>
                (way.Destination, IsUnsure(way) || (_forSome.Contains(way.Destination) && _ways.Exists(other => other.Destination == way.Destination && IsUnsure(other)))));
            if (_family == Family.IPv6)
            {
                unsure.Add((LinkLocal6, true));
            }

            return unsure;
        }
    }

    /// <summary>Whether a route that comes or goes may change any of this.</summary>
    /// <param name="route">A route of main.</param>
    /// <returns>False where the card tells, or has no address that it could tell, as the card of a pod.</returns>
    public bool DependOn(Route route)
    {
        if (route.Family != _family || IsLinkLocal(route))
        {
            return false;
        }

        if (IsForSome(route))
        {
            return true;
        }

        var way = new Way(route.Destination, Of([route]));
        bool isByCard = IsByCard(way);
        return way.Hops.Any(hop => isByCard ? !_own.Contains(hop.Card) : hop.Source.IsSet || _byCard.ContainsKey(hop.Card)) ||
            _ways.Exists(other => other.Destination.Contains(route.Destination) && (IsUnsure(other) || (!isByCard && other.Address.IsSet)));
    }

    /// <summary>Whether what main sends out by a way certainly has another address than what else it sends out by the card.</summary>
    /// <param name="way">A route by one router.</param>
    /// <returns>True when it has.</returns>
    internal bool IsUnusual(Route way) => Of([way]) is [{ Source.IsSet: true } hop] && _byCard.GetValueOrDefault(hop.Card) != hop.Source;

    /// <summary>Whether what main's default or the card tells is true for routes by a way as well, so that they need not be known.</summary>
    /// <param name="way">A route by one router, as if it were a default.</param>
    /// <param name="isAmbiguous">Whether routes by its card that are not known here have another address.</param>
    /// <returns>True when it is.</returns>
    internal bool IsToldWithout(Route way, bool isAmbiguous)
    {
        (int Card, IpAddress Source) hop = Of([way])[0];
        return (_default is { Hops: [var usual] } && hop == usual) || (!isAmbiguous && hop.Source.IsSet && !DependOn(way));
    }

    private static IEnumerable<Route> Cheapest(IEnumerable<Route> routes)
    {
        uint metric = routes.Min(route => route.Metric);
        return routes.Where(route => route.Metric == metric);
    }

    private bool IsByCard(Way way) =>
        way.Hops.Count == 0 || (way.Hops is [{ Source.IsSet: true } hop] && _byCard.GetValueOrDefault(hop.Card) == hop.Source);

    private bool IsUnsure(Way way) => !IsByCard(way) && way.Hops.Any(hop => _byCard.GetValueOrDefault(hop.Card).IsSet);

    // A card whose routes do not agree has none.
    private void Add(Way way)
    {
        _ways.Add(way);
        int count = way.Address.IsSet ? way.Hops.Count : 0;
        for (int i = 0; i < count; i++)
        {
            (int card, IpAddress source) = way.Hops[i];
            _byCard[card] = _byCard.TryGetValue(card, out IpAddress known) && known != source ? default : source;
        }
    }

    /// <summary>Each destination once.</summary>
    private List<Way> Once(List<Way> ways)
    {
        HashSet<IpPrefix> known = [];
        return ways.FindAll(way => !_forSome.Contains(way.Destination) || known.Add(way.Destination));
    }

    /// <summary>Whether a route is for packets of one type of service, or from one network, alone.</summary>
    private static bool IsForSome(Route route) => route.Tos != 0 || route.Source.IsSet;

    private static bool IsLinkLocal(Route route) => route.Family == Family.IPv6 && LinkLocal6.Contains(route.Destination);

    private static bool LeadsToMain(Rule rule) =>
        rule is { HasOtherSelectors: false, MarkMask: 0, Action: Rule.ActionLookup, Table: TableId.Main or TableId.Local };

    // A socket in a VRF is bound to a device, and those are left alone.
    private static bool IsForVrfs(Rule rule) => RuleAttributes.Of(rule.Selectors).IsL3mdev;

    private static bool IsGlobal(Address address) => address is { Scope: Address.ScopeUniverse, IsUsable: true } &&
        (address.Flags & (Address.FlagSecondary | (address.Local.Family == Family.IPv6 ? Address.FlagDeprecated : 0))) == 0;

    /// <summary>The hops of routes, each once. Most destinations have one, and thousands the same.</summary>
    private IReadOnlyList<(int Card, IpAddress Source)> Of(IEnumerable<Route> routes)
    {
        _hops.Clear();
        foreach (Route route in routes)
        {
            bool isCertain = route.Type == RouteType.Unicast && !route.HasDeadNexthops && !IsForSome(route);
            for (int i = 0; i < route.Nexthops.Count; i++)
            {
                Nexthop hop = route.Nexthops[i];
                (int Card, IpAddress Source) one = (hop.Oif, isCertain && !_podCards.Contains(hop.Oif) ? Of(route, hop) : default);
                if (!_hops.Contains(one))
                {
                    _hops.Add(one);
                }
            }
        }

        return _hops is not [var only] ? [.. _hops]
            : _single.TryGetValue(only, out IReadOnlyList<(int Card, IpAddress Source)>? known) ? known
            : _single[only] = [only];
    }

    private IpAddress Of(Route route, Nexthop hop) =>
        route.PrefSrc.IsSet ? route.PrefSrc : _family == Family.IPv4 ? Of4(route, hop) : Of6(route, hop);

    /// <summary>inet_select_addr() of net/ipv4/devinet.c: the first of the card's addresses in whose subnet the router is, or else the first.</summary>
    private IpAddress Of4(Route route, Nexthop hop)
    {
        Address? first = null;
        foreach (Address address in _addresses[hop.Oif])
        {
            if (address.Scope <= route.Scope && (address.Flags & Address.FlagSecondary) == 0)
            {
                first ??= address;
                if (address.Subnet.Contains(hop.Gateway))
                {
                    return address.Local;
                }
            }
        }

        return first?.Local ?? default;
    }

    /// <summary>
    /// Of RFC 6724 what does not depend on the single destination: the one address of the card, or of several the first in whose subnet the destinations are.
    /// </summary>
    private IpAddress Of6(Route route, Nexthop hop)
    {
        List<Address> addresses = [.. _addresses[hop.Oif].Where(IsGlobal)];
        return addresses.Count == 1 ? addresses[0].Local : addresses.Find(address => address.Subnet.Contains(route.Destination))?.Local ?? default;
    }

    /// <summary>What main does with a destination.</summary>
    /// <param name="Destination">Where to.</param>
    /// <param name="Hops">By which cards, and with which source; none where it is not certain.</param>
    private sealed record Way(IpPrefix Destination, IReadOnlyList<(int Card, IpAddress Source)> Hops)
    {
        /// <summary>The source, where it is the same by all.</summary>
        public IpAddress Address => Hops.Count == 1 || (Hops.Count > 1 && Hops.All(hop => hop.Source == Hops[0].Source)) ? Hops[0].Source : default;
    }
}
