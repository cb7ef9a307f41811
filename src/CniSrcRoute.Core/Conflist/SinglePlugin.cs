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
        NetworkOutline outline = NetworkOutline.Parse(file, text);
        string version = outline.Version.Length > 0 ? outline.Version : "0.1.0";
        if (outline.Name.Length == 0)
        {
            throw new InputException($"{file}: name: missing");
        }

        if (!Cni.CniVersion.Supported.Contains(version))
        {
            throw new InputException($"{file}: cniVersion: {version} is none that knows chained plugins");
        }

        if (outline.Types is not [{ Length: > 0 }])
        {
            throw new InputException($"{file}: type: missing");
        }

        string plugin = text.Trim().ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
        var list = new StringBuilder();
        list.Append("{\n  \"cniVersion\": \"").Append(version);
        list.Append("\",\n  \"name\": \"").Append(JsonEncodedText.Encode(outline.Name));
        list.Append("\",\n  \"plugins\": [\n    ");
        return list.Append(plugin).Append(",\n    { \"type\": \"srcroute\" }\n  ]\n}\n").ToString();
    }
}
