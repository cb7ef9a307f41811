using CniSrcRoute.Node;
using CniSrcRoute.Planning;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Diagnosis;

/// <summary>
/// Whether firewalld drops IPv6 requests for published ports: it checks their reverse path by the packet's mark (IPv6_rpfilter of firewalld.conf(5)), and without
/// a mark main answers by another card. The way back has a pod's address by then, for which no rule of ours stands.
/// </summary>
internal static class FirewalldDiagnosis
{
    private const string Pid = "/run/firewalld.pid";
    private const string Conf = "/etc/firewalld/firewalld.conf";
    private const string Key = "IPv6_rpfilter";

    /// <summary>NFTA_FIB_F_IIF: the way back has to lead out by the card that the request came in by.</summary>
    private const uint Strict = 8;

    public static IEnumerable<Finding> On(Kernel kernel, NodeState state, DesiredState desired)
    {
        List<SourceTable> unmarked = [.. desired.Tables.Where(table => table is { Unserved: null, Mark: 0, Source: { Family: Family.IPv6, Extends: 0 } })];
        if (unmarked.Count == 0 || NodeFiles.ReadOrEmpty(Pid).Trim() is not { Length: > 0 } process || !Directory.Exists($"/proc/{process}"))
        {
            yield break;
        }

        string value = NodeFiles.ReadOrEmpty(Conf).Split('\n').Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .LastOrDefault(parts => parts is [Key, _])?[1] ?? "yes";
        bool isStrict = value.ToLowerInvariant() switch
        {
            "no" or "false" => false,

            // Versions before 2.1 do not know these, and check strictly.
            "loose" or "loose-forward" => kernel.ReadDroppingRules().Any(rule => rule is { Table: "inet firewalld", Check.Flags: var flags } && (flags & Strict) != 0),
            _ => true,
        };
        if (isStrict)
        {
            // Only what comes by another card than main's default leaves by is dropped.
            Way? way = TakenReplies.FarFrom(state, Family.IPv6) is { } far ? new Fib(state).Find(new Flow { Destination = far }) : null;
            Source dropped = (unmarked.Find(table => way is null || way.Hops.All(hop => hop.Oif != table.Source.Card.Index)) ?? unmarked[0]).Source;
            string cure = $"sed -i '/^{Key} *=/d' {Conf} && echo {Key}=no >>{Conf} && systemctl restart firewalld";
            yield return new Finding(
                Severity.Warning,
                FindingCode.FirewalldDrops,
                "firewalld",
                "firewalld drops IPv6 requests for published ports that come in by another card than main answers them by, " +
                $"such as those for {dropped.Prefix} by {dropped.Card.Name} from far away, with srcroute and without: it checks their reverse path ({Key}={value} in {Conf}), and connections are not marked; to have it check none: {cure}",
                cure);
        }
    }
}
