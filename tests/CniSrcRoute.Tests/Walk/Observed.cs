using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Marks;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute observe` said of requests.</summary>
/// <param name="report">Its report.</param>
internal sealed class Observed(JsonElement report)
{
    /// <summary>How many requests there were.</summary>
    public int Count => report.GetProperty("requests").GetInt32();

    /// <summary>What is to be said of a request: by which card it came in, and by which the answer left, unless that is the same one.</summary>
    public static string Words(string requestCard, string answerCard, bool areSame) =>
        areSame ? "right" : answerCard.Length == 0 ? $"by {requestCard}, unanswered" : $"by {requestCard}, answered by {answerCard}";

    /// <summary>What was said of a request.</summary>
    public string Of(Client client, ProtocolType protocol) =>
        Find("answeredByOtherCard", client, protocol) is { } other ? Words(Card(other, "requestCard"), Card(other, "answerCard"), false)
        : Find("unanswered", client, protocol) is { } lost ? Words(Card(lost, "requestCard"), "", false)
        : "right";

    private static string Card(JsonElement exchange, string key) => exchange.GetProperty(key).GetString()!;

    private JsonElement? Find(string key, Client client, ProtocolType protocol) =>
        report.GetProperty(key).EnumerateArray()
            .Where(one => one.GetProperty("clientPort").GetInt32() == client.Port && one.GetProperty("protocol").GetString() == (protocol == ProtocolType.Udp ? "udp" : "tcp"))
            .Select(one => (JsonElement?)one).FirstOrDefault();
}
