using System.Globalization;
using CniSrcRoute.Cni;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>Checks whether a new pod is reachable from every existing source table: a few look-ups, however large the cluster.</summary>
internal static class PodReach
{
    /// <summary>How long the watcher, which hears of main's new route as well, is waited for: many times what it needs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits, beside a watcher, until all of the pod's addresses are reached. Nothing is written.</summary>
    /// <param name="request">The pod.</param>
    /// <param name="extend">The tables of others that the configuration has us extend: numbers and names.</param>
    /// <returns>False when they are not after all that time; then the whole plan is the answer.</returns>
    /// <exception cref="NetlinkException">The conversation with the kernel failed.</exception>
    public static bool Await(CniRequest request, IReadOnlyList<string> extend)
    {
        using var kernel = new Kernel();
        return Probes(kernel.Routing, request, Numbers(extend)) is { } probes && (AllReach(kernel.Routing, probes) || AwaitWatcher(kernel.Routing, probes));
    }

    /// <summary>Writes what the tables lack for the pod, where there is no configuration to plan by.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="request">The pod.</param>
    /// <returns>Whether all of the pod's addresses are reached then, as far as main reaches them.</returns>
    /// <exception cref="NetlinkException">The conversation with the kernel failed.</exception>
    public static bool Complete(Kernel kernel, CniRequest request)
    {
        if (Probes(kernel.Routing, request, []) is not { } probes)
        {
            // Main itself refuses: what stands of ours misroutes nothing.
            return true;
        }

        if (!AllReach(kernel.Routing, probes))
        {
            new NodeWriter(kernel).Write(probes.ConvertAll(probe => new RouteChange(ChangeKind.Add, probe.Table, OverlayRoutes.CopyOfOnly(probe.Route))));
        }

        return AllReach(kernel.Routing, probes);
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

    /// <summary>Takes out what is reached by now.</summary>
    private static bool AllReach(RouteNetlink kernel, List<Probe> probes)
    {
        // What counts is the way that a reply takes. It is right where the table has the copy of the pod's subnet, and may be wrong although there is a copy, where
        // something stale is left of the last pod that had the address.
        probes.RemoveAll(probe =>
            kernel.Lookup(probe.Pod, probe.Source, out _, probe.Mark) is { IsReject: false, Nexthops: [var hop] } && hop.Oif == probe.Route.Nexthops[0].Oif);
        return probes.Count == 0;
    }

    /// <summary>The look-ups for all of the pod's addresses; null when main itself does not lead to one of them.</summary>
    private static List<Probe>? Probes(RouteNetlink kernel, CniRequest request, uint[] extended)
    {
        List<Probe> probes = [];
        foreach (IpAddress pod in request.PodAddresses)
        {
            if (kernel.Lookup(pod, source: default, out TableId table) is not { } route)
            {
                return null;
            }

            // Only a route by a card that the plugins before us made, or use, leads to the pod as a pod: a macvlan's address is reached by the card itself.
            if (table.Number == TableId.Main && route is { Destination.IsDefault: false, Nexthops: [var hop] } &&
                request.HostCards.Contains(kernel.GetLink(hop.Oif)?.Name))
            {
                AddProbes(kernel, pod, route, extended, probes);
            }
        }

        return probes;
    }

    /// <summary>One look-up for each table: by the mark that leads there, or by an address whose rule does.</summary>
    private static void AddProbes(RouteNetlink kernel, IpAddress pod, Route route, uint[] extended, List<Probe> probes)
    {
        // Of the two marks of a table the lower one is without the flag, by which some look-ups are passed over.
        List<Rule> rules = kernel.ListRules(pod.Family).FindAll(rule =>
            rule is { Action: Rule.ActionLookup, Flags: 0 } && !TableId.IsReserved(rule.Table) &&
            (rule.Protocol == Ownership.Protocol || (rule.MarkMask == 0 && Array.IndexOf(extended, rule.Table) >= 0)));
        foreach (Rule rule in rules.FindAll(rule => rule.MarkMask != 0).OrderBy(rule => rule.Mark).Concat(rules.FindAll(rule => rule.IsFor(rule.From))))
        {
            var table = new TableId(pod.Family, rule.Table);
            if (probes.Exists(probe => probe.Pod == pod && probe.Table == table))
            {
                continue;
            }

            IpAddress source = rule.MarkMask != 0 ? default : AddressIn(kernel, rule.From);
            if (rule.MarkMask != 0 || source.IsSet)
            {
                probes.Add(new Probe(pod, route, table, source, rule.Mark));
            }
        }
    }

    /// <summary>An address of the node in a network, since the kernel answers for no other; none when there is none: a virtual one may be on another node.</summary>
    private static IpAddress AddressIn(RouteNetlink kernel, IpPrefix network) =>
        network.IsHost ? (kernel.Lookup(network.Address, source: default, out _) is { Type: RouteType.Local } ? network.Address : default)
        : kernel.ListAddresses().Find(address => network.Contains(address.Local) && address.IsUsable)?.Local ?? default;

    private static uint[] Numbers(IReadOnlyList<string> tables)
    {
        List<uint> numbers = [];
        Dictionary<string, uint> known = tables.Count == 0 ? [] : NodeFiles.ReadForeignTableNames([]);
        foreach (string name in tables)
        {
            if (uint.TryParse(name, CultureInfo.InvariantCulture, out uint number) || known.TryGetValue(name, out number))
            {
                numbers.Add(number);
            }
        }

        return [.. numbers];
    }

    /// <param name="Pod">Where to.</param>
    /// <param name="Route">Main's route there.</param>
    /// <param name="Table">The table that is asked.</param>
    /// <param name="Source">Where from; none where the mark decides.</param>
    /// <param name="Mark">The packet's mark; 0 for none.</param>
    private readonly record struct Probe(IpAddress Pod, Route Route, TableId Table, IpAddress Source, uint Mark);
}
