using System.Globalization;
using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Leaves sources to the tables and rules that others have made for them, where the config says so ("extend"): such a table is given what leads to pods.
/// </summary>
internal static class ExtendedTables
{
    /// <summary>The sources, those with such a table pointed at it. If several share one, only the first is listed.</summary>
    /// <param name="config">Names the tables.</param>
    /// <param name="state">Knows the rules of others, and the numbers of names.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="problems">Receives unknown names, and tables that no source is routed to.</param>
    public static IReadOnlyList<Source> Among(Config config, NodeState state, IReadOnlyList<Source> sources, List<Finding> problems)
    {
        if (config.Extend.Count == 0)
        {
            return sources;
        }

        List<uint> unused = [];
        for (int i = 0; i < config.Extend.Count; i++)
        {
            if (uint.TryParse(config.Extend[i], CultureInfo.InvariantCulture, out uint number) ||
                state.ForeignTableNames.TryGetValue(config.Extend[i], out number))
            {
                unused.Add(number);
            }
            else
            {
                problems.Add(Finding.BadInput(
                    FindingCode.TableNotExtended, $"extend[{i}]", $"{config.File}: extend[{i}]: no file of iproute2 knows a table {config.Extend[i]}"));
            }
        }

        uint[] tables = [.. unused];
        HashSet<TableId> taken = [];
        List<Source> all = [];
        List<Rule> foreign = [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol)];
        foreach (Source source in sources)
        {
            Rule? rule = foreign.Find(rule => Leads(rule, source) && Array.IndexOf(tables, rule.Table) >= 0);
            if (rule is null)
            {
                all.Add(source);
            }
            else if (taken.Add(new TableId(source.Family, rule.Table)))
            {
                all.Add(source with { Extends = rule.Table });
                unused.Remove(rule.Table);
            }
        }

        foreach (uint table in unused)
        {
            problems.Add(new Finding(
                Severity.Warning,
                FindingCode.TableNotExtended,
                "extend",
                $"{config.File}: extend: no rule `from ADDRESS lookup {table}` of somebody else is for a source of this node"));
        }

        return all;
    }

    /// <summary>The table of somebody else that a source is led to, with a way out and none to pods: what "extend" is for.</summary>
    /// <param name="state">The node.</param>
    /// <param name="foreign">The rules of others.</param>
    /// <param name="source">The source.</param>
    /// <param name="copies">The routes to pods.</param>
    /// <returns>The rule that leads there; null when there is none.</returns>
    public static Rule? Candidate(NodeState state, IReadOnlyList<Rule> foreign, Source source, IReadOnlyList<Route> copies) =>
        foreign.FirstOrDefault(rule => Leads(rule, source) && !TableId.IsReserved(rule.Table) && LacksPods(state.Table(new TableId(rule.Family, rule.Table)), copies));

    /// <summary>
    /// The sources whose table of somebody else's knows nothing but a default for a route that main has by their card. Replies that a mark led there, pods' as
    /// well, would take another way than without us: to a neighbour by the router. So such a table gets no mark.
    /// </summary>
    /// <param name="state">The node.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="overlay">Knows the routes that are copied there.</param>
    /// <returns>The first such route of each.</returns>
    public static Dictionary<Source, Route> Lacking(NodeState state, IEnumerable<Source> sources, OverlayRoutes overlay)
    {
        Dictionary<Source, Route> lacking = new(ReferenceEqualityComparer.Instance);
        foreach (Source source in sources.Where(source => source.Extends != 0))
        {
            IReadOnlyList<Route> there = state.Table(new TableId(source.Family, source.Extends));
            Route? missing = state.Main(source.Family).FirstOrDefault(route =>
                route is { Type: RouteType.Unicast, IsDefaultLike: false } && !route.Destination.Address.IsLinkLocal && !overlay.IsOverlay(route) &&
                CardRoutes.LeavingBy(source.Card, route) is not null &&
                !there.Any(own => own is { Type: RouteType.Unicast, IsDefaultLike: false } && own.Destination.Contains(route.Destination)));
            if (missing is not null)
            {
                lacking.Add(source, missing);
            }
        }

        return lacking;
    }

    /// <summary>
    /// Where somebody's rule for his table is asked ahead of the table local, the copies there would lead what is for the node's own addresses out of it.
    /// </summary>
    /// <param name="guards">The guards of a table.</param>
    /// <param name="state">The node.</param>
    /// <param name="source">The table's source.</param>
    /// <param name="copies">The copies that it gets.</param>
    /// <returns>The guards, and for such a table one for each address of the node in the copies' destinations.</returns>
    public static IReadOnlyList<Route> WithOwnAddresses(IReadOnlyList<Route> guards, NodeState state, Source source, IReadOnlyList<Route> copies)
    {
        if (source.Extends == 0)
        {
            return guards;
        }

        uint local = PolicyRules.LocalPriority(state, source.Family);
        return !state.Rules.Any(rule => rule.Family == source.Family && rule.Table == source.Extends && rule.Priority < local) ? guards :
        [
            .. guards,
            .. state.Addresses.Where(address => copies.Any(copy => copy.Destination.Contains(address.Local) && copy.Destination != IpPrefix.Host(address.Local)))
                .Select(address => OverlayRoutes.Hole(IpPrefix.Host(address.Local))).DistinctBy(hole => hole.Destination),
        ];
    }

    /// <summary>Tells of such a table, and how to complete it.</summary>
    /// <param name="source">The source.</param>
    /// <param name="missing">The route.</param>
    /// <param name="ip">Knows the names of cards.</param>
    public static Finding NoMark(Source source, Route missing, IpCommand ip)
    {
        string cure = ip.Format(new RouteChange(ChangeKind.Add, new TableId(source.Family, source.Extends), missing))[2..];
        return new Finding(
            Severity.Note,
            FindingCode.ExtendedTableLacksRoute,
            source.Prefix.ToString(),
            $"{source.Prefix}: somebody else's table {source.Extends} has no route to {missing.Destination}, so replies are not led there by marks, and published " +
            $"ports are answered as without srcroute; to change that: {cure}",
            cure);
    }

    /// <summary>The line of the configuration that has a rule's table extended.</summary>
    /// <param name="rule">The rule.</param>
    public static string Cure(Rule rule) => $"\"extend\": [{rule.Table}]";

    private static bool Leads(Rule rule, Source source) =>
        rule is { Protocol: not Ownership.Protocol, Action: Rule.ActionLookup, MarkMask: 0, HasOtherSelectors: false } && rule.From.Contains(source.Prefix);

    private static bool LacksPods(IReadOnlyList<Route> routes, IReadOnlyList<Route> copies) =>
        routes.Any(route => route is { Type: RouteType.Unicast, Destination.IsDefault: true }) &&
        !copies.Any(copy => routes.Any(route => route.Destination == copy.Destination));
}
