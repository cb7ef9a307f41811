namespace CniSrcRoute.Diagnosis;

/// <summary>A line that assigns a value to a kernel parameter, or to all that a pattern matches.</summary>
/// <param name="file">The file.</param>
/// <param name="number">The line's number.</param>
/// <param name="text">The line.</param>
/// <param name="path">The parameter or the pattern.</param>
/// <param name="value">The value.</param>
internal sealed class SysctlLine(string file, int number, string text, string path, string? value)
{
    /// <summary>The file.</summary>
    public string File => file;

    /// <summary>The parameter below /proc/sys, parted by slashes; with * ? [ it is a pattern.</summary>
    public string Path => path;

    /// <summary>The value; null where the line says that no pattern shall set the parameter.</summary>
    public string? Value => value;

    /// <summary>Reads a line.</summary>
    /// <returns>Null for a comment and an empty line.</returns>
    public static SysctlLine? Parse(string file, int number, string line)
    {
        string text = line.Trim();
        string[] sides = text.TrimStart('-').Split('=', 2, StringSplitOptions.TrimEntries);
        bool isAssignment = text.Length > 0 && text[0] is not ('#' or ';') && (sides.Length == 2 || text[0] == '-');
        return isAssignment ? new SysctlLine(file, number, text, PathOf(sides[0]), sides.ElementAtOrDefault(1)) : null;
    }

    /// <summary>Where the first separator is a dot, dots and slashes change places: a card's name may have a dot (sysctl.d(5)).</summary>
    public static string PathOf(string key) =>
        key.Split('/')[0].Contains('.', StringComparison.Ordinal) ? key.Replace('.', '\0').Replace('/', '.').Replace('\0', '/') : key;

    /// <inheritdoc/>
    public override string ToString() => $"{file}, line {number} ({text})";
}
