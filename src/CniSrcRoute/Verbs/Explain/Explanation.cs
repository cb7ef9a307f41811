using System.Globalization;
using CniSrcRoute.Firewall;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>One request, its answer, and what is to be said of them.</summary>
/// <param name="Trip">Both ways on the node as it is.</param>
/// <param name="Router">The router the request comes through; none for a neighbour, null where it is not known.</param>
/// <param name="IsGuess">Whether the card of the request is but a guess.</param>
/// <param name="IsUntried">Whether no connection to the port is tracked that would show to whom it is handed on, if to anybody.</param>
/// <param name="Verdict">Whether all is well.</param>
/// <param name="Doubts">The rules that may lead the request or its answer elsewhere, by marks that others set.</param>
/// <param name="Obstructions">The chains of others that may drop the request or its answer.</param>
/// <param name="Service">Which service of IPVS the request is for; null for none.</param>
internal sealed record Explanation(RoundTrip Trip, IpAddress? Router, bool IsGuess, bool IsUntried, Verdict Verdict, IReadOnlyList<Doubt> Doubts, IReadOnlyList<Obstruction> Obstructions, IpvsService? Service)
{
    /// <summary>Whether the kernel cannot decide otherwise.</summary>
    public bool IsCertain => !Trip.Answer.IsUncertain && Doubts.Count == 0 && !IsDropped && ServiceDoubts.Count == 0;

    /// <summary>Whether a firewall's check of the reverse path drops the request, as far as can be seen.</summary>
    public bool IsDropped => Obstructions.Any(one => one.Check is not null);

    /// <summary>Why IPVS may have the answer go otherwise.</summary>
    public IReadOnlyList<string> ServiceDoubts { get; private init; } = [];

