using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Walk;

/// <summary>What is to be said of a request and its answer: whether all is well, or else why not, and what repairs it.</summary>
/// <param name="IsRight">Whether the request reaches the server and its answer leaves by the card it came in by.</param>
/// <param name="Cause">Why not, in a sentence; empty where all is well.</param>
/// <param name="Cure">A command, or a line of configuration; empty where there is none to be had.</param>
public sealed record Verdict(bool IsRight, string Cause, string Cure)
{
    /// <summary>Comes to it.</summary>
    /// <param name="trip">The request and its answer on the node as it is.</param>
    /// <param name="after">The same on the node as the plan would make it.</param>
    /// <param name="state">The node.</param>
    /// <param name="config">States the file for a line of configuration.</param>
    /// <returns>The verdict.</returns>
    public static Verdict On(RoundTrip trip, RoundTrip after, NodeState state, Config config)
    {
        if (trip.IsRight)
        {
            return new Verdict(true, "", "");
        }

        bool isSetUp = state.Rules.Any(rule => rule.Protocol == Ownership.Protocol);
        string cause = CauseOf(trip, state);
        if (trip is { IsHeard: true, Request.Untracked: { } untracked })
        {
            return new Verdict(false, $"a rule of {untracked.Place}, keeps the {(untracked.OfRequest ? "request" : "answer")} from being tracked, so the answer has no mark, and {cause}", "");
        }

        return new Verdict(false, cause, after.IsRight ? (isSetUp ? "srcroute sync" : "srcroute bootstrap") : CureOf(trip, after, state, config));
    }

    private static string CauseOf(RoundTrip trip, NodeState state)
    {
        Link card = trip.Request.Card;
        Way answer = trip.Answer;
        return
            !card.IsUp ? $"{card.Name} is down"
            : trip.Strays ? $"the request does not get to {trip.Reply.Source}: {Led(trip.Arrival, "it", state)}"
            : !trip.Reaches && trip is { Request: { Client.IsOfLinkAlone: true, Translated: not null }, Arrival.Leaves: true } ? "the kernel hands nothing on that comes from an address on a link"
            : !trip.Reaches ? $"the node does not take the request: {Refusal(trip.Arrival)}"
            : answer.IsForeignSource ? $"{trip.Reply.Source} is no address of the node"
            : !answer.Leaves ? $"the answer goes nowhere: {Refusal(answer)}"
            : !trip.PassesFilter && trip.LeavesBySameCard ? $"rp_filter drops the request: asked with its marks, its way back is not by {card.Name}"
            : answer.Rule is null ? "no rule has a route for the answer"
            : Led(answer, "the answer", state);
    }

    private static string Led(Way way, string packet, NodeState state) =>
        $"{Whose(way.Rule!)} {IpCommand.Tell(way.Rule!)} leads {packet} to {Table(way.Table)}, whose route {way.Route!.Destination} leaves by {Names(way, state)}";

    private static string CureOf(RoundTrip trip, RoundTrip after, NodeState state, Config config)
    {
        Request request = after.Request;
        if (!request.Card.IsUp)
        {
            return $"ip link set {request.Card.Name} up";
        }

        if (after.Strays)
        {
            return $"{Ip(after.Arrival.Rule!)} rule add lookup main suppress_prefixlength 0 priority {after.Arrival.Rule!.Priority - 1}";
        }

        // Where ours would lead the answer past somebody else's rule, the check of the reverse path, which looks at no mark, still ends there.
        Rule? asked = after.PassesFilter ? after.Answer.Rule : trip.Answer.Rule;
        if (asked is { } rule && rule.Protocol != Ownership.Protocol && rule.Priority < Rule.MainPriority)
        {
            string family = Ip(rule), rest = IpCommand.Format(rule);
            return $"{family} rule add {rest.Replace($" priority {rule.Priority}", "", StringComparison.Ordinal)} priority {Rule.MainPriority - 1} && {family} rule del {rest}";
        }

        if (after.LeavesBySameCard)
        {
            return $"sysctl -w {ReversePath.SrcValidMark}=1";
        }

        // Of an address on several cards main decides, as a routing daemon has it.
        int held = state.Addresses.Count(address => address.Local == request.Address);
        string source = held == 1 ? $"\"address\": \"{request.Address}\"" : $"\"network\": \"{request.Address}/{(request.Address.Family == Family.IPv6 ? 128 : 32)}\", \"card\": \"{request.Card.Name}\"";
        return after.Answer.Leaves && held <= 1 && state.Main(request.Client.Family).Count > 0
            ? $"\"sources\": [{{ {source}, \"gateway\": \"ROUTER\" }}] in {config.File}, ROUTER being the one of {request.Card.Name}"
            : "";
    }

    private static string Ip(Rule rule) => rule.Family == Family.IPv6 ? "ip -6" : "ip";

    private static string Refusal(Way way) =>
        way.Type switch
        {
            RouteType.Unspecified => "there is no route",
            RouteType.Unicast => "it is handed on",
            RouteType.Local => "it is for the node itself",
            var type => $"{(way.Rule is null || way.Route is not null ? "a route" : "a rule")} says {type.ToString().ToLowerInvariant()}",
        };

    private static string Whose(Rule rule) => rule.Protocol == Ownership.Protocol ? "srcroute's" : rule.Priority >= Rule.MainPriority ? "the kernel's own" : "somebody else's";

    private static string Table(uint number) => TableId.NameOf(number) ?? $"table {number}";

    private static string Names(Way way, NodeState state) =>
        string.Join(" or ", way.Hops.Select(hop => state.Links.FirstOrDefault(link => link.Index == hop.Oif)?.Name ?? $"if{hop.Oif}").Distinct());
}
