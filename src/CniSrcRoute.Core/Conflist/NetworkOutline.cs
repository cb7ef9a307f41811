using System.Text.Json;

namespace CniSrcRoute.Conflist;

/// <summary>What the file of a network configuration says of itself, be it a list or a single plugin.</summary>
/// <param name="Name">The network's name.</param>
/// <param name="Types">Its plugins, in their order.</param>
public sealed record NetworkOutline(string Name, IReadOnlyList<string> Types)
{
    /// <summary>Whether pods may be in it: it is not podman's own, nor the loopback device's.</summary>
    public bool IsForPods => Name != "podman" && (Types.Count == 0 || Types.Any(type => type is not ("loopback" or "srcroute")));

    /// <summary>Whether it is flannel's.</summary>
    public bool IsFlannels => Types is ["flannel", ..];

    /// <summary>Reads it.</summary>
    /// <param name="text">JSON.</param>
    /// <returns>Null when it is not understood.</returns>
    public static NetworkOutline? TryParse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            List<string> types = [];
            if (root.TryGetProperty("plugins", out JsonElement plugins))
            {
                foreach (JsonElement plugin in plugins.EnumerateArray())
                {
                    types.Add(Text(plugin, "type"));
                }
            }
            else
            {
                types.Add(Text(root, "type"));
            }

            return new NetworkOutline(Text(root, "name"), types);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(JsonElement plugin, string key) => plugin.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? "" : "";
}
