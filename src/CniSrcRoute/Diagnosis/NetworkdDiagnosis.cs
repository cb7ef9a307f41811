using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>Whether systemd-networkd leaves rules and routes of others alone when it starts (networkd.conf(5)).</summary>
internal static class NetworkdDiagnosis
{
    private const string Running = "/run/systemd/netif/state";

    /// <summary>A link that systemd makes anew whenever it starts the service.</summary>
    private const string Started = "/run/systemd/units/invocation:systemd-networkd.service";

    private const string Main = "systemd/networkd.conf";

    private static readonly string[] Roots = ["/etc", "/run", "/usr/local/lib", "/usr/lib"];

    private static readonly string[] Keys = ["ManageForeignRoutingPolicyRules", "ManageForeignRoutes"];

    public static IEnumerable<Finding> On(DesiredState desired)
    {
        if (desired.Tables.Count == 0 || !File.Exists(Running))
        {
            return [];
        }

        List<(string File, string Text)> lines = [.. Files().SelectMany(file => NodeFiles.ReadOrEmpty(file).Split('\n').Select(text => (file, text)))];
        List<string?> leaving = [.. Keys.Select(key => FileThatLeaves(lines, key))];
        return leaving.Contains(null) ? [Unaware()]
            : leaving.Find(file => IsNewer(file!)) is { } unread ? [Outdated(unread)]
            : [];
    }

    private static Finding Unaware()
    {
        const string Cure = "srcroute install";
        return new Finding(
            Severity.Warning,
            FindingCode.NetworkdUnaware,
            "systemd-networkd",
            "systemd-networkd removes rules and routes that it has not made, ours as well, whenever it starts (systemd 248 and later), and no networkd.conf(5) " +
            $"says {string.Join(" and ", Keys.Select(key => $"{key}=no"))}: `{Cure}` puts such a file there",
            Cure);
    }

    private static Finding Outdated(string file)
    {
        const string Cure = "systemctl restart systemd-networkd";
        return new Finding(
            Severity.Warning,
            FindingCode.NetworkdOutdated,
            "systemd-networkd",
            $"systemd-networkd runs since before {file} was written, which it reads when it starts: until then it removes our rules whenever a card is plugged in, and " +
            $"without `srcroute watch` they stay away; the next boot ends that, or `{Cure}`, which takes addresses of its own away for a moment, and what hangs on them, " +
            "where the .network file does not say KeepConfiguration=static: not by an ssh that you cannot do without",
            Cure);
    }

    /// <summary>Whether networkd was started before the file was there as it is. A package's file is as old as the package, but was made when that was installed.</summary>
    private static bool IsNewer(string file)
    {
        var link = new FileInfo(Started);
        return link.LinkTarget is not null && (link.LastWriteTimeUtc < File.GetLastWriteTimeUtc(file) || link.LastWriteTimeUtc < File.GetCreationTimeUtc(file));
    }

    /// <summary>The file that says that what the key is for is left alone; null where none does. Of several lines the last one counts.</summary>
    private static string? FileThatLeaves(List<(string File, string Text)> lines, string key)
    {
        string? leaving = null;
        foreach ((string file, string line) in lines)
        {
            if (line.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value] && name == key)
            {
                leaving = value is "no" or "n" or "false" or "f" or "off" or "0" ? file : null;
            }
        }

        return leaving;
    }

    private static IEnumerable<string> Files() =>
        Roots.Select(root => $"{root}/{Main}").Where(File.Exists).Take(1).Concat(DropIns.In(Roots.Select(root => $"{root}/{Main}.d")));
}
