using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Tells the cards that lead to pods and containers (overlay cards) from those by which the world reaches the node.</summary>
public sealed class Cards
{
    private readonly CardFacts _facts;
    private readonly Config _config;
    private readonly Dictionary<int, Link> _byIndex = [];
    private readonly HashSet<int> _overlay = [];
    private readonly HashSet<int> _external = [];

    /// <summary>Sorts the node's cards.</summary>
    /// <param name="config">Names overlay cards, or leaves it to be found out.</param>
    /// <param name="state">The node.</param>
    public Cards(Config config, NodeState state)
    {
        _facts = new CardFacts(config, state);
        _config = config;
        foreach (Link link in state.Links)
        {
            Add(link, _facts.RoleOf(link));
        }
    }

    /// <summary>The overlay cards, in the kernel's order.</summary>
    public IReadOnlyList<Link> Overlay => [.. _byIndex.Values.Where(link => IsOverlay(link.Index))];

    /// <summary>Sorts in the host's end of a pod's veth pair that came after the others. No other card is sorted otherwise for its sake.</summary>
    /// <param name="link">The card, which no route and no address names yet.</param>
    /// <returns>False, and nothing is done, for any other card.</returns>
    public bool TryAddPod(Link link)
    {
        // With the first card to pods comes the reason to mark connections.
        bool isPod = _overlay.Count > 0 && _facts.IsContainerEnd(link) && !_config.Sources.Any(source => source.Card == link.Name);
        if (isPod)
        {
            Add(link, CardRole.Containers);
        }

        return isPod;
    }

    /// <summary>The card of an index.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>The card, null when there is none.</returns>
    public Link? Find(int index) => _byIndex.GetValueOrDefault(index);

    /// <summary>The card of a name.</summary>
    /// <param name="name">IFLA_IFNAME.</param>
    /// <returns>The card, null when there is none.</returns>
    public Link? Find(string name) => _byIndex.Values.FirstOrDefault(link => link.Name == name);

    /// <summary>The card whose routes lead back to who asked by a card: as a rule itself.</summary>
    /// <param name="card">The card that the request came by.</param>
    /// <returns>For a macvlan or ipvlan that only holds single addresses the card below.</returns>
    public Link WayOf(Link card) => _facts.WayOf(card);

    /// <summary>Whether an index is that of an overlay card.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it is.</returns>
    public bool IsOverlay(int index) => _overlay.Contains(index);

    /// <summary>
    /// Whether the world can reach the node by the card: neither overlay, nor loopback, nor a port of another device, nor a dummy that only holds addresses.
    /// </summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it can.</returns>
    public bool IsExternal(int index) => _external.Contains(index);

    private void Add(Link link, CardRole role)
    {
        _byIndex[link.Index] = link;
        if (role != CardRole.Nothing)
        {
            (role == CardRole.World ? _external : _overlay).Add(link.Index);
        }
    }
}
