using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Tells the cards that lead to pods and containers (overlay cards) from those by which the world reaches the node.</summary>
public sealed class Cards
{
    private readonly Dictionary<int, Link> _byIndex = [];
    private readonly Dictionary<int, Link> _ways = [];
    private readonly HashSet<int> _toldByRoutes = [];
    private readonly HashSet<int> _overlay = [];
    private readonly HashSet<int> _external = [];

    /// <summary>Sorts the node's cards.</summary>
    /// <param name="config">Names overlay cards, or leaves it to be found out.</param>
    /// <param name="state">The node.</param>
    public Cards(Config config, NodeState state)
    {
        var facts = new CardFacts(config, state);
        foreach (Link link in state.Links)
        {
            _byIndex[link.Index] = link;
            _ways[link.Index] = facts.WayOf(link);
            if (facts.IsToldByRoutes(link))
            {
                _toldByRoutes.Add(link.Index);
            }

            switch (facts.RoleOf(link))
            {
                case CardRole.World:
                    _external.Add(link.Index);
                    break;
                case CardRole.Containers:
                    _overlay.Add(link.Index);
                    break;
                default:
                    break;
            }
        }

        Overlay = [.. state.Links.Where(link => IsOverlay(link.Index))];
    }

    /// <summary>The overlay cards, in the kernel's order.</summary>
    public IReadOnlyList<Link> Overlay { get; }

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
    public Link WayOf(Link card) => _ways[card.Index];

    /// <summary>Whether an index is that of an overlay card.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it is.</returns>
    public bool IsOverlay(int index) => _overlay.Contains(index);

    /// <summary>Whether containers that a card leads to are on the LAN as well: those of a macvlan or ipvlan. The LAN reaches the node by it, too.</summary>
    /// <param name="card">The card.</param>
    /// <returns>True when they are.</returns>
    public bool IsOnLan(Link card) => card.Kind is "macvlan" or "ipvlan" && card.LowerNetNs is null && IsOverlay(card.Index);

    /// <summary>
    /// Whether the world can reach the node by the card: neither overlay, nor loopback, nor a port of another device, nor a dummy that only holds addresses.
    /// </summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it can.</returns>
    public bool IsExternal(int index) => _external.Contains(index);

    /// <summary>Whether routes by a card, defaults left aside, decide where it leads.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when they may.</returns>
    public bool IsToldByRoutes(int index) => _toldByRoutes.Contains(index);

    /// <summary>Whether a route is one of those that tell where a card leads: with it, or without it, the card may be of another kind.</summary>
    /// <param name="route">A route of main.</param>
    /// <returns>True when it may tell.</returns>
    public bool AreToldBy(Route route) => route.Type == RouteType.Unicast && (route.IsDefaultLike || route.Nexthops.Any(hop => _toldByRoutes.Contains(hop.Oif)));
}
