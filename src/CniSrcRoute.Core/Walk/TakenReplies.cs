using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>
/// Finds the rules of others that take replies of a source off its card because they are asked before ours. What the kernel would do with each rule and without
/// it tells: a rule ahead of ours that takes nothing is no finding.
/// </summary>
public static class TakenReplies
{
    /// <summary>How many routes of a rule's table are tried as destinations.</summary>
    private const int MostRoutes = 16;

    private const int MostNamed = 3;

    // Of networks for documentation (RFC 5737, RFC 3849, RFC 9637) and, where main has routes to all of these, of one that is not in use.
    private static readonly IpAddress[] Far =
    [
        new(Family.IPv4, 0, 0xc633_644d), new(Family.IPv4, 0, 0xcb00_714d), new(Family.IPv4, 0, 0xc000_024d), new(Family.IPv4, 0, 0xf000_004d),
        new(Family.IPv6, 0x2001_0db8_fffe_0000, 0x4d), new(Family.IPv6, 0x2001_0db8_fffd_0000, 0x4d), new(Family.IPv6, 0x3fff_fffe_0000_0000, 0x4d),
    ];

    /// <summary>The findings: an error where all replies to clients far away are taken, a warning where some are.</summary>
    /// <param name="config">Says whether connections are to be marked.</param>
    /// <param name="before">The node as it is.</param>
    /// <param name="plan">What is looked at is the node once this is carried out.</param>
    /// <param name="desired">The sources, with their tables.</param>
    /// <returns>One for each rule at most.</returns>
    public static IReadOnlyList<Finding> Find(Config config, NodeState before, Plan plan, DesiredState desired)
    {
        // Most nodes have none, and nothing has to be looked up there.
        List<Rule> foreign = [.. before.Rules.Where(rule => rule.Protocol != Ownership.Protocol && rule.Priority > 0 && !rule.IsKernels)];
        if (foreign.Count == 0)
        {
            return [];
        }

        List<Finding> findings = [];
        NodeState state = AfterPlan.Of(before, plan);
        var fib = new Fib(state);
        foreach (Rule rule in foreign)
        {
            IpAddress? far = FarFrom(state, rule.Family);
            Fib? without = null;
            List<Taken> taken = [];
            foreach (SourceTable table in desired.Tables.Where(table => table is { Unserved: null, Source.Extends: 0 } && table.Source.Family == rule.Family))
            {
                foreach (Flow flow in Replies(rule, table, state, far))
                {
                    Way way = fib.Find(flow);
                    if (way.Rule == rule && !way.IsLocal && !way.LeavesBy(table.Source.Card.Index) &&
                        (without ??= new Fib(state with { Rules = [.. state.Rules.Where(other => other != rule)] })).Find(flow).LeavesBy(table.Source.Card.Index))
                    {
                        taken.Add(new Taken(table, flow, way));
                    }
                }
            }

            if (taken.Count > 0)
            {
                findings.Add(Tell(config, state, rule, taken));
            }
        }

        return findings;
    }

    /// <summary>Replies of a source that fit a rule's selectors, as far as one can be made up.</summary>
    private static IEnumerable<Flow> Replies(Rule rule, SourceTable table, NodeState state, IpAddress? far)
    {
        Source source = table.Source;
        var attributes = RuleAttributes.Of(rule.Selectors);
        IpAddress address = source.Prefix.IsHost ? source.Prefix.Address
            : state.Addresses.FirstOrDefault(held => source.Prefix.Contains(held.Local) && held.IsUsable)?.Local ?? default;
        if (!address.IsSet || attributes.Oif is not null || attributes.Iif is not (null or "lo"))
        {
            yield break;
        }

        var reply = new Flow
        {
            Destination = address,
            Source = address,
            Mark = table.Mark,
            Protocol = attributes.Protocol,
            SourcePort = attributes.SourcePorts?.First ?? 0,
            DestinationPort = attributes.DestinationPorts?.First ?? 0,
            User = attributes.Users?.First ?? 0,
            Tos = attributes.Tos,
        };
        foreach (IpAddress destination in Destinations(rule, attributes, source, state, far))
        {
            yield return reply with { Destination = destination };
        }
    }

