using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// Whether firewalld drops IPv6 requests: it checks their reverse path by the packet's mark (IPv6_rpfilter of firewalld.conf(5)), and without a mark main
/// answers by another card.
/// </summary>
internal static class FirewalldDiagnosis
{
    private const string Pid = "/run/firewalld.pid";
    private const string Conf = "/etc/firewalld/firewalld.conf";
    private const string Key = "IPv6_rpfilter";

    public static IEnumerable<Finding> On(DesiredState desired)
    {
        List<SourceTable> unmarked = [.. desired.Tables.Where(table => table is { Unserved: null, Mark: 0, Source: { Family: Family.IPv6, Extends: 0 } })];
        if (unmarked.Count == 0 || NodeFiles.ReadOrEmpty(Pid).Trim() is not { Length: > 0 } process || !Directory.Exists($"/proc/{process}"))
        {
            yield break;
        }

        string value = NodeFiles.ReadOrEmpty(Conf).Split('\n').Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .LastOrDefault(parts => parts is [Key, _])?[1] ?? "yes";
        if (value is not ("no" or "false" or "loose" or "loose-forward"))
        {
            string cure = $"sed -i 's/^{Key}=.*/{Key}=loose/' {Conf}";
            yield return new Finding(
                Severity.Warning,
                FindingCode.FirewalldDrops,
                "firewalld",
                $"firewalld drops requests for {unmarked[0].Source.Prefix} and other addresses of cards that main's default does not leave by, with srcroute and without: " +
                $"it checks the reverse path of IPv6 ({Key}={value} in {Conf}), and connections are not marked; to have it check loosely: {cure}, and restart it",
                cure);
        }
    }
}
