using CniSrcRoute.Node;

namespace CniSrcRoute.Diagnosis;

/// <summary>Finds what sets a kernel parameter at boot: sysctl.d(5) of systemd, sysctl.conf(5) of procps.</summary>
internal static class SysctlOrigin
{
    /// <summary>A file in an earlier directory takes the place of one of the same name in a later one.</summary>
    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

    /// <summary>The last line that gives an IPv4 setting of a card a value.</summary>
    /// <param name="setting">For example "rp_filter".</param>
    /// <param name="value">The value.</param>
    /// <param name="card">The card.</param>
    /// <returns>For example "/etc/sysctl.d/50-strict.conf, line 3 (net.ipv4.conf.all.rp_filter=1)"; null when no file does.</returns>
    public static string? Find(string setting, string value, string card)
    {
        string? last = null;
        foreach (string file in Files())
        {
            string[] lines = NodeFiles.ReadOrEmpty(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                string[] sides = line.TrimStart('-').Split('=', 2, StringSplitOptions.TrimEntries);
                if (sides is [var key, var given] && given == value && IsFor(key, setting, card))
                {
                    last = $"{file}, line {i + 1} ({line})";
                }
            }
        }

        return last;
    }

    /// <summary>All files in the order in which they are read: by name, whatever the directory, and sysctl.conf last.</summary>
    private static IEnumerable<string> Files()
    {
        var byName = new Dictionary<string, string>();
        foreach (string directory in Directories.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*.conf"))
            {
                byName.TryAdd(Path.GetFileName(file), file);
            }
        }

        foreach (string name in byName.Keys.Order(StringComparer.Ordinal))
        {
            yield return byName[name];
        }

        yield return "/etc/sysctl.conf";
    }

    /// <summary>Keys are written with dots or slashes; "default" is what a new card begins with.</summary>
    private static bool IsFor(string key, string setting, string card)
    {
        const string Prefix = "net.ipv4.conf.";
        string dotted = key.Contains('/', StringComparison.Ordinal) && !key.StartsWith(Prefix, StringComparison.Ordinal)
            ? key.Replace('.', '\0').Replace('/', '.').Replace('\0', '/')
            : key;
        return dotted.StartsWith(Prefix, StringComparison.Ordinal) && dotted.EndsWith("." + setting, StringComparison.Ordinal) &&
            dotted.Length > Prefix.Length + setting.Length &&
            dotted[Prefix.Length..^(setting.Length + 1)] is var name && (name is "all" or "default" or "*" || name.Replace('/', '.') == card);
    }
}
