using System.Text;
using System.Text.Json;

namespace CniSrcRoute.Conflist;

/// <summary>The text of a .conf file: one plugin, without a list. Chaining needs a list, so it becomes one with the plugin as it is.</summary>
public static class SinglePlugin
{
    /// <summary>Writes the list.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">JSON of one plugin.</param>
    /// <returns>A list of the plugin and our entry.</returns>
    /// <exception cref="InputException">The text is no single plugin, or of a version that knows no lists.</exception>
    public static string ToList(string file, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            string name = Text(root, "name") ?? throw new InputException($"{file}: name: missing");
            string version = Text(root, "cniVersion") ?? "0.1.0";
            if (!Cni.CniVersion.Supported.Contains(version))
            {
                throw new InputException($"{file}: cniVersion: {version} is none that knows chained plugins");
            }

            _ = Text(root, "type") ?? throw new InputException($"{file}: type: missing");
            string plugin = text.Trim().ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
            var list = new StringBuilder();
            list.Append("{\n  \"cniVersion\": \"").Append(version);
            list.Append("\",\n  \"name\": \"").Append(JsonEncodedText.Encode(name));
            list.Append("\",\n  \"plugins\": [\n    ");
            return list.Append(plugin).Append(",\n    { \"type\": \"srcroute\" }\n  ]\n}\n").ToString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{file}: not valid JSON{(e is JsonException json ? $" at line {json.LineNumber + 1}" : "")}");
        }
    }

    private static string? Text(JsonElement root, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
