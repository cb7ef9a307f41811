using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Finds the sources: those of the config first, then, where wanted, every other global address once the node has more than one way in.</summary>
internal sealed class Sources
{
    private readonly Config _config;
    private readonly Cards _cards;
    private readonly NodeState _state;
    private readonly TableMemory _memory;
    private readonly List<Source> _all = [];
    private readonly List<Address> _external = [];
    private readonly List<Finding> _findings = [];
    private readonly HashSet<IpAddress> _discovered = [];

    public Sources(Config config, NodeState state, Cards cards, IReadOnlyList<IpPrefix> overlay, TableMemory memory)
    {
        _config = config;
        _cards = cards;
        _state = state;
        _memory = memory;
        HashSet<IpPrefix> subnets = [];
        foreach (Address address in state.Addresses)
        {
            if (IsExternal(address, overlay))
            {
                _external.Add(address);
                if (subnets.Add(address.Subnet))
                {
                    Subnets.Add(address.Subnet);
                }
            }
        }

        foreach (SourceConfig entry in config.Sources)
        {
            AddConfigured(entry);
        }

        // An existing source is kept although the others are gone: they may be back in a moment, as after a restart of systemd-networkd, and its
        // connections would lose their way in between.
        if (config.Discover)
        {
            ILookup<IpAddress, Address> single = _external.Where(address => address.Subnet.IsHost).ToLookup(address => address.Local);
            (IsMultihomed ? _external : Standing()).ForEach(address => AddDiscovered(address, single));
        }
    }

    /// <summary>All sources, without duplicates.</summary>
    public IReadOnlyList<Source> All => _all;

    /// <summary>The addresses by which the world reaches the node.</summary>
    public IReadOnlyList<Address> External => _external;

    /// <summary>The subnets on the node's external links, each once, and the configured networks.</summary>
    public List<IpPrefix> Subnets { get; } = [];

    /// <summary>Entries of the config that nothing on the node answers to, and addresses that are no source for a reason.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    // Two families on one card are one way in, and so are a subnet and a virtual address in it; two subnets, or one subnet on two cards, are two.
    private bool IsMultihomed => HaveSeveralWays(Family.IPv4) || HaveSeveralWays(Family.IPv6);

    private bool HaveSeveralWays(Family family)
    {
        // Where the smallest subnet lies in all others, any two of them overlap.
        Address? smallest = null;
        foreach (Address address in _external)
        {
            if (address.Local.Family == family && !(smallest?.Subnet.Length >= address.Subnet.Length))
            {
                smallest = address;
            }
        }

        return smallest is not null && _external.Exists(address =>
            address.Local.Family == family && (WayOf(address) != WayOf(smallest) || !address.Subnet.Contains(smallest.Subnet)));
    }

    /// <summary>The external addresses that have a rule of ours, or a table that our file knows.</summary>
    private List<Address> Standing()
    {
        HashSet<IpPrefix> standing = [.. _state.Rules.Where(rule => rule.Protocol == Ownership.Protocol && rule.IsFor(rule.From)).Select(rule => rule.From)];
        return _external.FindAll(address =>
            standing.Contains(IpPrefix.Host(address.Local)) || _memory.Number(TableNumbers.NameOf(IpPrefix.Host(address.Local))) is not null);
    }

    private bool IsExternal(Address address, IReadOnlyList<IpPrefix> overlay) =>
        address is { Scope: Address.ScopeUniverse, IsUsable: true } && !address.Local.IsLinkLocal &&
        _cards.IsExternal(address.Link) && _cards.IsExternal(WayOf(address)!.Index) &&
        !overlay.Contain(IpPrefix.Host(address.Local));

