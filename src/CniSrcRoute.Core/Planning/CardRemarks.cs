using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>What is worth knowing of cards that are no source's own.</summary>
internal static class CardRemarks
{
    /// <summary>The remarks.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="cards">The node's cards, sorted.</param>
    public static IEnumerable<Finding> On(Config config, NodeState state, Cards cards)
    {
        foreach (Link card in state.Links.Where(card => cards.IsExternal(card.Index)))
        {
            Link way = cards.WayOf(card);
            if (way != card && Math.Max(state.AllCards.RpFilter, card.Conf.RpFilter) == 1 && Holds(state, card, Family.IPv4))
            {
                yield return Strict(card, way);
            }

            if (cards.Overlay.Count > 0 && config.Discover && IsBare(config, state, card))
            {
                yield return Bare(config, card);
            }
        }

        // A bridge and a tunnel are recognised by their ports, a veth by its other end.
        foreach (Link card in config.OverlayCards is null ? cards.Overlay.Where(card => card.Kind is "" or "vlan" or "bond") : [])
        {
            yield return Called(config, card);
        }

        foreach (Finding finding in ArpFlux(state, cards))
        {
            yield return finding;
        }
    }

    /// <summary>Whichever card's answer the neighbour hears last gets its requests, and the replies leave as they came.</summary>
    private static IEnumerable<Finding> ArpFlux(NodeState state, Cards cards)
    {
        Dictionary<IpPrefix, Link> first = [];
        foreach (Address address in state.Addresses.Where(address => address.Local.Family == Family.IPv4 && !address.Subnet.IsHost))
        {
            Link? card = cards.Find(address.Link);
            if (card is null || !cards.IsExternal(card.Index) || cards.WayOf(card) != card || first.TryAdd(address.Subnet, card) || first[address.Subnet] == card ||
                Math.Max(state.AllCards.ArpIgnore, Math.Min(card.Conf.ArpIgnore, first[address.Subnet].Conf.ArpIgnore)) != 0)
            {
                continue;
            }

            const string Cure = "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
            yield return new Finding(
                Severity.Note,
                FindingCode.ArpFlux,
                card.Name,
                $"{first[address.Subnet].Name} and {card.Name} are both in {address.Subnet}, and each answers ARP for the other's addresses (arp_ignore is 0): " +
                $"requests come in by either, and are answered by the card they came in by; to keep each address to its card: {Cure}",
                Cure);
        }
    }

    /// <summary>The kernel asks main for the way back to who sends, and that is by the card below.</summary>
    private static Finding Strict(Link card, Link way)
    {
        string cure = $"sysctl -w net.ipv4.conf.{card.Name.Replace('.', '/')}.rp_filter=2";
        return new Finding(
            Severity.Warning,
            FindingCode.ReversePathStrict,
            card.Name,
            $"rp_filter of {card.Name} is strict: requests for its addresses are dropped, since main answers them by {way.Name}; repair it with: {cure}",
            cure);
    }

    private static Finding Called(Config config, Link card)
    {
        string cure = $"\"sources\": [{{ \"network\": \"NETWORK\", \"card\": \"{card.Name}\" }}]";
        return new Finding(
            Severity.Note,
            FindingCode.CalledLikePods,
            card.Name,
            $"card {card.Name} is assumed to lead to pods because of its name alone, although it is {(card.Kind.Length == 0 ? "hardware" : $"a {card.Kind}")}: " +
            $"if it leads to the LAN, put {cure} into {config.File}",
            cure);
    }

    private static Finding Bare(Config config, Link card)
    {
        string cure = $"\"sources\": [{{ \"network\": \"NETWORK\", \"card\": \"{card.Name}\", \"gateway\": \"ROUTER\" }}]";
        return new Finding(
            Severity.Note,
            FindingCode.CardWithoutAddress,
            card.Name,
            $"card {card.Name} has no address: requests that arrive on it for an address that a load balancer announces are answered as main says; " +
            $"to answer them by this card, put {cure} into {config.File}",
            cure);
    }

    /// <summary>Whether a card is connected and has no address, and carries no VLAN or the like that has.</summary>
    private static bool IsBare(Config config, NodeState state, Link card) =>
        card is { IsUp: true, HasCarrier: true, IsTunnel: false } && !Holds(state, card, Family.IPv4) && !Holds(state, card, Family.IPv6) &&
        !state.Links.Any(other => other.Lower == card.Index && other.LowerNetNs is null && other.Kind != "veth") &&
        !config.Sources.Any(source => source.Card == card.Name);

    private static bool Holds(NodeState state, Link card, Family family) =>
        state.Addresses.Any(address => address.Link == card.Index && address.Local.Family == family && !address.Local.IsLinkLocal);
}
