using CniSrcRoute.Cni;
using CniSrcRoute.Node;

namespace CniSrcRoute.Plugin;

/// <summary>CHECK: whether the routes and rules that the pod needs exist (CNI specification, section 2, "CHECK").</summary>
internal static class Check
{
    /// <exception cref="CniException">No prevResult (7), or a copy, guard or rule is missing or changed (101).</exception>
    public static void Run(CniRequest request)
    {
        request.RequirePrevResult();
        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, NodeFiles.ReadConfig(request.ConfigFile));
        var ip = new IpCommand(round.State);
        string[] missing = [.. round.Plan.Changes.Where(change => PodRoutes.Concerns(change, request.PodAddresses)).Select(ip.Format)];
        if (missing.Length > 0)
        {
            throw new CniException(CniErrorCode.CheckFailed, "a route or rule that the pod depends on is missing or changed", string.Join("; ", missing));
        }
    }
}
