using CniSrcRoute.Cni;
using CniSrcRoute.Linux;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>STATUS: whether an ADD would do its work (CNI specification, section 2, "STATUS").</summary>
internal static class Status
{
    /// <exception cref="CniException">Rules are missing, or the node cannot be read (50); a source is degraded (51).</exception>
    public static void Run(CniRequest request)
    {
        Reconciliation round;
        try
        {
            using var kernel = new Kernel();
            round = Reconciliation.Read(kernel, NodeFiles.ReadConfig(request.ConfigFile));
        }
        catch (Exception e) when (e is InputException or NetlinkException)
        {
            throw new CniException(CniErrorCode.NotAvailable, "the plugin is not available", e.Message);
        }

        if (!Privilege.CanAdministerNetwork)
        {
            throw new CniException(CniErrorCode.NotAvailable, "the plugin is not available", "it needs the capability CAP_NET_ADMIN");
        }

        var ip = new IpCommand(round.State);
        string[] rules = [.. round.Plan.Changes.Where(change => change is RuleChange { Kind: ChangeKind.Add, Rule.MarkMask: 0 }).Select(ip.Format)];
        if (rules.Length > 0)
        {
            throw new CniException(CniErrorCode.NotAvailable, "srcroute bootstrap has not run, or rules are missing", string.Join("; ", rules));
        }

        List<string> degraded = [.. round.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Sentence)];

        // Copies that are missing are none of this: the ADD that the runtime asks about would write them, and a runtime sends none to a node that is not ready.
        degraded.AddRange(round.Plan.Changes.Where(round.Desired.IsEssential).Select(ip.Format));
        if (degraded.Count > 0)
        {
            throw new CniException(CniErrorCode.LimitedConnectivity, "a source is degraded", string.Join("; ", degraded));
        }
    }
}
