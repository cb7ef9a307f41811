using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.Linux;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>The files on the node that srcroute reads or writes.</summary>
internal static class NodeFiles
{
    /// <summary>Where the locks are.</summary>
    public const string LockDirectory = "/run/srcroute";

    /// <summary>Where distributions keep the names that come with iproute2; names in /etc are the administrator's.</summary>
    private static readonly string[] ForeignTableFiles = ["/usr/share/iproute2/rt_tables", "/usr/lib/iproute2/rt_tables", "/etc/iproute2/rt_tables"];

    /// <summary>Reads the configuration.</summary>
    /// <param name="path">The file that was asked for; null for the usual one, which need not be there.</param>
    /// <exception cref="InputException">The file is missing though asked for, may be written by others, or is wrong.</exception>
    public static Config ReadConfig(string? path)
    {
        string file = path ?? Config.DefaultFile;
        if (FileIdentity.Of(file) is null)
        {
            return path is null ? new Config() : throw new InputException($"{file}: the file cannot be read");
        }

        // Whoever writes it decides where the node's traffic goes.
        RequireRootsAlone(file);
        RequireRegular(file);
        try
        {
            return ConfigParser.Parse(file, File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: the file cannot be read");
        }
    }

    /// <summary>Refuses a file that others than root may write, or put another in the place of.</summary>
    /// <exception cref="InputException">They may.</exception>
    public static void RequireRootsAlone(string file)
    {
        if (FileIdentity.Of(file) is { } identity)
        {
            RequireRoots(file, identity, "644");
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (FileIdentity.Of(directory) is { } parent && (parent.Mode & UnixFileMode.StickyBit) == 0)
        {
            RequireRoots(directory, parent, "755");
        }
    }

    /// <summary>Refuses a pipe, which would be waited on for ever, and whatever else is no file.</summary>
    /// <exception cref="InputException">It is one.</exception>
    public static void RequireRegular(string file)
    {
        if (FileIdentity.Of(file) is { IsRegular: false })
        {
            throw new InputException($"{file}: not a regular file");
        }
    }

    private static void RequireRoots(string path, FileIdentity identity, string mode)
    {
        if (identity.IsWritableByOthers)
        {
            throw new InputException(
                $"{path}: others than root may write it (owner {identity.Owner}, mode {Convert.ToString((int)identity.Mode, 8)}); " +
                $"make it root's with mode {mode}");
        }
    }

    /// <summary>The networks of the pods that flannel states; none before it has started.</summary>
    public static IReadOnlyList<IpPrefix> ReadFlannelNetworks() => FlannelSubnet.ParseNetworks(ReadOrEmpty(FlannelSubnet.File));

    /// <summary>The text of one of our files of names; empty when it is not there.</summary>
    public static string ReadNames(NamesFileKind file) => ReadOrEmpty(NamesFile.PathOf(file));

    /// <summary>The names that others gave to tables.</summary>
    public static Dictionary<string, uint> ReadForeignTableNames()
    {
        string ours = NamesFile.PathOf(NamesFileKind.Tables);
        string directory = Path.GetDirectoryName(ours)!;
        IEnumerable<string> others = Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.conf").Where(file => file != ours) : [];
        var names = new Dictionary<string, uint>();
        foreach (string file in ForeignTableFiles.Concat(others.Order(StringComparer.Ordinal)))
        {
            foreach ((string name, uint number) in NamesFile.Parse(ReadOrEmpty(file)))
            {
                names.TryAdd(name, number);
            }
        }

        return names;
    }

    /// <summary>Writes one of our files of names, or removes it for an empty text.</summary>
    public static void WriteNames(NamesFileKind file, string text)
    {
        string path = NamesFile.PathOf(file);
        if (text.Length == 0)
        {
            File.Delete(path);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, text, AtomicFile.Public);
    }

    /// <summary>The IPv4 settings that hold for every card.</summary>
    public static Ipv4Conf ReadAllCardsConf() =>
        new(
            ReadOrEmpty("/proc/sys/net/ipv4/conf/all/rp_filter") is [>= '0' and <= '2' and var filter, ..] ? (byte)(filter - '0') : (byte)0,
            ReadOrEmpty("/proc/sys/net/ipv4/conf/all/src_valid_mark") is ['1', ..]);

    /// <summary>Sets a kernel parameter to 1.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void WriteSysctl(string key) => File.WriteAllText(PathOf(key), "1");

    /// <summary>The file of a kernel parameter.</summary>
    public static string PathOf(string key) => $"/proc/sys/{key.Replace('.', '/')}";

    /// <summary>The text of a file that need not be there, or may not be read.</summary>
    public static string ReadOrEmpty(string path)
    {
        try
        {
            // A pipe that somebody has put there would never end. ReadAllText has four buffers, for files of a few lines.
            return FileIdentity.Of(path) is { IsRegular: true } ? Encoding.UTF8.GetString(File.ReadAllBytes(path)) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Names and flannel's networks are a help, not a need: without them the numbers and the cards' names do.
            return "";
        }
    }
}