    /// <summary>Explains.</summary>
    /// <param name="question">What was asked for.</param>
    /// <param name="round">The node, and what is planned for it.</param>
    /// <param name="connections">The connections that are tracked, for what is translated.</param>
    /// <param name="sockets">The UDP sockets, for servers that are bound to no address.</param>
    /// <param name="firewalls">What firewalls of others do to marks, and to packets.</param>
    /// <param name="untracking">What they keep from being tracked.</param>
    /// <param name="ipvs">What IPVS hands on.</param>
    /// <exception cref="InputException">The node does not have the address.</exception>
    public static IReadOnlyList<Explanation> Of(
        Question question, Reconciliation round, IReadOnlyList<Connection> connections, IReadOnlyList<ConnectionSocket> sockets, (ForeignMarks Marks, ForeignDrops Drops) firewalls, Untracking untracking, Ipvs ipvs)
    {
        NodeState state = round.State;
        var cards = new Cards(round.Config!, state);
        var asked = new Asked(state, round.Desired, cards);
        NodeState after = AfterPlan.Of(state, round.Plan);
        List<Explanation> all = [];
        Link? named = question.Card.Length > 0
            ? cards.Find(question.Card) ?? (int.TryParse(question.Card, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? cards.Find(index) : null)
                ?? throw new InputException($"explain: there is no card {question.Card}")
            : question.IsOfLink ? OnlyOne(question.Client, asked.Links(question.Address)) : null;
        foreach (IpAddress address in question.Address.IsSet ? [question.Address] : question.IsOfLink ? asked.AddressesOn(named!) : asked.Addresses(question.Client.Family))
        {
            bool isForWildcard = IsOfWildcard(address, question.Port, sockets);
            Connection? translated = Find(question, address, connections, connection => connection.IsDestinationTranslated && !(isForWildcard && IsOurs(connection, state)));
            if (translated is null && !state.Addresses.Any(held => held.Local == address) && !state.Local!.Any(route => route.Destination.Contains(address)))
            {
                throw new InputException($"explain: no card has {address}{(question.Port == 0 ? "" : $", and no connection to its port {question.Port} is tracked that shows who answers")}");
            }

            Connection? own = Find(question, address, connections, connection => connection.OpenedBy == question.Client && (connection.Mark & round.Desired.MarkMask.TableBits) != 0)
                ?? Find(question, address, connections, connection => connection.OpenedBy == question.Client);
            (Link? card, bool isGuess) = named is not null ? (named, false) : (asked.Card(question.Client, address, own, out bool guessed), guessed);
            if (card is null)
            {
                throw new InputException($"explain: the card on which requests of {question.Client} for {address} arrive cannot be determined, because main has no route to {question.Client}; name the card with --card");
            }

            Untracked? untracked = UntrackedReplies.PlaceFor(untracking, question.Client, address, question.Port, question.Protocol, card, FirstWays(state, question.Client, address));
            Translation? to = translated is null || untracked is { OfRequest: true } ? null : new Translation(translated.AnsweredBy, translated.AnsweringPort);
            var request = new Request(question.Client, address, question.Port, question.Protocol, card, asked.Wire(question.Client, card), to)
            {
                Untracked = untracked,
                IsForWildcard = to is null ? isForWildcard : IsOfWildcard(to.Address, to.Port, sockets),
            };
            var trip = RoundTrip.Of(state, request);
            var service = IpvsService.Find(ipvs.Services, question.Protocol, address, question.Port);
            bool isUntried = question.Port != 0 && service is null && untracked is not { OfRequest: true } && Find(question, address, connections, _ => true) is null;
            var verdict = Verdict.On(trip, RoundTrip.Of(after, request), state, round.Config!);
            all.Add(new Explanation(trip, asked.Router(question.Client, request.Way), isGuess, isUntried, verdict, firewalls.Marks.On(trip, state), firewalls.Drops.On(trip, state), service)
            {
                ServiceDoubts = service is null ? [] : ipvs.Doubts(service),
            });
        }

        return all;
    }

    /// <summary>Whether our table has translated it, which it does for some clients and not for others.</summary>
    private static bool IsOurs(Connection connection, NodeState state) =>
        connection.AnsweringPort == connection.Port && UdpTable.IsIn(state.Nftables.Table, connection.AnsweredBy.Family) && state.Addresses.Any(held => held.Local == connection.AnsweredBy);

    /// <summary>The cards by which an answer is routed before it has a mark.</summary>
    private static IEnumerable<Link> FirstWays(NodeState state, IpAddress client, IpAddress address) =>
        new Fib(state).Find(new Flow { Destination = client, Source = address }).Hops.Select(hop => state.Links.FirstOrDefault(link => link.Index == hop.Oif)).OfType<Link>();

    /// <summary>The card whose link a client is on.</summary>
    private static Link OnlyOne(IpAddress client, IReadOnlyList<Link> links) => links is [var only] ? only : throw new InputException(
        links.Count == 0 ? $"explain: no card has a link that {client} could be on"
        : $"explain: {client} is an address on a link, and {string.Join(", ", links.SkipLast(1).Select(link => link.Name))} and {links[^1].Name} have one each: say which is meant, as in {client}%{links[0].Name}");

    private static bool IsOfWildcard(IpAddress address, ushort port, IReadOnlyList<ConnectionSocket> sockets)
    {
        bool isWildcard = false;
        foreach (ConnectionSocket socket in sockets)
        {
            if (socket.Protocol != 17 || socket.LocalPort != port || socket.Remote.IsSet)
            {
                continue;
            }

            if (socket.Local == address)
            {
                return false;
            }

            isWildcard |= !socket.Local.IsSet && socket.Card == 0;
        }

        return isWildcard;
    }

    /// <summary>A tracked connection to the port, the client's own if it has one.</summary>
    private static Connection? Find(Question question, IpAddress address, IReadOnlyList<Connection> connections, Func<Connection, bool> isMeant)
    {
        Connection? found = null;
        foreach (Connection connection in connections)
        {
            if (connection.Protocol == question.Protocol && connection.OpenedTo == address && connection.Port == question.Port && isMeant(connection) &&
                (found is null || connection.OpenedBy == question.Client))
            {
                found = connection;
            }
        }

        return found;
    }
}
