using System.Text;
using CniSrcRoute.Processes;

namespace CniSrcRoute;

/// <summary>
/// Colours for those who look on a terminal: what is added, changed and removed, and the state of things. None in a pipe or a file, and none where NO_COLOR is
/// set (no-color.org) or the terminal calls itself dumb.
/// </summary>
internal static class Colour
{
    private const string Red = "\e[31m";
    private const string Green = "\e[32m";
    private const string Yellow = "\e[33m";
    private const string Plain = "\e[0m";

    /// <summary>Wraps text, and colours it, line by line, by the words that lines begin or end with.</summary>
    /// <param name="text">Text in which nothing is left that a terminal would obey.</param>
    /// <param name="stream">Where it is going to be written.</param>
    /// <param name="width">How wide lines may be.</param>
    public static string Paint(string text, int stream, int width = int.MaxValue)
    {
        if (!StandardStreams.IsTerminal(stream) || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ||
            Environment.GetEnvironmentVariable("TERM") == "dumb")
        {
            return Wrapping.WrapLines(text, width);
        }

        var painted = new StringBuilder();
        foreach (string line in text.Split('\n'))
        {
            string? colour = stream == StandardStreams.Error ? OfMessage(line) : OfResult(line);
            painted.Append(colour).Append(Wrapping.Wrap(line, width)).Append(colour is null ? "" : Plain).Append('\n');
        }

        return painted.ToString(0, painted.Length - 1);
    }

    private static string? OfMessage(string line) =>
        Begins(line, "srcroute: warning: ") ? Yellow : Begins(line, "srcroute: ") ? Red : null;

    private static string? OfResult(string line) => line.TrimStart() switch
    {
        ['+', ' ', ..] => Green,
        ['-', ' ', ..] => Red,
        ['~', ' ', ..] => Yellow,
        var text when Begins(text, "healthy") => Green,
        var text when Begins(text, "drift: ") || Ends(text, "  drift") || Ends(text, "  not set up") => Yellow,
        var text when Ends(text, "+  the same card") => Green,
        var text when Ends(text, "+  another card") || Ends(text, "+  no answer leaves") || Ends(text, "+  the request is not heard") => Red,
        var text when Begins(text, "degraded: ") || Ends(text, "  not served") => Red,
        _ => null,
    };

    private static bool Begins(string text, string word) => text.StartsWith(word, StringComparison.Ordinal);

    private static bool Ends(string text, string word) => text.EndsWith(word, StringComparison.Ordinal);
}
