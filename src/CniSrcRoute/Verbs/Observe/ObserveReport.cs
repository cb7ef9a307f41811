using CniSrcRoute.Node;
using CniSrcRoute.Observe;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>What `srcroute observe` shows.</summary>
internal sealed record ObserveReport
{
    /// <summary>How long it was looked.</summary>
    public int Seconds { get; init; }

    /// <summary>Of how many conversations one was looked at.</summary>
    public required uint Share { get; init; }

    /// <summary>The cards that were looked at.</summary>
    public IReadOnlyList<string> Cards { get; init; } = [];

    /// <summary>How many requests came in.</summary>
    public required int Total { get; init; }

    /// <summary>How many were answered by the card that they came in by.</summary>
    public required int Right { get; init; }

    /// <summary>Those that were answered by another card.</summary>
    public required IReadOnlyList<ObservedExchange> ByOtherCard { get; init; }

    /// <summary>Those that nobody answered.</summary>
    public required IReadOnlyList<ObservedExchange> Unanswered { get; init; }

    /// <summary>The routers of cards that have none in any table of theirs.</summary>
    public required IReadOnlyList<UnknownRouter> Routers { get; init; }

    public static ObserveReport Of(Observation observation, TimeSpan now, uint share, Reconciliation round, Cards cards, IReadOnlyList<Neighbour> neighbours)
    {
        var asked = new Asked(round.State, round.Desired, cards);
        List<ObservedExchange> byOther = [], unanswered = [];
        List<UnknownRouter> routers = [];
        int total = 0, right = 0;
        foreach (Exchange exchange in observation.Exchanges)
        {
            total++;
            Link? card = cards.Find(exchange.Card);
            var seen = new ObservedExchange(
                exchange,
                card?.Name ?? "",
                cards.Find(exchange.AnswerCard)?.Name ?? "",
                IsOnLink(exchange, round.State) ? "" : exchange.Sender,
                RouterOf(exchange, observation, round.State, neighbours));
            bool isRight = exchange.AnswerCard == exchange.Card ||
                (exchange.AnswerCard != 0 && card is not null && exchange.AnswerCard == asked.Wire(exchange.Key.Client, card).Index);
            right += isRight ? 1 : 0;
            if (!isRight && exchange.AnswerCard != 0)
            {
                byOther.Add(seen);
            }
            else if (Observation.IsUnanswered(exchange, now))
            {
                unanswered.Add(seen);
            }

            if (seen.Router.IsSet && UnknownRouter.Of(seen, round) is { } router && !routers.Contains(router))
            {
                routers.Add(router);
            }
        }

        return new ObserveReport { Share = share, Total = total, Right = right, ByOtherCard = byOther, Unanswered = unanswered, Routers = routers };
    }

    private static bool IsOnLink(Exchange exchange, NodeState state) =>
        exchange.Key.Client.IsLinkLocal || state.Addresses.Any(address => address.Link == exchange.Card && address.Subnet.Contains(exchange.Key.Client));

    /// <summary>The address of the router that a request came through, preferably one in a subnet of the card; none if it is unknown.</summary>
    private static IpAddress RouterOf(Exchange exchange, Observation observation, NodeState state, IReadOnlyList<Neighbour> neighbours)
    {
        if (exchange.Sender.Length == 0 || IsOnLink(exchange, state))
        {
            return default;
        }

        Family family = exchange.Key.Client.Family;
        List<IpAddress> known =
            [.. neighbours.Where(one => one.Card == exchange.Card && one.HardwareAddress == exchange.Sender && one.Address.Family == family).Select(one => one.Address)];
        if (family == Family.IPv4 && observation.Neighbours.TryGetValue($"{exchange.Card} {exchange.Sender}", out IpAddress asked))
        {
            known.Add(asked);
        }

        IpAddress inSubnet = known.Find(address =>
            state.Addresses.Any(own => own.Link == exchange.Card && !own.Local.IsLinkLocal && own.Subnet.Contains(address)));
        return inSubnet.IsSet || known.Count == 0 ? inSubnet : known[0];
    }
}
