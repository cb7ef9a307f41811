using CniSrcRoute.Node;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>One request, its answer, and what is to be said of them.</summary>
/// <param name="Trip">Both ways on the node as it is.</param>
/// <param name="Router">The router the request comes through; none for a neighbour, null where it is not known.</param>
/// <param name="IsGuess">Whether the card of the request is but a guess.</param>
/// <param name="Verdict">Whether all is well.</param>
internal sealed record Explanation(RoundTrip Trip, IpAddress? Router, bool IsGuess, Verdict Verdict)
{
    /// <summary>Explains.</summary>
    /// <param name="question">What was asked for.</param>
    /// <param name="round">The node, and what is planned for it.</param>
    /// <param name="connections">The connections that are tracked, for what is translated.</param>
    /// <exception cref="InputException">The node does not have the address.</exception>
    public static IReadOnlyList<Explanation> Of(Question question, Reconciliation round, IReadOnlyList<Connection> connections)
    {
        var asked = new Asked(round.State, round.Desired);
        NodeState after = AfterPlan.Of(round.State, round.Plan);
        List<Explanation> all = [];
        foreach (IpAddress address in question.Address.IsSet ? [question.Address] : asked.Addresses(question.Client.Family))
        {
            if (!round.State.Addresses.Any(held => held.Local == address) && !round.State.Local!.Any(route => route.Destination.Contains(address)))
            {
                throw new InputException($"explain: no card has {address}");
            }

            Link card = asked.Card(question.Client, address, out bool isGuess)
                ?? throw new InputException($"explain: by which card {question.Client} asks {address} cannot be determined: main has no route to it");
            var request = new Request(question.Client, address, question.Port, question.Protocol, card, Translation(question, address, connections));
            var trip = RoundTrip.Of(round.State, request);
            all.Add(new Explanation(trip, asked.Router(question.Client, card), isGuess, Verdict.On(trip, RoundTrip.Of(after, request), round.State, round.Config!)));
        }

        return all;
    }

    /// <summary>To whom connections to the port are handed on, as those show that are tracked: the client's own first.</summary>
    private static Translation? Translation(Question question, IpAddress address, IReadOnlyList<Connection> connections)
    {
        Connection? found = null;
        foreach (Connection connection in connections)
        {
            if (connection.IsDestinationTranslated && connection.Protocol == question.Protocol && connection.OpenedTo == address &&
                connection.Port == question.Port && (found is null || connection.OpenedBy == question.Client))
            {
                found = connection;
            }
        }

        return found is null ? null : new Translation(found.AnsweredBy, found.AnsweringPort);
    }
}
