using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>The explanation for machines.</summary>
internal static class ExplainJson
{
    public static string Format(IReadOnlyList<Explanation> all, NodeState state)
    {
        var wording = new Wording(state);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (Explanation one in all)
            {
                Write(json, one, wording);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, Explanation one, Wording wording)
    {
        (RoundTrip trip, Request request) = (one.Trip, one.Trip.Request);
        json.WriteStartObject();
        json.WriteString("client", request.Who);
        json.WriteString("address", request.Address.ToString());
        json.WriteNumber("port", request.Port);
        json.WriteString("protocol", request.Protocol == 17 ? "udp" : "tcp");
        json.WriteBoolean("sameCard", one.Verdict.IsRight);
        json.WriteString("cause", one.Verdict.Cause);
        json.WriteString("cure", one.Verdict.Cure);
        json.WriteString("requestCard", request.Card.Name);
        json.WriteBoolean("requestCardIsGuess", one.IsGuess);
        json.WriteString("requestRouter", one.Router?.ToString());
        json.WriteBoolean("requestPassesRpFilter", trip.PassesFilter);
        json.WriteString("translatedTo", request.Translated is { } to ? FormattableString.Invariant($"{to.Address} {to.Port}") : null);
        Write(json, "ipvsServers", (one.Service?.Servers ?? []).Select(server => FormattableString.Invariant($"{server.Address} {server.Port}")));
        json.WriteString("untrackedBy", request.Untracked?.Place);
        json.WriteString("answerSource", trip.Reply.Source.ToString());
        json.WriteNumber("answerMark", trip.Reply.Mark);
        Write(json, "answerCards", trip is { IsHeard: true, Answer.Leaves: true } ? wording.Cards(trip).Split(" or ") : []);
        json.WriteBoolean("certain", one.IsCertain);
        Write(json, "doubts", one.Doubts.Select(wording.Doubt).Distinct().Concat(Wording.ServiceDoubts(one)));
        Write(json, "firewalls", one.Obstructions.Select(obstruction => Wording.Obstruction(obstruction, request)));
        json.WriteStartArray("steps");
        foreach (Step step in trip.Answer.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("priority", step.Rule.Priority);
            json.WriteString("owner", Wording.Owner(step.Rule));
            json.WriteString("rule", Wording.Rule(step.Rule));
            json.WriteString("kind", step.Kind.ToString());
            json.WriteString("outcome", wording.Outcome(step, trip.LookedUp));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string key, IEnumerable<string> values)
    {
        json.WriteStartArray(key);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
