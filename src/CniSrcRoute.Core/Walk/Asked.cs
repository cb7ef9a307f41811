using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>Where a request comes in: found by what the node knows of its cards.</summary>
/// <param name="state">The node.</param>
/// <param name="desired">Knows the sources, and the pods' networks.</param>
/// <param name="cards">Tells the cards that lead to pods.</param>
public sealed class Asked(NodeState state, DesiredState desired, Cards cards)
{
    private readonly Fib _fib = new(state);

    /// <summary>The addresses by which the world may ask the node: those of its sources, or, where it has none, every global one of cards that lead elsewhere than to pods.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>The addresses, in the kernel's order.</returns>
    public IReadOnlyList<IpAddress> Addresses(Family family)
    {
        List<IpAddress> sources =
            [.. desired.Tables.Where(table => table.Source.Family == family && table.Source.Prefix.IsHost).Select(table => table.Source.Prefix.Address).Distinct()];
        return sources.Count > 0 ? sources :
        [
            .. state.Addresses.Where(address =>
                address.Local.Family == family && address is { Scope: Address.ScopeUniverse, IsUsable: true } && !cards.IsOverlay(address.Link) &&
                state.Links.Any(link => link.Index == address.Link && !link.IsLoopback)).Select(address => address.Local),
        ];
    }

    /// <summary>The addresses by which a client may ask that is on the link of a card and has no other address.</summary>
    /// <param name="card">The card.</param>
    /// <returns>Those of the card, in the kernel's order.</returns>
    public IReadOnlyList<IpAddress> AddressesOn(Link card) =>
        [.. state.Addresses.Where(held => held.Link == card.Index && held is { Local.Family: Family.IPv6, IsUsable: true }).Select(held => held.Local)];

    /// <summary>The cards on whose link a client may be that has no other address: pods are not thought of.</summary>
    /// <param name="address">The address that it asks; none for any.</param>
    /// <returns>Those that have the address where that is one of a link, else all that lead elsewhere.</returns>
    public IReadOnlyList<Link> Links(IpAddress address) =>
    [
        .. state.Links.Where(link => link.IsUp && !link.IsLoopback && state.Addresses.Any(held =>
            held.Link == link.Index && (address.IsLinkLocal ? held.Local == address : held.Local.IsOfLinkAlone && !cards.IsOverlay(link.Index)))),
    ];

    /// <summary>
    /// The card that a request comes in by. That of a connection which is marked is known, a pod's is the one by which main finds it; else it is the card that
    /// has the address. Of an address on no card (on lo, a dummy, a load balancer's), on several, or on one of two that answer ARP for one another, it is a guess;
    /// so it is of a neighbour on the link of another card, who may ask by a router or hand the request to the node itself, and of a pod or container that is
    /// on the LAN itself.
    /// </summary>
    /// <param name="client">Who asks.</param>
    /// <param name="address">The address that is asked.</param>
    /// <param name="own">A tracked connection of theirs; null for none.</param>
    /// <param name="isGuess">Whether the card is but a guess.</param>
    /// <returns>The card; null when there is none.</returns>
    public Link? Card(IpAddress client, IpAddress address, Connection? own, out bool isGuess)
    {
        isGuess = false;
        uint mark = own is null ? 0 : own.Mark & desired.MarkMask.TableBits;
        List<Source> marked = mark == 0 ? [] : [.. desired.Tables.Where(table => table.Mark == mark).Select(table => table.Source)];
        if (marked.Count > 0)
        {
            Source source = marked.Find(one => one.Prefix.Contains(address)) ?? marked[0];
            return source.Holder ?? source.Card;
        }

        Way main = WayTo(client);
        Link? byMain = main.Leaves ? cards.Find(main.Hops[0].Oif) : null;
        List<Link> holders = [.. state.Addresses.Where(held => held.Local == address).Select(held => cards.Find(held.Link)).OfType<Link>()
            .Where(card => !card.IsWithoutWire && (!cards.IsOverlay(card.Index) || cards.IsOnLan(card)))];
        if (byMain is not null && (cards.IsOverlay(byMain.Index) || desired.OverlayNetworks.Contain(IpPrefix.Host(client))))
        {
            // Pods that a card's ordinary router leads to, and containers on a macvlan, may ask another card's address by that card.
            isGuess = (!cards.IsOverlay(byMain.Index) || cards.IsOnLan(byMain)) && holders.Exists(card => cards.WayOf(card) != cards.WayOf(byMain));
            return byMain;
        }

        if (own is { IsAnswered: true } && state.Addresses.Any(held => held.Local == own.AnsweredBy) && state.Nftables.Table is not null && !holders.Exists(cards.IsOnLan) &&
            _fib.Find(new Flow { Destination = client, Source = own.AnsweredBy }) is { Leaves: true } unmarked && !holders.Exists(card => unmarked.LeavesBy(cards.WayOf(card).Index)))
        {
            // Had it come in by the card that has the address, it would have a mark, unless it is older than our table.
            isGuess = true;
            return cards.Find(unmarked.Hops[0].Oif);
        }

        isGuess = holders.Count != 1 || HasRival(holders[0], address) || IsNeighbour(client, byMain, holders[0]);
        return holders.Find(card => card == byMain) ?? (holders.Count > 0 ? holders[0] : byMain);
    }

