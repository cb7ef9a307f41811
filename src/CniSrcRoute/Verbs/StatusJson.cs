using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>The report for machines.</summary>
internal static class StatusJson
{
    public static string Format(StatusReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("healthy", report.IsHealthy);
            json.WriteStartArray("sources");
            foreach (SourceStatus source in report.Sources)
            {
                Write(json, source);
            }

            json.WriteEndArray();
            json.WriteStartObject("overlay");
            Write(json, "networks", report.OverlayNetworks);
            Write(json, "cards", report.OverlayCards);
            json.WriteEndObject();
            Write(json, "drift", report.Drift);
            if (report.MisdirectedReplies is { } replies)
            {
                json.WriteNumber("misdirectedReplies", replies);
            }
            else
            {
                json.WriteNull("misdirectedReplies");
            }

            json.WriteStartArray("findings");
            foreach (Finding finding in report.Findings)
            {
                Write(json, finding);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, SourceStatus source)
    {
        json.WriteStartObject();
        json.WriteString("source", source.Source);
        json.WriteString("card", source.Card);
        json.WriteString("gateway", source.Gateway);
        json.WriteNumber("table", source.Table);
        json.WriteString("tableName", source.TableName);
        json.WriteNumber("priority", source.Priority);
        json.WriteBoolean("rule", source.RuleStands);
        json.WriteNumber("mark", source.Mark);
        json.WriteNumber("routes", source.Routes);
        json.WriteNumber("copies", source.Copies);
        json.WriteNumber("drift", source.Drift);
        json.WriteString("state", source.State);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("severity", finding.SeverityWord);
        json.WriteString("code", finding.Code);
        json.WriteString("subject", finding.Subject);
        json.WriteString("sentence", finding.Sentence);
        json.WriteString("cure", finding.Cure);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string key, IReadOnlyList<string> values)
    {
        json.WriteStartArray(key);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
