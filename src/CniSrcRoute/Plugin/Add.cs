using CniSrcRoute.Cni;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>ADD: makes the new pod reachable from every source table, and passes prevResult on (CNI specification, section 2, "ADD").</summary>
internal static class Add
{
    /// <returns>The result for standard output.</returns>
    /// <exception cref="CniException">No prevResult (7), the lock is held (11), or the kernel refused the pod's own route (100).</exception>
    public static string Run(CniRequest request)
    {
        string result = request.RequirePrevResult();

        // One writes: the watcher, or else this call, all that is to be written.
        if (NodeLock.IsWatched && PodReach.Await(request))
        {
            return result;
        }

        (Reconciliation round, List<Failure> failures) = WholePlan.Apply(request);

        // A source that cannot be served is no reason to keep a pod from starting; status tells of it, and so does the log.
        foreach (Finding finding in round.Findings.Where(finding => finding.Severity > Severity.Note).Concat(PodRoutes.Unknown(round, request.PodAddresses)))
        {
            Log.Warning(finding.Sentence);
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
