using System.Globalization;
using CniSrcRoute.Cni;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;

namespace CniSrcRoute.Plugin;

/// <summary>Looks, beside a watcher, whether a new pod is reached from every source table: a few look-ups, however large the cluster. It writes nothing.</summary>
internal static class PodReach
{
    /// <summary>How long the watcher, which hears of main's new route as well, is waited for: many times what it needs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until all of the pod's addresses are reached.</summary>
    /// <param name="request">The pod.</param>
    /// <returns>False when they are not after all that time; then the whole plan is the answer.</returns>
    /// <exception cref="NetlinkException">The conversation with the kernel failed.</exception>
    public static bool Await(CniRequest request)
    {
        using var kernel = new Kernel();
        uint[] extended = Extended(request);
        List<Probe> probes = [];
        foreach (IpAddress pod in request.PodAddresses)
        {
            if (kernel.Routing.Lookup(pod, source: default, mark: 0, out TableId table) is not { } route)
            {
                return false;
            }

            // Only a route by a card that the plugins before us made, or use, leads to the pod as a pod: a macvlan's address is reached by the card itself.
            if (table.Number == TableId.Main && route is { Destination.IsDefault: false, Nexthops: [var hop] } &&
                request.HostCards.Contains(kernel.Routing.GetLink(hop.Oif)?.Name))
            {
                AddProbes(kernel.Routing, pod, hop.Oif, extended, probes);
            }
        }

        return AllReach(kernel.Routing, probes) || AwaitWatcher(kernel.Routing, probes);
    }

    private static bool AwaitWatcher(RouteNetlink kernel, List<Probe> probes)
    {
        // Listening begins before the next look, so nothing that happens in between is missed.
        using var events = EventSource.OfRoutes();
        long start = Environment.TickCount64;
        while (!AllReach(kernel, probes))
        {
            TimeSpan left = Patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            events.Wait(left);
            events.Discard();
        }

        return true;
    }

    private static bool AllReach(RouteNetlink kernel, List<Probe> probes)
    {
        // What counts is the way that a reply takes. It is right where the copy of the pod's subnet stands, and may be wrong though a copy stands, where
        // something stale is left of the last pod that had the address.
        probes.RemoveAll(probe =>
            kernel.Lookup(probe.Pod, probe.Source, probe.Mark, out _) is { IsReject: false, Nexthops: [var hop] } && hop.Oif == probe.Card);
        return probes.Count == 0;
    }

    /// <summary>One look-up for each table: by the mark that leads there, or by an address whose rule does.</summary>
    private static void AddProbes(RouteNetlink kernel, IpAddress pod, int card, uint[] extended, List<Probe> probes)
    {
        List<uint> tables = [];
        List<Rule> rules = kernel.ListRules(pod.Family).FindAll(rule =>
            rule is { Action: Rule.ActionLookup, HasOtherSelectors: false } && !TableId.IsReserved(rule.Table) &&
            (rule.Protocol == Ownership.Protocol || (rule.MarkMask == 0 && Array.IndexOf(extended, rule.Table) >= 0)));
        foreach (Rule rule in rules.FindAll(rule => rule.MarkMask != 0).Concat(rules).Where(rule => !tables.Contains(rule.Table)))
        {
            IpAddress source = rule.MarkMask != 0 ? default : AddressIn(kernel, rule.From);
            if (rule.MarkMask != 0 || source.IsSet)
            {
                tables.Add(rule.Table);
                probes.Add(new Probe(pod, card, source, rule.Mark));
            }
        }
    }

    /// <summary>An address of the node in a network, since the kernel answers for no other; none when there is none.</summary>
    private static IpAddress AddressIn(RouteNetlink kernel, IpPrefix network) =>
        network.IsHost ? network.Address : kernel.ListAddresses().Find(address => network.Contains(address.Local) && address.IsUsable)?.Local ?? default;

    /// <summary>The tables of others that the configuration has us extend.</summary>
    private static uint[] Extended(CniRequest request)
    {
        IReadOnlyList<string> names = NodeFiles.ReadConfig(request.ConfigFile).Extend;
        if (names.Count == 0)
        {
            return [];
        }

        List<uint> numbers = [];
        Dictionary<string, uint> known = NodeFiles.ReadForeignTableNames();
        foreach (string name in names)
        {
            if (uint.TryParse(name, CultureInfo.InvariantCulture, out uint number) || known.TryGetValue(name, out number))
            {
                numbers.Add(number);
            }
        }

        return [.. numbers];
    }

    /// <param name="Pod">Where to.</param>
    /// <param name="Card">ifi_index of the device by which main leads there.</param>
    /// <param name="Source">Where from; none where the mark decides.</param>
    /// <param name="Mark">The packet's mark; 0 for none.</param>
    private readonly record struct Probe(IpAddress Pod, int Card, IpAddress Source, uint Mark);
}
