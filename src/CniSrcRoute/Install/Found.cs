using CniSrcRoute.Files;

namespace CniSrcRoute.Install;

/// <summary>What stands at a path; a symbolic link at its end is not followed.</summary>
/// <param name="what">A word as the record has it: file:HASH, link:TARGET or directory.</param>
/// <param name="mode">The permissions of a file.</param>
internal sealed class Found(string what, UnixFileMode mode = UnixFileMode.None)
{
    public static readonly Found Nothing = new("nothing");

    public static readonly Found Directory = new("directory");

    /// <summary>What it is, in a word as the record has it.</summary>
    public string What { get; } = what;

    /// <summary>The permissions of a file.</summary>
    public UnixFileMode Mode { get; } = mode;

    /// <summary>Where a symbolic link leads; null for anything else.</summary>
    public string? LeadsTo => What.StartsWith("link:", StringComparison.Ordinal) ? What["link:".Length..] : null;

    public bool IsNothing => What == Nothing.What;

    /// <summary>A file that holds these bytes.</summary>
    public static Found File(ReadOnlySpan<byte> bytes, UnixFileMode mode) => new($"file:{Hash(bytes):x16}", mode);

    /// <summary>A symbolic link.</summary>
    public static Found Link(string target) => new("link:" + target);

    /// <summary>Looks.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Found At(string path) =>
        new FileInfo(path).LinkTarget is { } target ? Link(target)
        : FileIdentity.Of(path) is not { } identity ? Nothing
        : identity.IsRegular ? File(System.IO.File.ReadAllBytes(path), identity.Mode)
        : System.IO.Directory.Exists(path) ? Directory
        : new Found("device");

    // FNV-1a tells a file that was changed from one that was not. It keeps nobody from forging; who could forge here is root already.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte one in bytes)
        {
            hash = (hash ^ one) * 0x100000001b3;
        }

        return hash;
    }
}
