using CniSrcRoute.Cni;
using CniSrcRoute.Netlink;
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
        if (NodeLock.IsWatched && AddOwnPart(request))
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

    /// <summary>
    /// The pod's own part alone, while a watcher does the rest: a few look-ups for each address and one batch, however large the cluster. The watcher
    /// hears of main's new route as well; whoever is second finds the copy there.
    /// </summary>
    /// <returns>False when that was not enough, and the whole plan is the answer.</returns>
    private static bool AddOwnPart(CniRequest request)
    {
        using var kernel = new Kernel();
        foreach (IpAddress pod in request.PodAddresses)
        {
            if (kernel.Routing.Lookup(pod, source: default, out TableId table) is not { } route)
            {
                return false;
            }

            // Only a route by a card that the plugins before us made, or use, leads to the pod as a pod: a macvlan's address is reached by the card itself.
            if (table.Number == TableId.Main && route is { Destination.IsDefault: false, Nexthops: [var hop] } &&
                request.HostCards.Contains(kernel.Routing.GetLink(hop.Oif)?.Name) &&
                !AddCopies(kernel.Routing, route, pod))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AddCopies(RouteNetlink kernel, Route route, IpAddress pod)
    {
        // What counts is the way that a reply takes. It is right already where the copy of the pod's subnet stands, and it may be wrong though a copy is
        // written, where something stale is left of the last pod that had the address.
        List<Rule> rules = kernel.ListRules(pod.Family).FindAll(rule =>
            rule is { Protocol: Ownership.Protocol, Action: Rule.ActionLookup, MarkMask: 0 } && !TableId.IsReserved(rule.Table));
        rules.RemoveAll(IsRight);
        kernel.Apply(rules.ConvertAll(rule => new RouteChange(ChangeKind.Add, new TableId(pod.Family, rule.Table), OverlayRoutes.CopyOfOnly(route))));
        return rules.TrueForAll(IsRight);

        bool IsRight(Rule rule) =>
            rule.From.IsHost && kernel.Lookup(pod, rule.From.Address, out _) is { IsReject: false, Nexthops: [var hop] } && hop.Oif == route.Nexthops[0].Oif;
    }
}
