using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>Whether systemd-networkd leaves rules and routes of others alone when it starts (networkd.conf(5)).</summary>
internal static class NetworkdDiagnosis
{
    private const string Running = "/run/systemd/netif/state";
    private const string Main = "systemd/networkd.conf";

    private static readonly string[] Roots = ["/etc", "/run", "/usr/local/lib", "/usr/lib"];

    private static readonly string[] Keys = ["ManageForeignRoutingPolicyRules", "ManageForeignRoutes"];

    public static IEnumerable<Finding> On(DesiredState desired)
    {
        if (desired.Tables.Count == 0 || !File.Exists(Running))
        {
            yield break;
        }

        List<string> lines = [.. Files().SelectMany(file => NodeFiles.ReadOrEmpty(file).Split('\n'))];
        if (Array.TrueForAll(Keys, key => Leaves(lines, key)))
        {
            yield break;
        }

        const string Cure = "srcroute install";
        yield return new Finding(
            Severity.Warning,
            FindingCode.NetworkdUnaware,
            "systemd-networkd",
            "systemd-networkd removes rules and routes that it has not made, ours as well, whenever it starts (systemd 248 and later), and no networkd.conf(5) " +
            $"says {string.Join(" and ", Keys.Select(key => $"{key}=no"))}: `{Cure}` puts such a file there",
            Cure);
    }

    /// <summary>Of several lines the last one counts.</summary>
    private static bool Leaves(List<string> lines, string key)
    {
        string? value = null;
        foreach (string line in lines)
        {
            string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            value = parts is [var name, var text] && name == key ? text : value;
        }

        return value is "no" or "n" or "false" or "f" or "off" or "0";
    }

    private static IEnumerable<string> Files() =>
        Roots.Select(root => $"{root}/{Main}").Where(File.Exists).Take(1).Concat(DropIns.In(Roots.Select(root => $"{root}/{Main}.d")));
}
