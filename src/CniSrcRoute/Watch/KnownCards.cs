using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>The part of <see cref="Knowledge"/> that is about cards.</summary>
internal sealed class KnownCards
{
    private readonly DesiredState _desired;
    private readonly MainTable _main;
    private readonly Dictionary<int, Link> _links = [];
    private readonly HashSet<int> _overlay = [];
    private readonly HashSet<int> _occupants = [];

    public KnownCards(IReadOnlyList<Link> links, DesiredState desired, MainTable main)
    {
        _desired = desired;
        _main = main;
        foreach (Link link in links)
        {
            _links[link.Index] = link;
        }

        foreach (Link card in desired.OverlayCards)
        {
            _overlay.Add(card.Index);
        }
    }

    /// <summary>Adds the cards that a route names which stands in a source table and is no copy.</summary>
    public void AddOccupants(Route route)
    {
        foreach (Nexthop hop in route.Nexthops)
        {
            _occupants.Add(hop.Oif);
        }
    }

    /// <summary>Whether there is such a card.</summary>
    public bool Knows(int index) => _links.ContainsKey(index);

    /// <summary>Whether it leads to pods.</summary>
    public bool IsOverlay(int index) => _overlay.Contains(index);

    /// <summary>Takes an event in.</summary>
    /// <param name="told">The event.</param>
    /// <returns>Why the node has to be read again; null when it has not.</returns>
    public Cause? Take(LinkEvent told)
    {
        int index = told.Link.Index;
        _links.TryGetValue(index, out Link? known);
        if (told.Removed)
        {
            // It may have gone while everything was read: after its routes were, and before it was itself.
            return (known is null && !_main.MayName(index, hops: 1)) || TakePod(told, known)
                ? null
                : new Cause(CauseKind.Card, $"card {told.Link.Name} went away");
        }

        if (known is not null &&
            (known.Name, known.Kind, known.Master, known.IsUp, known.HasCarrier) ==
            (told.Link.Name, told.Link.Kind, told.Link.Master, told.Link.IsUp, told.Link.HasCarrier))
        {
            return null;
        }

        if (TakePod(told, known))
        {
            return null;
        }

        string what = known is null ? "came" : known.IsUp == told.Link.IsUp ? "changed" : told.Link.IsUp ? "went up" : "went down";
        return new Cause(CauseKind.Card, $"card {told.Link.Name} {what}");
    }

    /// <summary>
    /// Takes in what became of a pod's card, unless it may touch a route that names it. What is desired depends on such a card by those alone: it is nobody's
    /// source, and one port more or less makes no bridge another kind of card.
    /// </summary>
    private bool TakePod(LinkEvent told, Link? known)
    {
        // Going down takes routes with it unheard, and only after it is told of, so they may be known still when it goes up again. Else a route's only hop
        // is listed as ever, but of several the kernel may leave out the dead.
        int index = told.Link.Index;
        int hops = told.Removed || known?.IsUp != told.Link.IsUp ? 1 : 2;
        if ((known is not null && !_overlay.Contains(index)) ||
            _occupants.Contains(index) ||
            _main.MayName(index, hops) ||
            _desired.Overlay?.TryAddPod(told.Link) != true)
        {
            return false;
        }

        if (told.Removed)
        {
            _links.Remove(index);
            _overlay.Remove(index);
        }
        else
        {
            _links[index] = told.Link;
            _overlay.Add(index);
        }

        return true;
    }
}