    private void AddConfigured(SourceConfig entry)
    {
        Address? held = Holder(entry);
        Link? holder = held is null ? entry.Card is { } name ? _cards.Find(name) : null : _cards.Find(held.Link);
        if (holder is null)
        {
            Tell(entry.Card is { } missing ? CardMissing(entry, missing) : AddressMissing(entry));
        }
        else if (entry.Card is { } card && holder.Name != card)
        {
            Tell(Wrong(FindingCode.CardMismatch, entry, "card", _cards.Find(card) is null
                ? $"there is no card {card}; {held!.Local} is on {holder.Name}"
                : $"{card} does not hold {entry.Prefix}; {holder.Name} does"));
        }
        else
        {
            Link way = _cards.WayOf(holder);
            var source = new Source
            {
                Prefix = entry.Prefix,
                Card = way,
                Holder = way == holder ? null : holder,
                IsHeldByCard = held is not null,
                Subnet = entry.IsNetwork || held is null ? entry.Prefix : held.Subnet,
                Config = entry,
            };
            _all.Add(source);
            Subnets.Add(source.Subnet);
        }
    }

    private void Tell(Finding finding) => _findings.Add(finding);

    /// <summary>A virtual address that another node holds now is no fault of this one.</summary>
    private Finding AddressMissing(SourceConfig entry)
    {
        (string key, string text) = entry.IsNetwork ? ("network", $"no card has an address in {entry.Prefix}") : ("address", $"no card has {entry.Prefix}");
        return Wrong(FindingCode.AddressMissing, entry, key, text) with { Severity = Severity.Warning };
    }

    private Finding CardMissing(SourceConfig entry, string card) =>
        Wrong(FindingCode.CardMissing, entry, "card", $"there is no card {card}");

    private Finding Wrong(string code, SourceConfig entry, string key, string text) =>
        new(Severity.Error, code, entry.Prefix.ToString(), $"{_config.File}: {entry.Key}.{key}: {text}");

    /// <summary>The address that makes the entry true: on the card it names, if there is one.</summary>
    private Address? Holder(SourceConfig entry)
    {
        Address? first = null;
        foreach (Address address in _state.Addresses)
        {
            if (!entry.Prefix.Contains(address.Local) || !address.IsUsable || _cards.IsOverlay(address.Link))
            {
                continue;
            }

            if (_cards.Find(address.Link)?.Name == entry.Card)
            {
                return address;
            }

            first ??= address;
        }

        return first;
    }

    private void AddDiscovered(Address address, ILookup<IpAddress, Address> single)
    {
        if (_cards.Find(address.Link) is not { } holder || _discovered.Contains(address.Local) ||
            _config.Sources.Any(entry => entry.Prefix.Contains(address.Local)))
        {
            return;
        }

        if (address.Subnet.IsHost && single[address.Local].FirstOrDefault(other => other != address) is { } twin)
        {
            TellTwin(address, twin);
            return;
        }

        Link way = _cards.WayOf(holder);
        _discovered.Add(address.Local);
        _all.Add(new Source { Prefix = IpPrefix.Host(address.Local), Card = way, Holder = way == holder ? null : holder, Subnet = SubnetOn(way, address) });
    }

    /// <summary>Where the host itself routes, every uplink has the same address, and a routing daemon decides in main which of them answers.</summary>
    private void TellTwin(Address address, Address twin)
    {
        if (!_findings.Exists(finding => finding.Subject == address.Local.ToString()))
        {
            Tell(new Finding(
                Severity.Note,
                FindingCode.AddressOnSeveralCards,
                address.Local.ToString(),
                $"{address.Local} stands on {_cards.Find(address.Link)?.Name} and on {_cards.Find(twin.Link)?.Name}, so main decides which of them answers"));
        }
    }

    private Link? WayOf(Address address) => _cards.Find(address.Link) is { } card ? _cards.WayOf(card) : null;

    /// <summary>The subnet that an address belongs to: a virtual one has that of the card's own address around it.</summary>
    private IpPrefix SubnetOn(Link way, Address address)
    {
        Address? around = way.Index == address.Link ? null : _external.Find(other => other.Link == way.Index && other.Subnet.Contains(address.Local));
        return around?.Subnet ?? address.Subnet;
    }
}
