using CniSrcRoute.Cni;
using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;

namespace CniSrcRoute.Plugin;

/// <summary>ADD: makes the new pod reachable from every source table, and passes prevResult on (CNI specification, section 2, "ADD").</summary>
internal static class Add
{
    /// <returns>The result for standard output.</returns>
    /// <exception cref="CniException">No prevResult (7), the lock is held (11), or the kernel refused the pod's own route (100).</exception>
    public static string Run(CniRequest request)
    {
        string result = request.RequirePrevResult();
        Config config = NodeFiles.ReadConfig(request.ConfigFile);
        using FileLock held = PluginLock.Acquire();
        using var socket = new NetlinkSocket();
        var kernel = new RouteNetlink(socket);
        var round = Reconciliation.Read(kernel, config);
        List<Failure> failures = round.Apply(kernel, config);

        // A source that cannot be served is no reason to keep a pod from starting; status tells of it, and so does the log.
        foreach (string warning in round.Desired.Problems.Concat(round.Desired.Warnings).Concat(round.Plan.Conflicts).Concat(PodRoutes.Unknown(round, request.PodAddresses)))
        {
            Log.Warning(warning);
        }

        foreach (Failure failure in failures)
        {
            string text = failure.Describe(round.State);
            Log.Warning(text);
            if (PodRoutes.LeadsTo(failure.Change, request.PodAddresses))
            {
                throw new CniException(CniErrorCode.RouteRefused, "the kernel refused the pod's route in a source table", text);
            }
        }

        return result;
    }
}
