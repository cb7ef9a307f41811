using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>Where a request comes in: found by what the node knows of its cards.</summary>
/// <param name="state">The node.</param>
/// <param name="desired">Knows the cards that lead to pods.</param>
public sealed class Asked(NodeState state, DesiredState desired)
{
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
                address.Local.Family == family && address is { Scope: Address.ScopeUniverse, IsUsable: true } && !IsOverlay(address.Link) &&
                state.Links.Any(link => link.Index == address.Link && !link.IsLoopback)).Select(address => address.Local),
        ];
    }

    /// <summary>
    /// The card that a request comes in by: one that leads to pods if main finds the client there, or else the one that has the address; of an address on none
    /// (lo, a dummy) the one main would use, which then is a guess.
    /// </summary>
    /// <param name="client">Who asks.</param>
    /// <param name="address">The address that is asked.</param>
    /// <param name="isGuess">Whether the card is but a guess.</param>
    /// <returns>The card; null when there is none.</returns>
    public Link? Card(IpAddress client, IpAddress address, out bool isGuess)
    {
        isGuess = false;
        Way main = new Fib(state).Find(new Flow { Destination = client });
        int byMain = main.Leaves ? main.Hops[0].Oif : 0;
        Link? holder = Find(state.Addresses.FirstOrDefault(held => held.Local == address)?.Link ?? 0);
        if (holder is { IsLoopback: false, Kind: not "dummy" } && !IsOverlay(byMain))
        {
            return holder;
        }

        isGuess = !IsOverlay(byMain);
        return Find(byMain);
    }

    /// <summary>The router that a request comes through: none for a neighbour; not known where neither main nor the configuration tells.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="card">The card it comes in by.</param>
    /// <returns>The router's address; none for a neighbour, null where it is not known.</returns>
    public IpAddress? Router(IpAddress client, Link card)
    {
        if (IsOverlay(card.Index) || state.Addresses.Any(address => address.Link == card.Index && address.Subnet.Contains(client)))
        {
            return default(IpAddress);
        }

        IEnumerable<Route> own = desired.Tables.Where(table => table.Source.Card.Index == card.Index).SelectMany(table => table.CardRoutes).Concat(state.Main(client.Family));
        return own.Where(route => route.Destination.Contains(client))
            .SelectMany(route => route.Nexthops, (route, hop) => (route.Destination.Length, Hop: hop))
            .Where(way => way.Hop.Oif == card.Index && way.Hop.Gateway.IsSet)
            .OrderByDescending(way => way.Length).Select(way => (IpAddress?)way.Hop.Gateway).FirstOrDefault();
    }

    private bool IsOverlay(int index) => desired.OverlayCards.Any(card => card.Index == index);

    private Link? Find(int index) => state.Links.FirstOrDefault(link => link.Index == index);
}
