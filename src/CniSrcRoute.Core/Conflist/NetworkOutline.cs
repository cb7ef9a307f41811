using System.Text;
using System.Text.Json;

namespace CniSrcRoute.Conflist;

/// <summary>What the file of a network configuration says of itself, be it a list or a single plugin.</summary>
/// <param name="Name">The network's name; empty where it has none.</param>
/// <param name="Version">cniVersion; empty where it has none.</param>
/// <param name="Types">Its plugins, in their order; an empty word for one without a type.</param>
public sealed record NetworkOutline(string Name, string Version, IReadOnlyList<string> Types)
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
            return Parse("", text);
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <summary>Reads it.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">JSON.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InputException">It is not understood.</exception>
    public static NetworkOutline Parse(string file, string text)
    {
        try
        {
            // Bytes of its own: to give back those that the parser borrows for a text has .NET measure the processor first, half a millisecond.
            using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            JsonElement root = document.RootElement;
            IEnumerable<JsonElement> plugins = root.TryGetProperty("plugins", out JsonElement list) ? list.EnumerateArray() : [root];
            return new NetworkOutline(Text(root, "name"), Text(root, "cniVersion"), [.. plugins.Select(plugin => Text(plugin, "type"))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{file}: not valid JSON{(e is JsonException json ? $" at line {json.LineNumber + 1}" : "")}");
        }
    }

    private static string Text(JsonElement plugin, string key) => plugin.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? "" : "";
}
