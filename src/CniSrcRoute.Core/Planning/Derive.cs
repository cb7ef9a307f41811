using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Works out what shall be true on the node from what the config says and what main holds. Pure: the same input gives the same answer.</summary>
public static class Derive
{
    /// <summary>The desired state.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node as it is.</param>
    /// <returns>Tables, rules and names, with what is wrong or worth knowing.</returns>
    public static DesiredState From(Config config, NodeState state)
    {
        var cards = new Cards(config, state);
        IReadOnlyList<IpPrefix> networks = config.OverlayNetworks ?? state.FlannelNetworks;
        var memory = TableMemory.Of(state);
        var sources = new Sources(config, state, cards, networks, memory);
        List<Finding> extending = [];
        IReadOnlyList<Source> all = ExtendedTables.Among(config, state, sources.All, extending);
        var numbers = new TableNumbers(config, state, memory);
        var rules = new RuleCheck(config, state);
        Dictionary<Source, uint> assigned = numbers.Assign(all);
        Marks? marks = Marks.Apply(config, state, cards, networks) ? new Marks(config, state, assigned, numbers, memory) : null;
        var overlay = new OverlayRoutes(cards, networks, sources.Subnets, state);
        List<SourceTable> tables = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            IReadOnlyList<Route> main = state.Main(family);
            IReadOnlyList<Route> copies = overlay.Copy(main);
            IReadOnlyList<Route> guards = overlay.Guards(family, copies);
            foreach (Source source in all.Where(source => source.Family == family && assigned.ContainsKey(source)))
            {
                IReadOnlyList<Route> own = source.Card.IsUp && source.Extends == 0 ? CardRoutes.Of(source, main, overlay, sources.External) : [];
                tables.Add(new SourceTable
                {
                    Source = source,
                    Number = assigned[source],
                    Name = numbers.Name(source, assigned[source]),
                    Mark = marks?.Of(source) ?? 0,
                    Guards = guards,
                    Copies = Besides(own, copies),
                    CardRoutes = own,
                    Unserved = source.Extends != 0 ? null : Obstacle(source, own) ?? rules.Obstacle(source, assigned[source]),
                });
            }
        }

        List<SourceTable> served = tables.FindAll(table => table.Unserved is null);
        List<SourceTable> marked = served.FindAll(table => table.Mark != 0);
        var marking = Marking.Of(config, state, cards, marked);
        List<SourceTable> ownTables = tables.FindAll(table => table.Source.Extends == 0);
        var desired = new DesiredState
        {
            Tables = tables,
            Rules = [.. served.FindAll(table => table.Source.Extends == 0).ConvertAll(table => FromRule(config, table.Source, table.Number)), .. marking.Rules],
            MarkTable = marking.Table,
            Sysctl = marking.Sysctl,
            KeepsMarkRules = config.UseMarks && state.Nftables is { Obstacle: not null, IsHidden: false },
            BlindCards = marking.BlindCards,
            TableNamesFile = memory.With(ownTables.FindAll(table => !state.ForeignTableNames.Values.Contains(table.Number)), config.MarkMask),
            ProtocolNamesFile = tables.Count == 0 ? "" : $"{NamesFile.Header}{Ownership.Protocol} {Ownership.ProtocolName}\n",
            Overlay = overlay,
            OverlayNetworks = networks,
            OverlayCards = cards.Overlay,
            Findings =
            [
                .. sources.Problems,
                .. numbers.Problems,
                .. extending,
                .. rules.Problems(all),
                .. tables.FindAll(table => table.Unserved is not null).ConvertAll(table => table.Unserved!),
                .. rules.Warnings(all),
                .. rules.MarkWarnings(marks is null ? [] : tables),
                .. marking.Warnings,
            ],
        };
        return desired with { Findings = [.. desired.Findings, .. Remarks.On(config, state, desired)] };
    }

    /// <summary>The rule that sends what comes from a source to its table.</summary>
    /// <param name="config">States the priority.</param>
    /// <param name="source">The source.</param>
    /// <param name="table">Its table's number.</param>
    /// <returns>The rule, carrying our protocol.</returns>
    public static Rule FromRule(Config config, Source source, uint table) =>
        new() { Family = source.Family, Priority = config.RulePriority, From = source.Prefix, Table = table, Protocol = Ownership.Protocol };

    /// <summary>The copies without those that the table's own routes, which the config may add, take the place of: nearly always the very list.</summary>
    private static IReadOnlyList<Route> Besides(IReadOnlyList<Route> own, IReadOnlyList<Route> copies)
    {
        HashSet<RouteKey> keys = new(own.Count);
        foreach (Route route in own)
        {
            keys.Add(route.Key);
        }

        return copies.Any(copy => keys.Contains(copy.Key)) ? [.. copies.Where(copy => !keys.Contains(copy.Key))] : copies;
    }

    private static Finding? Obstacle(Source source, IReadOnlyList<Route> own) =>
        !source.Card.IsUp ? source.NotServed(FindingCode.CardDown, $"its card {source.Card.Name} is down")
        : own.Count == 0 ? source.NotServed(FindingCode.NoRoute, $"no route of main leaves by its card {source.Card.Name}")
        : null;
}
