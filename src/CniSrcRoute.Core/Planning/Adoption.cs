namespace CniSrcRoute.Planning;

/// <summary>
/// Takes over what others have made for the node's sources: rules `from ADDRESS lookup TABLE` and the tables they lead to. Only on the user's word, and
/// only what our own table can replace.
/// </summary>
/// <param name="Changes">The steps: the rules, then the routes of tables that no other rule leads to.</param>
/// <param name="Missing">Why a source is left alone: routes of theirs that our table lacks, each with the line for the config, or that it is not served.</param>
/// <param name="Tables">The tables that are taken over.</param>
public sealed record Adoption(IReadOnlyList<Change> Changes, IReadOnlyList<Finding> Missing, IReadOnlyList<uint> Tables)
{
    /// <summary>Works the steps out.</summary>
    /// <param name="file">The configuration's name, for messages.</param>
    /// <param name="state">The node.</param>
    /// <param name="desired">What is desired on it.</param>
    /// <returns>The steps, to be taken once the desired routes and rules exist.</returns>
    public static Adoption Of(string file, NodeState state, DesiredState desired)
    {
        List<Finding> missing = [];
        List<Rule> rules = [];
        foreach (SourceTable table in desired.Tables.Where(table => table.Source.Extends == 0))
        {
            foreach (Rule rule in state.Rules.Where(rule => IsForeign(rule) && rule.IsFor(table.Source.Prefix)))
            {
                if (table.Unserved is { } unserved)
                {
                    string text = $"somebody else's {IpCommand.Tell(rule)} is left alone: {unserved.Sentence}";
                    missing.Add(new Finding(Severity.Warning, FindingCode.NotAdopted, unserved.Subject, text, unserved.Cure));
                    continue;
                }

                int before = missing.Count;
                foreach (Route route in Routes(state, rule).Where(route => !Has(table, route)))
                {
                    missing.Add(NotAdopted(state, table, rule, route, file));
                }

                if (missing.Count == before)
                {
                    rules.Add(rule);
                }
            }
        }

        List<Change> changes = rules.ConvertAll<Change>(rule => new RuleChange(ChangeKind.Remove, rule));
        List<uint> tables = [];
        HashSet<Change> removed = [];
        foreach (Rule rule in rules.Where(rule => !state.Rules.Any(other => LeadsThere(other, rule) && !rules.Contains(other))))
        {
            if (!tables.Contains(rule.Table))
            {
                tables.Add(rule.Table);
            }

            // Several of the rules may lead to one table.
            foreach (Route route in Routes(state, rule))
            {
                var removal = new RouteChange(ChangeKind.Remove, new TableId(rule.Family, rule.Table), route);
                if (removed.Add(removal))
                {
                    changes.Add(removal);
                }
            }
        }

        return new Adoption(changes, missing, tables);
    }

    private static bool IsForeign(Rule rule) =>
        rule is { Protocol: not Ownership.Protocol, Action: Rule.ActionLookup } && !TableId.IsReserved(rule.Table);

    private static bool LeadsThere(Rule rule, Rule other) => rule.Family == other.Family && rule.Table == other.Table;

    private static IEnumerable<Route> Routes(NodeState state, Rule rule) =>
        state.Table(new TableId(rule.Family, rule.Table)).Where(route => route.Protocol != Ownership.Protocol);

    /// <summary>Whether our table leads there as theirs does. A route to pods, however they have it, is ours to know better.</summary>
    private static bool Has(SourceTable table, Route theirs) =>
        theirs.Destination.Address.IsLinkLocal ||
        table.Copies.Where(ours => !ours.IsReject).Concat(table.Guards).Any(ours => ours.Destination.Contains(theirs.Destination)) ||
        table.Routes.Where(ours => ours.Destination == theirs.Destination).DefaultIfEmpty(Around(table, theirs)).Any(ours =>
            ours is not null && ours.Type == theirs.Type && ours.Metrics == theirs.Metrics && Ways(ours) == Ways(theirs));

    /// <summary>The route that our table asks for what it has no route to.</summary>
    private static Route? Around(SourceTable table, Route theirs) =>
        table.Routes.Where(ours => ours.Destination.Contains(theirs.Destination)).OrderByDescending(ours => ours.Destination.Length).ThenBy(ours => ours.Metric).FirstOrDefault();

    private static string Ways(Route route)
    {
        string ways = "";
        foreach (Nexthop hop in route.Nexthops)
        {
            ways += $"{hop.Gateway} {hop.Oif}, ";
        }

        return ways;
    }

    private static Finding NotAdopted(NodeState state, SourceTable table, Rule rule, Route route, string file)
    {
        string text = new IpCommand(state).Format(route, rule.Table);
        string gateway = route.Nexthops is [{ Gateway: { IsSet: true } router, Oif: var card }] && card == table.Source.Card.Index ? router.ToString() : "";
        string via = gateway.Length == 0 ? "" : $", \"via\": \"{gateway}\"";
        bool isElsewhere = gateway.Length == 0 && route.Nexthops.Any(hop => hop.Oif != table.Source.Card.Index);
        bool isBeyondConfig = route.Type != RouteType.Unicast || !route.Metrics.IsEmpty || isElsewhere;
        string cure = isBeyondConfig ? ""
            : route.Destination.IsDefault ? $"{{ \"address\": \"{table.Source.Prefix}\", \"gateway\": \"{gateway}\" }}"
            : $"{{ \"to\": \"{route.Destination}\"{via} }}";
        string advice = cure.Length > 0
                ? $"put {cure} under {(route.Destination.IsDefault ? "\"sources\" of" : $"\"routes\" of source {table.Source.Prefix} in")} {file}"
            : route.Type == RouteType.Unicast && route.Metrics.IsEmpty ? "it goes out by another card, which srcroute's tables do not support"
            : "the configuration cannot express it; remove it, or move it to main";
        return new Finding(
            Severity.Warning,
            FindingCode.NotAdopted,
            table.Source.Prefix.ToString(),
            $"{table.Source.Prefix} is left alone, since its table would lack \"{text}\": {advice}",
            cure);
    }
}
