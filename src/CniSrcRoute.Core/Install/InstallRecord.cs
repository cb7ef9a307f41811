namespace CniSrcRoute.Install;

/// <summary>
/// What install made on a node, in the order of making: nothing else is ever removed. It is written before anything is made, so a kill leaves nothing
/// that it does not know. It is beside the configuration, in srcroute's own directory.
/// </summary>
public sealed class InstallRecord
{
    /// <summary>The directory of srcroute's own.</summary>
    public const string OwnDirectory = "/etc/srcroute";

    /// <summary>Where the record is.</summary>
    public const string File = OwnDirectory + "/installed";

    /// <summary>The directory before it is complete, and when it is to go: both happen in one step.</summary>
    public const string TemporaryDirectory = OwnDirectory + Ownership.TemporarySuffix;

    /// <summary>The word before a conflist's path: our entry was put in.</summary>
    public const string Entry = "entry";

    /// <summary>The word before a path: the file that was there was set aside.</summary>
    public const string Aside = "aside";

    private const string Header = "# What `srcroute install` made. Without this file `srcroute uninstall` removes nothing.\n";

    private const string Unfinished = "unfinished";

    private readonly List<string> _lines = [];

    private InstallRecord()
    {
    }

    /// <summary>Whether an install was begun and not ended.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>What was made, a line each: a word of <see cref="Found"/>, <see cref="Entry"/> or <see cref="Aside"/>, a blank, the path.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Reads it.</summary>
    /// <param name="text">The content of the file; empty for no file.</param>
    /// <exception cref="InputException">It is not understood.</exception>
    public static InstallRecord Parse(string text)
    {
        var record = new InstallRecord();
        foreach (string line in text.Split('\n'))
        {
            if (line == Unfinished)
            {
                record.IsUnfinished = true;
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                record._lines.Add(IsUnderstood(line) ? line : throw new InputException($"{File}: not understood: {line}"));
            }
        }

        return record;
    }

    /// <summary>What a file is called that was set aside.</summary>
    /// <param name="path">Its name before.</param>
    public static string AsideOf(string path) => path + ".before-srcroute";

    /// <summary>The path of a line.</summary>
    /// <param name="line">The line.</param>
    public static string PathOf(string line) => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether a line begins with a word.</summary>
    /// <param name="line">The line.</param>
    /// <param name="what">The word.</param>
    public static bool Tells(string line, string what) => line.StartsWith(what + " /", StringComparison.Ordinal);

    /// <summary>Whether this was made at a path.</summary>
    /// <param name="what">A word as in <see cref="Lines"/>.</param>
    /// <param name="path">The path.</param>
    public bool Has(string what, string path) => _lines.Contains($"{what} {path}");

    /// <summary>Whether anything was made at a path.</summary>
    /// <param name="path">The path.</param>
    public bool Knows(string path) => _lines.Exists(line => PathOf(line) == path);

    /// <summary>Adds what is going to be made. What an older version made there stays known.</summary>
    /// <param name="what">A word as in <see cref="Lines"/>.</param>
    /// <param name="path">The path.</param>
    public void Add(string what, string path)
    {
        if (!Has(what, path))
        {
            _lines.Add($"{what} {path}");
        }
    }

    /// <summary>The text of the file.</summary>
    /// <param name="unfinished">Whether what it tells is still to be done.</param>
    public string Format(bool unfinished) => $"{Header}{(unfinished ? Unfinished + "\n" : "")}{string.Join('\n', _lines)}\n";

    private static bool IsUnderstood(string line) =>
        Tells(line, Entry) || Tells(line, Aside) || Tells(line, Found.Directory.What) ||
        (PathOf(line).StartsWith('/') && (line.StartsWith("file:", StringComparison.Ordinal) || line.StartsWith("link:", StringComparison.Ordinal)));
}
