using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>The files on the node that srcroute reads or writes.</summary>
internal static class NodeFiles
{
    /// <summary>Where the locks are.</summary>
    public const string LockDirectory = "/run/srcroute";

    private const string SrcValidMarkNote = LockDirectory + "/src_valid_mark";

    /// <summary>The longest file that is read whole, in bytes: a hundred times what the largest node needs.</summary>
    private const int LengthLimit = 4 << 20;

    /// <summary>The longest file of /proc that is looked at: a line for each of hundreds of thousands of sockets.</summary>
    private const int ProcLimit = 64 << 20;

    /// <summary>Where distributions keep the names that come with iproute2; names in /etc are the administrator's.</summary>
    private static readonly string[] ForeignTableFiles = ["/usr/share/iproute2/rt_tables", "/usr/lib/iproute2/rt_tables", "/etc/iproute2/rt_tables"];

    /// <summary>Reads the configuration.</summary>
    /// <param name="path">The file that was asked for; null for the usual one, which need not be there.</param>
    /// <exception cref="InputException">The file is missing though asked for, may be written by others, or is wrong.</exception>
    public static Config ReadConfig(string? path)
    {
        string file = path ?? Config.DefaultFile;
        try
        {
            return ReadTrusted(file) is { } bytes ? ConfigParser.Parse(file, bytes)
                : path is null ? new Config()
                : throw new InputException($"{file}: the file cannot be read");
        }
        catch (IOException)
        {
            throw new InputException($"{file}: the file cannot be read");
        }
    }

    /// <summary>Reads a file that decides something, so that only root, or the user of this process, may have written it.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="InputException">Others may write it or put another in its place, it is no file, or it is too long.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? ReadTrusted(string file)
    {
        using InputFile? opened = InputFile.TryOpen(file);
        if (opened is null)
        {
            return null;
        }

        string? reason = opened.Identity.Distrust(file) ?? DistrustOfDirectory(file);
        return reason is not null ? throw new InputException(reason) : ReadLimited(opened, file);
    }

    /// <summary>Reads a file, whoever may have written it.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="InputException">It is no file, or too long.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? Read(string file)
    {
        using InputFile? opened = InputFile.TryOpen(file);
        return opened is null ? null : ReadLimited(opened, file);
    }

    /// <summary>Refuses a file that others than root may write, or put another in the place of; where none is, its directory alone counts.</summary>
    /// <exception cref="InputException">They may.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static void RequireTrusted(string file)
    {
        if (ReadTrusted(file) is null && DistrustOfDirectory(file) is { } reason)
        {
            throw new InputException(reason);
        }
    }

    /// <summary>The networks of the pods that flannel states; none before it has started.</summary>
    /// <param name="refused">Gets a sentence when the file is not believed.</param>
    public static IReadOnlyList<IpPrefix> ReadFlannelNetworks(List<string> refused) => FlannelSubnet.ParseNetworks(ReadOrRefuse(FlannelSubnet.File, refused));

    /// <summary>The text of one of our files of names; empty when it is not there.</summary>
    /// <param name="file">Which file.</param>
    /// <param name="refused">Gets a sentence when the file is not believed.</param>
    public static string ReadNames(NamesFileKind file, List<string> refused) => ReadOrRefuse(NamesFile.PathOf(file), refused);

    /// <summary>The names that others gave to tables.</summary>
    /// <param name="refused">Gets a sentence for each file that is not believed.</param>
    public static Dictionary<string, uint> ReadForeignTableNames(List<string> refused)
    {
        string ours = NamesFile.PathOf(NamesFileKind.Tables);
        string directory = Path.GetDirectoryName(ours)!;
        IEnumerable<string> others = Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.conf").Where(file => file != ours) : [];
        var names = new Dictionary<string, uint>();
        foreach (string file in ForeignTableFiles.Concat(others.Order(StringComparer.Ordinal)))
        {
            foreach ((string name, uint number) in NamesFile.Parse(ReadOrRefuse(file, refused)))
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

        AtomicFile.MakeDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, text, Ownership.FileMode);
    }

    /// <summary>The IPv4 settings that hold for every card.</summary>
    public static Ipv4Conf ReadAllCardsConf() =>
        new(ReadDigit("/proc/sys/net/ipv4/conf/all/rp_filter"), ReadDigit("/proc/sys/net/ipv4/conf/all/src_valid_mark") != 0)
        {
            ArpIgnore = ReadDigit("/proc/sys/net/ipv4/conf/all/arp_ignore"),
        };

    private static byte ReadDigit(string path) => ReadOrEmpty(path) is [>= '0' and <= '9' and var digit, ..] ? (byte)(digit - '0') : (byte)0;

    /// <summary>Sets net.ipv4.conf.all.src_valid_mark and remembers it until the next boot, which forgets the value as well; or sets it back.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void SetSrcValidMark(bool value)
    {
        if (value)
        {
            AtomicFile.Write(SrcValidMarkNote, "", Ownership.FileMode);
        }

        File.WriteAllText(PathOf(ReversePath.SrcValidMark), value ? "1" : "0");
        if (!value)
        {
            File.Delete(SrcValidMarkNote);
        }
    }

    /// <summary>Whether the value of net.ipv4.conf.all.src_valid_mark is the one that we have set.</summary>
    public static bool SrcValidMarkIsOurs => File.Exists(SrcValidMarkNote);

    /// <summary>The file of a kernel parameter.</summary>
    public static string PathOf(string key) => $"/proc/sys/{key.Replace('.', '/')}";

    /// <summary>The text of a file that need not be there, may not be read, and decides nothing.</summary>
    public static string ReadOrEmpty(string path)
    {
        try
        {
            using InputFile? file = InputFile.TryOpen(path);
            return file is { Identity.IsRegular: true } && file.TryRead(ProcLimit) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The text of a file that is a help, not a need: without names and flannel's networks the numbers and the cards' names do.</summary>
    /// <param name="path">The file.</param>
    /// <param name="refused">Gets a sentence when it is not believed.</param>
    /// <returns>Empty when it is not believed, not there, or may not be read.</returns>
    public static string ReadOrRefuse(string path, List<string> refused)
    {
        try
        {
            return ReadTrusted(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        }
        catch (IOException)
        {
            return "";
        }
        catch (InputException e)
        {
            if (!refused.Contains(e.Message))
            {
                refused.Add(e.Message);
            }

            return "";
        }
    }

    private static string? DistrustOfDirectory(string file)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";
        return FileIdentity.Of(directory)?.Distrust(directory);
    }

    private static byte[] ReadLimited(InputFile file, string path) => !file.Identity.IsRegular
        ? throw new InputException($"{path}: not a regular file")
        : file.TryRead(LengthLimit) ?? throw new InputException($"{path}: longer than {LengthLimit >> 20} MiB");
}