    /// <summary>The card over whose wire a request comes in: below a macvlan that is there for containers it is that of all others than them.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="card">The card it comes in by.</param>
    /// <returns>As a rule the card itself.</returns>
    public Link Wire(IpAddress client, Link card) => client.IsOfLinkAlone || WayTo(client).LeavesBy(card.Index) ? card : Wire(card);

    /// <summary>The table of the card's VRF, or main.</summary>
    private uint TableOf(Link card) => _fib.Cards.Find(_fib.Cards.VrfOf(card.Index))?.VrfTable ?? TableId.Main;

    /// <summary>The way to a client, whatever source the answer has.</summary>
    private Way WayTo(IpAddress client) => _fib.Find(new Flow { Destination = client });

    private Link Wire(Link card) => cards.IsOnLan(card) && cards.Find(card.Lower) is { } below ? below : cards.WayOf(card);

    /// <summary>Whether the client is on the link of a card that is not the one, nor the card below it.</summary>
    private bool IsNeighbour(IpAddress client, Link? byMain, Link card) => byMain is not null && Wire(byMain) != Wire(card) &&
        state.Addresses.Any(held => held.Link == byMain.Index && held.Subnet.Contains(client));

    /// <summary>Whether another card in the subnet of the address answers ARP for it.</summary>
    private bool HasRival(Link card, IpAddress address) =>
        desired.Findings.Any(finding => finding.Code == FindingCode.ArpFlux) &&
        state.Addresses.Any(other => other.Link != card.Index && other.Subnet.Contains(address) && cards.IsExternal(other.Link));

    /// <summary>The router that a request comes through: none for a neighbour; not known where neither main, or the table of the card's VRF, nor the configuration tells.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="card">The card it comes in by.</param>
    /// <returns>The router's address; none for a neighbour, null where it is not known.</returns>
    public IpAddress? Router(IpAddress client, Link card)
    {
        if (cards.IsOverlay(card.Index) || state.Addresses.Any(address => address.Link == card.Index && address.Subnet.Contains(client)))
        {
            return default(IpAddress);
        }

        IEnumerable<Route> own = desired.Tables.Where(table => table.Source.Card.Index == card.Index).SelectMany(table => table.CardRoutes).Concat(state.Table(new TableId(client.Family, TableOf(card))));
        return own.Where(route => route.Destination.Contains(client))
            .SelectMany(route => route.Nexthops, (route, hop) => (route.Destination.Length, Hop: hop))
            .Where(way => way.Hop.Oif == card.Index && way.Hop.Gateway.IsSet)
            .OrderByDescending(way => way.Length).Select(way => (IpAddress?)way.Hop.Gateway).FirstOrDefault();
    }
}
