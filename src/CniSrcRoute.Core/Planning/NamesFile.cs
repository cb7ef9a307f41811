using System.Globalization;

namespace CniSrcRoute.Planning;

/// <summary>The text of files under /etc/iproute2: a number and a name a line, # starts a comment (ip-route(8), FILES).</summary>
public static class NamesFile
{
    /// <summary>What our own files begin with.</summary>
    internal const string Header = "# Written by srcroute, and removed by `srcroute teardown`.\n";

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
            if (TryParsePair(line.Split('#')[0], out uint number, out string name))
            {
                names.TryAdd(name, number);
            }
        }

        return names;
    }

    /// <summary>A number and a name.</summary>
    internal static bool TryParsePair(ReadOnlySpan<char> text, out uint number, out string name)
    {
        const string Blanks = " \t\r";
        text = text.Trim(Blanks);
        int end = text.IndexOfAny(Blanks);
        ReadOnlySpan<char> second = end < 0 ? [] : text[end..].TrimStart(Blanks);
        (number, name) = (0, "");
        if (second.IsEmpty || second.IndexOfAny(Blanks) >= 0 || !TryParseNumber(text[..end], out number))
        {
            return false;
        }

        name = second.ToString();
        return true;
    }

    /// <summary>A number as ip(8) reads it.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> word, out uint number) => word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
