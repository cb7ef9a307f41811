using System.Text.Json;

namespace CniSrcRoute.Harm;

/// <summary>A link of the node, as ip tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Lower">What it stands on, or is a port of: of both a packet passes, the link that routes chose is named.</param>
/// <param name="Master">The bridge whose port it is.</param>
internal sealed record Link(string Name, string? Lower, string? Master)
{
    /// <summary>Parses `ip -j link` to links by index.</summary>
    public static Dictionary<int, Link> Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateArray().ToDictionary(
            link => link.GetProperty("ifindex").GetInt32(),
            link => new Link(link.GetProperty("ifname").GetString()!, Text(link, "link"), Text(link, "master")));
    }

    private static string? Text(JsonElement link, string name) => link.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
