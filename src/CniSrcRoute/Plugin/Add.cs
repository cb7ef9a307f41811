using CniSrcRoute.Cni;
using CniSrcRoute.Configuration;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>ADD: makes the new pod reachable from every source table, and passes prevResult on (CNI specification, section 2, "ADD").</summary>
internal static class Add
{
    /// <returns>The result for standard output.</returns>
    /// <exception cref="CniException">
    /// No prevResult, or a configuration without which the pod would be misrouted (7), the lock is held (11), or the kernel refused the pod's own route (100).
    /// </exception>
    public static string Run(CniRequest request)
    {
        string result = request.RequirePrevResult();
        if (Confirmation.Standstill is { } reason)
        {
            _ = AddToWhatStands(request, new InputException(reason), hasDefaults: false);
            return result;
        }

        try
        {
            Config config = NodeFiles.ReadConfig(request.ConfigFile);

            // One writes: the watcher, or else this call, all that is to be written.
            if (!(NodeLock.IsWatched && PodReach.Await(request, config.Extend)))
            {
                AddByWholePlan(request, config);
            }
        }
        catch (InputException broken)
        {
            if (!(NodeLock.IsWatched && PodReach.Await(request, [])) && !AddToWhatStands(request, broken, hasDefaults: true))
            {
                AddByWholePlan(request, new Config());
            }
        }

        return result;
    }

    private static void AddByWholePlan(CniRequest request, Config config)
    {
        (Reconciliation round, List<Failure> failures) = WholePlan.Apply(config);

        // A source that cannot be served is no reason to keep a pod from starting; status and the log report it.
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
    }

    /// <summary>
    /// The pod's own part alone, where the configuration is broken or a change was not confirmed: that is no reason to keep a pod from starting, and what stands
    /// was made of one that was understood, so nothing else is touched.
    /// </summary>
    /// <returns>False when srcroute has made nothing.</returns>
    /// <exception cref="CniException">The existing tables would misroute the pod (7).</exception>
    private static bool AddToWhatStands(CniRequest request, InputException broken, bool hasDefaults)
    {
        using var kernel = new Kernel();
        bool stands = ((Family[])[Family.IPv4, Family.IPv6]).Any(family => kernel.Routing.ListRules(family).Exists(rule => rule.Protocol == Ownership.Protocol));
        Log.Warning($"{broken.Message}; until that is repaired, {(stands || !hasDefaults ? "what was made before stays as it is" : "the defaults are used")}");
        return stands && (PodReach.Complete(kernel, request)
            ? true
            : throw new CniException(CniErrorCode.InvalidConfig, broken.Message, "what was made before would misroute the pod"));
    }
}
