using System.Globalization;
using CniSrcRoute.Node;

namespace CniSrcRoute.Diagnosis;

/// <summary>Finds the lines by which ifupdown, netplan, systemd-networkd, NetworkManager and old scripts make a routing table at boot.</summary>
internal static class NetworkFiles
{
    private static readonly string[] Directories =
    [
        "/etc/network/interfaces.d", "/etc/network/if-up.d", "/etc/netplan", "/etc/systemd/network", "/run/systemd/network",
        "/etc/NetworkManager/system-connections", "/etc/NetworkManager/dispatcher.d", "/etc/sysconfig/network-scripts", "/etc/networkd-dispatcher/routable.d",
    ];

    private static readonly string[] Single = ["/etc/network/interfaces", "/etc/rc.local", "/etc/iproute2/rt_tables"];

    /// <summary>The lines that name one of the tables.</summary>
    /// <param name="state">Knows the tables' names.</param>
    /// <param name="tables">The tables' numbers.</param>
    /// <returns>For example "/etc/network/interfaces, line 12: up ip rule add from 10.0.0.1 lookup T1".</returns>
    public static IEnumerable<string> Mentioning(NodeState state, IReadOnlyList<uint> tables)
    {
        HashSet<string> words = [];
        foreach (uint table in tables)
        {
            words.Add(table.ToString(CultureInfo.InvariantCulture));
            words.UnionWith(state.ForeignTableNames.Keys.Where(name => state.ForeignTableNames[name] == table));
        }

        foreach (string file in Files())
        {
            string[] lines = words.Count == 0 ? [] : NodeFiles.ReadOrEmpty(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                if (!line.StartsWith('#') &&
                    line.Split(' ', '\t', '=', ':', ',').Any(words.Contains) &&
                    (IsAboutTables(line) || file.EndsWith("rt_tables", StringComparison.Ordinal)))
                {
                    yield return $"{file}, line {i + 1}: {line}";
                }
            }
        }
    }

    private static IEnumerable<string> Files()
    {
        foreach (string file in Single)
        {
            yield return file;
        }

        foreach (string directory in Directories.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*", new EnumerationOptions()).Order(StringComparer.Ordinal))
            {
                yield return file;
            }
        }
    }

    private static bool IsAboutTables(string line) =>
        line.Contains("table", StringComparison.OrdinalIgnoreCase) ||
        line.Contains("lookup", StringComparison.Ordinal) ||
        line.Contains("routing-rule", StringComparison.Ordinal);
}
