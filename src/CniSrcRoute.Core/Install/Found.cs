namespace CniSrcRoute.Install;

/// <summary>What is at a path; a symbolic link at its end is not followed.</summary>
/// <param name="What">A word as the record has it: file:HASH, link:TARGET or directory.</param>
/// <param name="Mode">The permissions of a file.</param>
public sealed record Found(string What, UnixFileMode Mode = UnixFileMode.None)
{
    private const string LinkWord = "link:";

    /// <summary>Nothing.</summary>
    public static readonly Found Nothing = new("nothing");

    /// <summary>A directory.</summary>
    public static readonly Found Directory = new("directory");

    /// <summary>Something that install never makes: a pipe, a socket, a device.</summary>
    public static readonly Found Device = new("device");

    /// <summary>Where a symbolic link leads; null for anything else.</summary>
    public string? LeadsTo => What.StartsWith(LinkWord, StringComparison.Ordinal) ? What[LinkWord.Length..] : null;

    /// <summary>Whether nothing is there.</summary>
    public bool IsNothing => What == Nothing.What;

    /// <summary>A file that holds these bytes.</summary>
    /// <param name="bytes">What is in it.</param>
    /// <param name="mode">Its permissions.</param>
    public static Found File(ReadOnlySpan<byte> bytes, UnixFileMode mode) => new($"file:{Hash(bytes):x16}", mode);

    /// <summary>A symbolic link.</summary>
    /// <param name="target">Where it leads.</param>
    public static Found Link(string target) => new(LinkWord + target);

    // FNV-1a tells a file that was changed from one that was not. It does not protect against forgery; who could forge here is root already.
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
