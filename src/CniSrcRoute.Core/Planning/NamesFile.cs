using System.Globalization;
using System.Text;

namespace CniSrcRoute.Planning;

/// <summary>The text of files under /etc/iproute2: a number and a name a line, # starts a comment (ip-route(8), FILES).</summary>
public static class NamesFile
{
    private const string Header = "# Written by srcroute, and removed by `srcroute teardown`.\n";

    /// <summary>Where one of our own files is.</summary>
    /// <param name="file">Which file.</param>
    /// <returns>The path.</returns>
    public static string PathOf(NamesFileKind file) => $"/etc/iproute2/{(file == NamesFileKind.Tables ? "rt_tables" : "rt_protos")}.d/srcroute.conf";

    /// <summary>Reads the names of a file. Lines that are no pair are passed over, as ip(8) does.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The number by the name; the first of two lines with one name counts.</returns>
    public static Dictionary<string, uint> Parse(string text)
    {
        var names = new Dictionary<string, uint>();
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split('#')[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && TryParseNumber(words[0], out uint number))
            {
                names.TryAdd(words[1], number);
            }
        }

        return names;
    }

    /// <summary>Writes the text of one of our own files.</summary>
    /// <param name="names">The numbers by their names: tables of both families may share a number.</param>
    /// <returns>The text; empty for no names.</returns>
    public static string Format(Dictionary<string, uint> names)
    {
        var text = new StringBuilder();
        foreach (string name in names.Keys.Order(StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{names[name]} {name}\n");
        }

        return text.Length == 0 ? "" : Header + text;
    }

    private static bool TryParseNumber(string word, out uint number) => word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
