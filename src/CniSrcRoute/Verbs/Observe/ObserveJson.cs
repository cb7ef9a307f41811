using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CniSrcRoute.Observe;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>The report for machines.</summary>
internal static class ObserveJson
{
    public static string Format(ObserveReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("seconds", report.Seconds);
            json.WriteNumber("oneOf", report.Share);
            json.WriteStartArray("cards");
            foreach (string card in report.Cards)
            {
                json.WriteStringValue(card);
            }

            json.WriteEndArray();
            json.WriteNumber("requests", report.Total);
            json.WriteNumber("answeredBySameCard", report.Right);
            Write(json, "answeredByOtherCard", report.ByOtherCard);
            Write(json, "unanswered", report.Unanswered);
            json.WriteStartArray("unknownRouters");
            foreach (UnknownRouter router in report.Routers)
            {
                json.WriteStartObject();
                json.WriteString("card", router.Card);
                json.WriteString("router", router.Router.ToString());
                json.WriteString("hardwareAddress", router.HardwareAddress);
                json.WriteString("line", router.Line);
                json.WriteString("place", router.Place);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, string key, IReadOnlyList<ObservedExchange> exchanges)
    {
        json.WriteStartArray(key);
        foreach (ObservedExchange seen in exchanges)
        {
            Exchange exchange = seen.Exchange;
            json.WriteStartObject();
            json.WriteString("protocol", seen.Protocol);
            json.WriteString("client", exchange.Key.Client.ToString());
            json.WriteNumber("clientPort", exchange.Key.ClientPort);
            json.WriteString("address", exchange.Server.ToString());
            json.WriteNumber("port", exchange.Key.ServerPort);
            json.WriteString("requestCard", seen.Card);
            json.WriteString("router", seen.Router.IsSet ? seen.Router.ToString() : null);
            json.WriteString("routerHardwareAddress", seen.RouterHardware.Length > 0 ? seen.RouterHardware : null);
            json.WriteString("answerCard", seen.AnswerCard.Length > 0 ? seen.AnswerCard : null);
            json.WriteString("answerSource", exchange.AnswerSource.IsSet ? exchange.AnswerSource.ToString() : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
