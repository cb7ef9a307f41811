using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Works out what shall be true on the node from what the config says and what main holds. Pure: the same input gives the same answer.</summary>
public static class Derive
{
    /// <summary>The desired state.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node as it is.</param>
    /// <param name="meanwhile">Called now and then, since with thousands of addresses this takes a tenth of a second; null for nothing.</param>
    /// <returns>Tables, rules and names, with what is wrong or worth knowing.</returns>
    public static DesiredState From(Config config, NodeState state, Action? meanwhile = null)
    {
        var cards = new Cards(config, state);
        IReadOnlyList<IpPrefix> networks = config.OverlayNetworks ?? state.FlannelNetworks;
        var memory = TableMemory.Of(state);
        var sources = new Sources(config, state, cards, networks, memory);
        var filter = new MainFilter(config, state, cards, sources, networks);
        state = filter.Reduce(state);
        List<Finding> extending = [];
        IReadOnlyList<Source> all = ExtendedTables.Among(config, state, sources.All, extending);
        var numbers = new TableNumbers(config, state, memory);
        var rules = new RuleCheck(config, state);
        Dictionary<Source, uint> assigned = numbers.Assign(all);
        meanwhile?.Invoke();
        var policy = new PolicyRules(config, state);
        var overlay = new OverlayRoutes(cards, networks, sources.Subnets, state);
        Dictionary<Source, IReadOnlyList<Route>> byWay = new(SourceWay.Comparer);
        foreach (Source source in assigned.Keys)
        {
            if (!byWay.ContainsKey(source))
            {
                byWay.Add(source, source.Card.IsUp && source.Extends == 0 ? CardRoutes.Of(source, state.Main(source.Family), overlay, sources.External) : []);
            }
        }

        Dictionary<Source, Route> lacking = ExtendedTables.Lacking(state, assigned.Keys, overlay);
        Dictionary<Source, uint> marked = lacking.Count == 0 ? assigned : new(assigned.Where(pair => !lacking.ContainsKey(pair.Key)), assigned.Comparer);
        Marks? marks = Marks.Apply(config, state) ? new Marks(config, state, marked, byWay, numbers, memory) : null;
        List<SourceTable> tables = [];
        List<Rule> foreign = [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol)];
        HashSet<IpAddress> addresses = [.. state.Addresses.Select(address => address.Local)];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            IReadOnlyList<Route> main = state.Main(family);
            IReadOnlyList<Route> copies = overlay.Copy(main);
            IReadOnlyList<Route> guards = overlay.Guards(family, copies);
            Dictionary<Source, TableRoutes> routes = new(SourceWay.Comparer);
            foreach (Source source in all.Where(source => source.Family == family && assigned.ContainsKey(source)))
            {
                IReadOnlyList<Route> own = byWay[source];
                if (!routes.TryGetValue(source, out TableRoutes? there))
                {
                    routes.Add(source, there = new TableRoutes(own, copies, ExtendedTables.WithOwnAddresses(overlay.GuardsFor(own, main, copies, guards), state, source, copies), assigned.Count));
                }

                tables.Add(there.Fill(new SourceTable
                {
                    Source = source,
                    Number = assigned[source],
                    Name = numbers.Name(source, assigned[source]),
                    Mark = lacking.ContainsKey(source) ? 0 : marks?.Of(source) ?? 0,
                    HasRule = source is { Extends: 0, Config: null or { HasRule: true } } && !policy.IsBorrowed(source),
                    Unserved = source.Extends != 0 ? null : Obstacle(config, state, source, own, copies, foreign, addresses),
                }));
            }
        }

        meanwhile?.Invoke();
        List<SourceTable> served = tables.FindAll(table => table.Unserved is null);
        var marking = Marking.Of(config, state, served, networks);
        List<SourceTable> ownTables = tables.FindAll(table => table.Source.Extends == 0);
        IReadOnlyDictionary<Family, AnswerSources> answers = UdpTable.Answers(config, state, cards);
        var firewall = UdpFirewall.Of(state, answers.Keys);
        answers = firewall.Without(answers);
        var desired = new DesiredState
        {
            Tables = tables,
            Rules = policy.Of(served, marking.Table is not null),
            MarkTable = UdpTable.Add(marking, config, state, answers, firewall),
            MarkMask = config.MarkMask,
            Answers = answers,
            NeedsSrcValidMark = marking.NeedsSrcValidMark,
            SetsSrcValidMark = marking.SetsSrcValidMark,
            KeepsMarkRules = config.UseMarks && state.Nftables is { Obstacle: not null, IsHidden: false },
            BlindCards = marking.BlindCards,
            TableNamesFile = memory.With(ownTables.FindAll(table => !state.ForeignTableNames.Values.Contains(table.Number)), config.MarkMask),
            ProtocolNamesFile = tables.Count == 0 ? "" : $"{NamesFile.Header}{Ownership.Protocol} {Ownership.ProtocolName}\n",
            Overlay = overlay,
            Filter = filter,
            OverlayNetworks = networks,
            OverlayCards = cards.Overlay,
            Findings =
            [
                .. sources.Findings,
                .. numbers.Problems,
                .. extending,
                .. marks is null ? [] : lacking.Select(pair => ExtendedTables.NoMark(pair.Key, pair.Value, new IpCommand(state))),
                .. tables.FindAll(table => table.Unserved is not null).ConvertAll(table => table.Unserved!),
                .. rules.Warnings(tables, marking.Table is not null),
                .. rules.WorkaroundWarnings(served),
                .. rules.MarkWarnings(marks is null ? [] : tables),
                .. marking.Warnings,
                .. marking.Table is null ? [] : firewall.Findings,
                .. CardRemarks.On(config, state, cards),
                .. state.RefusedFiles.Select(sentence => new Finding(Severity.Warning, FindingCode.FileNotTrusted, sentence.Split(": ")[0], sentence)),
            ],
        };
        meanwhile?.Invoke();
        return desired with { Findings = [.. desired.Findings, .. Unencapsulated.Of(config, state, desired), .. Remarks.On(config, state, desired)] };
    }

    private static Finding? Obstacle(
        Config config, NodeState state, Source source, IReadOnlyList<Route> own, IReadOnlyList<Route> copies, List<Rule> foreign, HashSet<IpAddress> addresses)
    {
        if (!source.Card.IsUp)
        {
            return source.NotServed(FindingCode.CardDown, $"its card {source.Card.Name} is down");
        }

        if (own.Count == 0 && ExtendedTables.Candidate(state, foreign, source, copies) is { } rule)
        {
            return source.NotServed(
                FindingCode.NoRoute,
                $"no route of main leaves by its card {source.Card.Name}; somebody else's {IpCommand.Tell(rule)} leads to a table that has some, " +
                $"and none to pods: to copy those there, put {ExtendedTables.Cure(rule)} into {config.File}",
                ExtendedTables.Cure(rule));
        }

        if (own.Count == 0)
        {
            string cure = Remarks.GatewayLine(source, out string place);
            return source.NotServed(
                FindingCode.NoRoute,
                $"no route of main leaves by its card {source.Card.Name}; if there is a router, put {cure} into {place}{config.File}",
                cure);
        }

        for (int i = 0; i < own.Count; i++)
        {
            IReadOnlyList<Nexthop> hops = own[i].Nexthops;
            for (int j = 0; j < hops.Count; j++)
            {
                if (addresses.Contains(hops[j].Gateway))
                {
                    return source.NotServed(FindingCode.GatewayIsOwn, $"its gateway {hops[j].Gateway} is an address of this node; name the router");
                }

                if (source.Config?.IsNetwork != true && source.Subnet is { Family: Family.IPv4, Length: < 31 } subnet &&
                    (hops[j].Gateway == subnet.Address || hops[j].Gateway == subnet.Last))
                {
                    return source.NotServed(FindingCode.GatewayIsNone, $"its gateway {hops[j].Gateway} is the first or last address of {subnet}, which no router has; name the router");
                }
            }
        }

        return null;
    }
}
