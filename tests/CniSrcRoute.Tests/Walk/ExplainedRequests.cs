using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>Requests, what `srcroute explain` and `srcroute observe` say of them, and the packets.</summary>
/// <param name="place">Where they are asked.</param>
/// <param name="wires">The node's cards that lead out of it.</param>
internal sealed class ExplainedRequests(Neighbourhood place, params string[] wires)
{
    /// <summary>How long an answer may take to leave: short where some never do.</summary>
    public TimeSpan Patience { get; init; } = Job.Patience;

    /// <summary>Asks, by TCP and UDP, and has explain tell of it while the connection is tracked, as it is when somebody wants to know.</summary>
    /// <param name="requests">Who asks, which address and port.</param>
    /// <param name="naming">Which requests the card is named of by which they come in.</param>
    public async Task AssertToldAsync(IEnumerable<(string From, string To, int Port)> requests, Naming naming)
    {
        // What is tracked is to be known until the last question.
        place.Node.Sh("for time in /proc/sys/net/netfilter/nf_conntrack_*timeout*; do echo 3600 >$time; done");
        using var passing = new Passing(place.Node);
        using var observer = new Observer(place.Node);
        var asked = (from request in requests
                     from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
                     select (request.From, request.To, request.Port, Protocol: protocol, Client: place.Open(request.From, request.To, request.Port, protocol))).ToList();

        // A stateful router drops answers that come by another way, and they have left the node all the same.
        Task answered = Task.WhenAll(asked.Select(one => one.Client.AskAsync(Patience)));
        long start = Stopwatch.GetTimestamp();
        while (!answered.IsCompleted && Stopwatch.GetElapsedTime(start) < Patience && asked.Exists(one => passing.AnswerCard(one.Client, one.Port, wires).Length == 0))
        {
            await Task.WhenAny(answered, Task.Delay(10));
        }

        Observed observed = new(observer.Report());
        List<string> seen = [], told = [];
        string[] questions = [.. asked.Select(one => Question(passing.Source(one.Client), one.To, one.Port, one.Protocol))];
        string[] answers = Explain(questions);
        bool[] isNamed =
        [
            .. answers.Select(answer => naming == Naming.Always || (naming == Naming.OfGuesses && answer.Contains("\"requestCardIsGuess\": true", StringComparison.Ordinal))),
        ];
        string[] cards = [.. asked.Select(one => string.Join(" or ", passing.Cards(one.Client, isOut: false, wires)))];
        string[] named = Explain([.. questions.Index().Where(question => isNamed[question.Index]).Select(question => $"{question.Item} --card {cards[question.Index]}")]);
        int next = 0;
        foreach ((int i, (string from, string to, int port, ProtocolType protocol, Client client)) in asked.Index())
        {
            string what = $"{from} -> {to}:{port} {protocol}";
            string answer = isNamed[i] ? named[next++] : answers[i];
            string answerCards = string.Join(" or ", passing.Cards(client, isOut: true, wires));
            var packets = new Cards(cards[i], answerCards, passing.AreSame(cards[i], answerCards));
            seen.Add($"{what}: {packets}");
            told.Add($"{what}: {Told(answer, packets)}");
            string first = passing.AnswerCard(client, port, wires);
            seen.Add($"{what}, observed: {Observed.Words(cards[i], first, first.Length > 0 && passing.AreSame(cards[i], first))}");
            told.Add($"{what}, observed: {observed.Of(client, protocol)}");
            client.Dispose();
        }

        Assert.True(observed.Count >= asked.Count, $"{observed.Count} requests were observed of {asked.Count}");
        string[] untrue = [.. seen.Zip(told).Where(pair => pair.First != pair.Second).Select(pair => $"{pair.First}; told: {pair.Second}")];
        Assert.True(untrue.Length == 0, string.Join('\n', untrue));
    }

    private static string Question(string client, string to, int port, ProtocolType protocol) =>
        $"{client} {(to.Contains(':', StringComparison.Ordinal) ? $"[{to}]" : to)}:{port} --proto {(protocol == ProtocolType.Udp ? "udp" : "tcp")} -o json";

    /// <summary>What is answered to each of many questions.</summary>
    private string[] Explain(string[] questions) =>
        place.Node.Sh(string.Concat(questions.Select(question => $"{Requirements.Binary} explain {question} 2>&1 || :; echo ===\n"))).Split("===\n")[..^1];

    private static string Told(string answer, Cards packets)
    {
        if (!answer.StartsWith('['))
        {
            return answer;
        }

        JsonElement explained = JsonDocument.Parse(answer).RootElement[0];
        Assert.True(explained.GetProperty("certain").GetBoolean(), answer);
        string[] by = [.. explained.GetProperty("answerCards").EnumerateArray().Select(card => card.GetString()!)];
        var told = new Cards(explained.GetProperty("requestCard").GetString()!, string.Join(" or ", by), explained.GetProperty("sameCard").GetBoolean());

        // Among several the kernel chooses by a hash that it alone knows, so none of them can be relied upon.
        return (by.Length > 1 && packets.Answer.Split(" or ").All(by.Contains) && !told.AreSame ? told with { Answer = packets.Answer, AreSame = packets.AreSame } : told).ToString();
    }

    /// <summary>The card of a request, that of its answer, and whether they have the same wire.</summary>
    private sealed record Cards(string Request, string Answer, bool AreSame);
}