    private static IEnumerable<IpAddress> Destinations(Rule rule, RuleAttributes attributes, Source source, NodeState state, IpAddress? far)
    {
        if (attributes.To is { Length: > 0 } to && (rule.Flags & Rule.FlagInvert) == 0)
        {
            return [First(to)];
        }

        IEnumerable<Route> routes = state.Table(new TableId(rule.Family, rule.Table)).Where(route => !route.Destination.IsDefault && route.Type != RouteType.Throw);
        IEnumerable<IpPrefix> near = (rule.Table == TableId.Main ? [] : routes.Take(MostRoutes).Select(route => route.Destination)).Prepend(source.Subnet);
        IEnumerable<IpAddress> others = near.Select(First).Where(one => !state.Addresses.Any(held => held.Local == one));
        return far is { } distant ? others.Prepend(distant) : others;
    }

    /// <summary>An address to which main has no better way than a default.</summary>
    /// <param name="state">The node.</param>
    /// <param name="family">The address's family.</param>
    /// <returns>Null where none is known to be so.</returns>
    public static IpAddress? FarFrom(NodeState state, Family family)
    {
        int found = Array.FindIndex(
            Far, far => far.Family == family && !state.Main(family).Any(route => !route.Destination.IsDefault && route.Destination.Contains(far)));
        return found < 0 ? null : Far[found];
    }

    /// <summary>Not the network's own address, which is nobody's.</summary>
    private static IpAddress First(IpPrefix network) =>
        network.IsHost ? network.Address : network.Address with { Low = network.Address.Low + 1 };

    private static Finding Tell(Config config, NodeState state, Rule rule, List<Taken> taken)
    {
        bool all = taken.Exists(one => Array.IndexOf(Far, one.Flow.Destination) >= 0) && IsForAll(rule);
        string sources = Named(taken.ConvertAll(one => one.Table.Source.Prefix.ToString()));
        string to = all ? "" : $", such as to {Named(taken.ConvertAll(one => one.Flow.Destination.ToString()))}";
        Way way = taken[0].Way;
        string card = way.Leaves ? state.Links.FirstOrDefault(link => link.Index == way.Hops[0].Oif)?.Name ?? "a card that is gone" : "";
        string become = card.Length > 0 ? $"they leave by {card}, not {taken[0].Table.Source.Card.Name}" : "they do not leave at all";
        (string advice, string cure) =
            taken[0].Table.Mark != 0 ? ("give it a priority of 4 or more, and replies do not ask it", "")
            : !config.UseMarks ? ("replies of marked connections do not ask it: take \"marks\": false out of the configuration", "\"marks\": true")
            : ("with nftables connections are marked, and their replies do not ask it", "");
        return new Finding(
            all ? Severity.Error : Severity.Warning,
            FindingCode.RepliesTaken,
            IpCommand.Format(rule),
            $"somebody else's {IpCommand.Tell(rule)} is asked before ours and takes {(all ? "the" : "some")} replies of {sources}{to}: {become}; {advice}",
            cure);
    }

    private static bool IsForAll(Rule rule)
    {
        var attributes = RuleAttributes.Of(rule.Selectors);
        return attributes is { To.Length: 0, Protocol: 0, SourcePorts: null, DestinationPorts: null, Users: null, Tos: 0 };
    }

    private static string Named(List<string> names)
    {
        List<string> once = [.. names.Distinct()];
        return string.Join(", ", once.Take(MostNamed)) + (once.Count > MostNamed ? $" and {once.Count - MostNamed} more" : "");
    }

    private sealed record Taken(SourceTable Table, Flow Flow, Way Way);
}
