using System.Text;
using CniSrcRoute.Files;
using CniSrcRoute.Node;

namespace CniSrcRoute.Install;

/// <summary>
/// What install made on the node, in the order of making: nothing else is ever removed. It is written before anything is made, so a kill leaves nothing
/// that it does not know. It stands beside the configuration, in the one directory that is srcroute's own.
/// </summary>
internal sealed class Record
{
    /// <summary>Where it is.</summary>
    public const string File = OwnDirectory + "/installed";

    /// <summary>The word before a conflist's path: our entry was put in.</summary>
    public const string Entry = "entry";

    /// <summary>The word before a path: what stood there was set aside.</summary>
    public const string Aside = "aside";

    /// <summary>The directory before it is complete, and when it is to go: both happen in one step.</summary>
    public const string TemporaryDirectory = OwnDirectory + AtomicFile.TemporarySuffix;

    private const string OwnDirectory = "/etc/srcroute";

    private const string Header = "# What `srcroute install` made. Without this file `srcroute uninstall` removes nothing.\n";

    private const string Unfinished = "unfinished";

    private readonly List<string> _lines = [];

    private Record()
    {
    }

    /// <summary>Whether it is there.</summary>
    public static bool Exists => System.IO.File.Exists(File);

    /// <summary>Whether an install was begun and not ended.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>What was made, a line each: a word of <see cref="Found"/>, <see cref="Entry"/> or <see cref="Aside"/>, a blank, the path.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Reads it.</summary>
    /// <returns>The record; an empty one when there is none.</returns>
    /// <exception cref="InputException">It is not understood, or others than root may write it.</exception>
    public static Record Read()
    {
        var record = new Record();
        foreach (string line in Encoding.UTF8.GetString(NodeFiles.ReadTrusted(File) ?? []).Split('\n'))
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
    public static string AsideOf(string path) => path + ".before-srcroute";

    /// <summary>The path of a line.</summary>
    public static string PathOf(string line) => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether a line begins with the word.</summary>
    public static bool Tells(string line, string what) => line.StartsWith(what + " /", StringComparison.Ordinal);

    /// <summary>Whether this was made at the path.</summary>
    public bool Has(string what, string path) => _lines.Contains($"{what} {path}");

    /// <summary>Whether anything was made at the path.</summary>
    public bool Knows(string path) => _lines.Exists(line => PathOf(line) == path);

    /// <summary>Adds what is going to be made. What an older version made there stays known.</summary>
    public void Add(string what, string path)
    {
        if (!Has(what, path))
        {
            _lines.Add($"{what} {path}");
        }
    }

    /// <summary>Writes it, the directory as well when it is not there.</summary>
    /// <param name="unfinished">Whether what it tells is still to be done.</param>
    public void Write(bool unfinished)
    {
        byte[] text = Encoding.UTF8.GetBytes($"{Header}{(unfinished ? Unfinished + "\n" : "")}{string.Join('\n', _lines)}\n");
        if (Directory.Exists(OwnDirectory))
        {
            AtomicFile.Write(File, text, AtomicFile.Public, outlastsPowerFailure: true);
            return;
        }

        RemoveRemains();
        AtomicFile.MakeDirectory(TemporaryDirectory);
        AtomicFile.Write(TemporaryDirectory + "/installed", text, AtomicFile.Public, outlastsPowerFailure: true);
        FileName.Change(TemporaryDirectory, OwnDirectory);
    }

    /// <summary>Removes it, and the directory when nothing else stands in it: its name is ours, and a kubelet makes it for the pod before install is there.</summary>
    public static void Remove()
    {
        if (Directory.EnumerateFileSystemEntries(OwnDirectory).All(entry => entry == File))
        {
            FileName.Change(OwnDirectory, TemporaryDirectory);
            RemoveRemains();
            return;
        }

        System.IO.File.Delete(File);
    }

    /// <summary>Removes what a kill left of the directory.</summary>
    public static void RemoveRemains()
    {
        if (Directory.Exists(TemporaryDirectory))
        {
            System.IO.File.Delete(TemporaryDirectory + "/installed" + AtomicFile.TemporarySuffix);
            System.IO.File.Delete(TemporaryDirectory + "/installed");
            FileName.RemoveDirectory(TemporaryDirectory);
        }
    }

    private static bool IsUnderstood(string line) =>
        Tells(line, Entry) || Tells(line, Aside) || Tells(line, Found.Directory.What) ||
        (PathOf(line).StartsWith('/') && (line.StartsWith("file:", StringComparison.Ordinal) || line.StartsWith("link:", StringComparison.Ordinal)));
}
