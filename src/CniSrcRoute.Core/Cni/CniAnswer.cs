using System.Text.Encodings.Web;
using System.Text.Json;

namespace CniSrcRoute.Cni;

/// <summary>The documents that go to standard output.</summary>
public static class CniAnswer
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The answer to VERSION (CNI specification, section 2, "VERSION").</summary>
    /// <param name="version">The version to answer in.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Version(string version) => Write(json =>
    {
        json.WriteString("cniVersion", version);
        json.WriteStartArray("supportedVersions");
        foreach (string supported in CniVersion.Supported)
        {
            json.WriteStringValue(supported);
        }

        json.WriteEndArray();
    });

    /// <summary>An error (CNI specification, section 5, "Error").</summary>
    /// <param name="version">The caller's version; the newest when it is not known.</param>
    /// <param name="error">What went wrong.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Error(string version, CniException error) => Write(json =>
    {
        json.WriteString("cniVersion", version);
        json.WriteNumber("code", error.Code);
        json.WriteString("msg", error.Message);
        if (error.Details.Length > 0)
        {
            json.WriteString("details", error.Details);
        }
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
