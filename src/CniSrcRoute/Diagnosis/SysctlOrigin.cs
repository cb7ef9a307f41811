using CniSrcRoute.Node;

namespace CniSrcRoute.Diagnosis;

/// <summary>Finds what sets a kernel parameter at boot: sysctl.d(5) of systemd, which sysctl(8) of procps follows, and its sysctl.conf(5).</summary>
internal sealed class SysctlOrigin
{
    private const string Conf = "/etc/sysctl.conf";
    private const string Cards = "net/ipv4/conf/";
    private const string Mine = "99-srcroute.conf";
    private const string Last = "zz-srcroute.conf";

    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

    private readonly List<SysctlLine> _lines = [];

    /// <summary>Reads all files.</summary>
    public SysctlOrigin()
    {
        foreach (string file in DropIns.In(Directories).Append(Conf))
        {
            string[] lines = NodeFiles.ReadOrEmpty(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                if (SysctlLine.Parse(file, i + 1, lines[i]) is { } line)
                {
                    _lines.Add(line);
                }
            }
        }
    }

    /// <summary>Whether a file sets a parameter.</summary>
    /// <param name="key">For example "net.ipv4.conf.all.rp_filter".</param>
    public bool IsSet(string key) => Winner(SysctlLine.PathOf(key))?.Value is not null;

    /// <summary>Where a value that is in force comes from.</summary>
    /// <param name="key">The parameter.</param>
    /// <param name="value">The value.</param>
    /// <returns>A sentence.</returns>
    public string Tell(string key, string value) => Winner(SysctlLine.PathOf(key)) switch
    {
        { } line when line.Value == value => $"{key}={value} comes from {line}",
        { Value: not null } line => $"{key}={value} comes from none of the files of sysctl.d(5), of which {line} is read last: something else set it",
        _ => $"{key}={value} comes from none of the files of sysctl.d(5): something else set it",
    };

    /// <summary>What to do so that a parameter has a value after a boot as well.</summary>
    /// <returns>A sentence; null when the files say so already.</returns>
    public string? Keep(string key, string value)
    {
        string path = SysctlLine.PathOf(key);
        if (Winner(path)?.Value == value)
        {
            return null;
        }

        // A line with the parameter's own name is stronger than any pattern, so only one like it, read later, wins over ours.
        string name = Mine;
        if (_lines.FindLast(line => line.Path == path) is { } rival && IsBehind(rival, Mine))
        {
            if (rival.File.StartsWith("/etc/", StringComparison.Ordinal) || IsBehind(rival, Last))
            {
                return $"to keep it after a reboot: replace {rival}, which is read last, by {key}={value}";
            }

            name = Last;
        }

        return $"to keep it after a reboot: echo {key}={value} >/etc/sysctl.d/{name}";
    }

    private static bool IsBehind(SysctlLine line, string name) => line.File == Conf || string.CompareOrdinal(Path.GetFileName(line.File), name) > 0;

    /// <summary>
    /// All files in the order in which they are read: by name, whatever the directory. sysctl.conf is last, as `sysctl --system` has it; systemd-sysctl reads
    /// it where a link in sysctl.d leads there, which Debian calls 99-sysctl.conf.
    /// </summary>
    /// <summary>The line that a parameter has its value from: the last with its own name, or else the last pattern.</summary>
    private SysctlLine? Winner(string path)
    {
        SysctlLine? own = _lines.FindLast(line => line.Path == path);
        SysctlLine? winner = own ?? _lines.FindLast(line => SysctlPattern.Matches(line.Path, path));

        // A new card begins with what the lines for "default" say.
        int name = Cards.Length, end = path.LastIndexOf('/');
        return winner?.Value is null && path.StartsWith(Cards, StringComparison.Ordinal) && path[name..end] is not ("all" or "default")
            ? Winner($"{Cards}default{path[end..]}")
            : winner;
    }
}
