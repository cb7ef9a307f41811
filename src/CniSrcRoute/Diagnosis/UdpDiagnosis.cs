using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>Tells of UDP servers that are bound to no address: which answer with the address that was asked, and which are left to the kernel's choice.</summary>
internal static class UdpDiagnosis
{
    /// <summary>A sentence for those that are helped, and one for the others; none on a node without sources.</summary>
    public static IEnumerable<Finding> On(DesiredState desired)
    {
        List<Family> families = [.. desired.Tables.Select(table => table.Source.Family).Distinct().Order()];
        List<UdpServer> helped = [], left = [];
        List<Family> with = families.FindAll(family => UdpTable.IsIn(desired.MarkTable, family)), without = [.. families.Except(with)];
        foreach (UdpServer server in families.Count > 0 ? UdpServers.Find() : [])
        {
            bool isKept = UdpTable.Keeps(desired.MarkTable, server.Port);
            if (!isKept && with.Exists(server.Hears))
            {
                helped.Add(server);
            }

            if ((isKept ? families : without).Exists(server.Hears))
            {
                left.Add(server);
            }
        }

        if (helped.Count > 0)
        {
            yield return Tell(helped, $"their answers{By(with)} come from the address that was asked, where it is certain which one main selects, and no other server of the port is bound to that");
        }

        if (left.Count > 0)
        {
            string by = left.Exists(server => UdpTable.Keeps(desired.MarkTable, server.Port)) ? "" : By(without);
            yield return Tell(
                left,
                $"unless they use IP_PKTINFO, they answer{by} from the address main chooses, which no rule can repair; have them bind a socket to each address");
        }

        string By(List<Family> some) => some.Count == families.Count ? "" : $" by {string.Join(" and ", some)}";
    }

    /// <summary>Many a server has a socket for each family, and is named once.</summary>
    private static Finding Tell(List<UdpServer> servers, string what) => new(
        Severity.Note, FindingCode.UdpServers, "",
        $"UDP servers that are bound to no address, {string.Join(", ", servers.Select(server => server.ToString()).Distinct())}: {what}");
}
