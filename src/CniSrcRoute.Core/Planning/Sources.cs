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
    private readonly List<Finding> _problems = [];

    public Sources(Config config, NodeState state, Cards cards, IReadOnlyList<IpPrefix> overlay, TableMemory memory)
    {
        _config = config;
        _cards = cards;
        _state = state;
        _memory = memory;
        foreach (Address address in state.Addresses)
        {
            if (IsExternal(address, overlay))
            {
                _external.Add(address);
                Subnets.Add(address.Subnet);
            }
        }

        foreach (SourceConfig entry in config.Sources)
        {
            AddConfigured(entry);
        }

        // A source that stands is kept though the others have gone: they may be back in a moment, as after a restart of systemd-networkd, and its
        // connections would lose their way in between.
        if (config.Discover)
        {
            (IsMultihomed ? _external : Standing()).ForEach(AddDiscovered);
        }
    }

    /// <summary>All sources, without duplicates.</summary>
    public IReadOnlyList<Source> All => _all;

    /// <summary>The addresses by which the world reaches the node.</summary>
    public IReadOnlyList<Address> External => _external;

    /// <summary>The subnets on the node's external links, and the configured networks.</summary>
    public List<IpPrefix> Subnets { get; } = [];

    /// <summary>Bad input.</summary>
    public IReadOnlyList<Finding> Problems => _problems;

    // Two families on one card are one way in, and so are a subnet and a virtual address in it; two subnets, or one subnet on two cards, are two.
    private bool IsMultihomed => _external.Exists(one => _external.Exists(other =>
        one.Local.Family == other.Local.Family && (one.Link != other.Link || !one.Subnet.Overlaps(other.Subnet))));

    /// <summary>The external addresses that have a rule of ours, or a table that our file knows.</summary>
    private List<Address> Standing()
    {
        return _external.FindAll(address =>
            _memory.Number(TableNumbers.NameOf(IpPrefix.Host(address.Local))) is not null ||
            _state.Rules.Any(rule => rule.Protocol == Ownership.Protocol && rule.IsFor(IpPrefix.Host(address.Local))));
    }

    private bool IsExternal(Address address, IReadOnlyList<IpPrefix> overlay) =>
        address is { Scope: Address.ScopeUniverse, IsUsable: true } && !address.Local.IsLinkLocal && _cards.IsExternal(address.Link) &&
        !overlay.Contain(IpPrefix.Host(address.Local));

    private void AddConfigured(SourceConfig entry)
    {
        Address? held = Holder(entry);
        Link? holder = held is null ? null : _cards.Find(held.Link);
        if (held is null || holder is null)
        {
            AddProblem(FindingCode.AddressMissing, entry.IsNetwork
                ? $"{entry.Key}.network: no card has an address in {entry.Prefix}"
                : $"{entry.Key}.address: no card has {entry.Prefix}");
        }
        else if (entry.Card is { } card && holder.Name != card)
        {
            AddProblem(FindingCode.CardMismatch, _cards.Find(card) is null
                ? $"{entry.Key}.card: there is no card {card}; {held.Local} is on {holder.Name}"
                : $"{entry.Key}.card: {card} does not hold {entry.Prefix}; {holder.Name} does");
        }
        else
        {
            var source = new Source { Prefix = entry.Prefix, Card = holder, Subnet = entry.IsNetwork ? entry.Prefix : held.Subnet, Config = entry };
            _all.Add(source);
            Subnets.Add(source.Subnet);
        }
    }

    private void AddProblem(string code, string text) => _problems.Add(Finding.BadInput(code, text.Split(':')[0], $"{_config.File}: {text}"));

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

    private void AddDiscovered(Address address)
    {
        if (_cards.Find(address.Link) is { } card && !_all.Exists(source => source.Prefix.Contains(address.Local)) &&
            !_config.Sources.Any(entry => entry.Prefix.Contains(address.Local)))
        {
            _all.Add(new Source { Prefix = IpPrefix.Host(address.Local), Card = card, Subnet = address.Subnet });
        }
    }
}
