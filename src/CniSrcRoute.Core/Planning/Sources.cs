using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Finds the sources: those of the config first, then, where wanted, every other global address once the node has more than one way in.</summary>
internal sealed class Sources
{
    private readonly Config _config;
    private readonly Cards _cards;
    private readonly NodeState _state;
    private readonly List<string> _problems = [];
    private readonly List<string> _notes = [];

    public Sources(Config config, NodeState state, Cards cards, IReadOnlyList<IpPrefix> overlay)
    {
        _config = config;
        _cards = cards;
        _state = state;
        External = [.. state.Addresses.Where(address => IsExternal(address, overlay))];
        All = [.. config.Sources.Select(Configured).OfType<Source>(), .. Discovered()];
    }

    /// <summary>All sources, without duplicates.</summary>
    public IReadOnlyList<Source> All { get; }

    /// <summary>The addresses by which the world reaches the node.</summary>
    public IReadOnlyList<Address> External { get; }

    /// <summary>The subnets on the node's external links, and the configured networks.</summary>
    public HashSet<IpPrefix> Subnets
    {
        get
        {
            HashSet<IpPrefix> subnets = [];
            foreach (Address address in External)
            {
                subnets.Add(address.Subnet);
            }

            foreach (Source source in All)
            {
                subnets.Add(source.Subnet);
            }

            return subnets;
        }
    }

    public IReadOnlyList<string> Problems => _problems;

    public IReadOnlyList<string> Notes => _notes;

    private bool IsExternal(Address address, IReadOnlyList<IpPrefix> overlay) =>
        address is { Scope: Address.ScopeUniverse, IsUsable: true } && !address.Local.IsLinkLocal && _cards.IsExternal(address.Link) &&
        !overlay.Any(network => network.Contains(address.Local));

    private Source? Configured(SourceConfig entry)
    {
        string where = $"{_config.File}: {entry.Key}.{(entry.IsNetwork ? "network" : "address")}";
        Address? held = _state.Addresses
            .Where(address => entry.Prefix.Contains(address.Local) && address.IsUsable && !_cards.IsOverlay(address.Link))
            .OrderByDescending(address => _cards.Find(address.Link)?.Name == entry.Card)
            .FirstOrDefault();
        Link? holder = held is null ? null : _cards.Find(held.Link);
        if (held is null || holder is null)
        {
            _problems.Add($"{where}: no card has {(entry.IsNetwork ? "an address in " : "")}{entry.Prefix}");
            return null;
        }

        if (entry.Card is { } card && holder.Name != card)
        {
            _problems.Add(_cards.Find(card) is null
                ? $"{_config.File}: {entry.Key}.card: there is no card {card}; {held.Local} is on {holder.Name}"
                : $"{_config.File}: {entry.Key}.card: {card} does not hold {entry.Prefix}; {holder.Name} does");
            return null;
        }

        return new Source { Prefix = entry.Prefix, Card = holder, Subnet = entry.IsNetwork ? entry.Prefix : held.Subnet, Config = entry };
    }

    private IEnumerable<Source> Discovered()
    {
        if (!_config.Discover)
        {
            return [];
        }

        // Two families on one card are one way in; two subnets, or one subnet on two cards, are two.
        bool multihomed = External.Any(one => External.Any(other => one.Local.Family == other.Local.Family && (one.Link != other.Link || one.Subnet != other.Subnet)));
        if (!multihomed && _config.Sources.Count == 0)
        {
            _notes.Add("this node has a single external subnet, so every answer leaves by the right card already and there is nothing to do");
        }

        return !multihomed ? [] : External
            .DistinctBy(address => address.Local)
            .Where(address => !_config.Sources.Any(entry => entry.Prefix.Contains(address.Local)))
            .Select(address => new Source { Prefix = IpPrefix.Host(address.Local), Card = _cards.Find(address.Link)!, Subnet = address.Subnet });
    }
}
