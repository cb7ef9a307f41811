using System.Globalization;
using CniSrcRoute.Firewall;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>Words for ways and steps.</summary>
/// <param name="state">Knows the names of the cards.</param>
internal sealed class Wording(NodeState state)
{
    private readonly IpCommand _ip = new(state);

    /// <summary>Who answers: the address, and the port.</summary>
    public static string Server(Request request) => request.Port == 0 ? request.Address.ToString() : $"{Ends(request.Address, request.Port)} {Protocol(request.Protocol)}";

    /// <summary>An address and a port, as everybody writes them.</summary>
    public static string Ends(IpAddress address, ushort port) => $"{(address.Family == Family.IPv6 ? $"[{address}]" : address)}:{Text(port)}";

    /// <summary>A number.</summary>
    public static string Text(ushort number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What lies between the client and the card of its request.</summary>
    public static string Router(Explanation one) => one.Router switch
    {
        null => "a router",
        { IsSet: false } => "the link",
        var router => $"router {router}",
    };

    /// <summary>What lies between the client and the card of the answer.</summary>
    public static string Back(RoundTrip trip) => trip is not { IsHeard: true, Answer: { Leaves: true, Hops: [var hop, ..] } } ? "nothing" : hop.Gateway.IsSet ? $"router {hop.Gateway}" : "the link";

    /// <summary>The cards that the answer may leave by.</summary>
    public string Cards(RoundTrip trip) => !trip.IsHeard ? "nowhere" : trip.Answer.Leaves ? Cards(trip.Answer) : trip.Answer.IsLocal ? "the node" : "nowhere";

    /// <summary>Why a way is not certain.</summary>
    public string Doubt(Doubt doubt)
    {
        string who = doubt.Marks.Count == 0 ? "it is not known whether a firewall changes" : $"a rule of {string.Join(" or of ", doubt.Marks.Select(write => write.Place).Distinct())}, may change";
        string where = doubt.Way.Leaves ? $"leave by {Cards(doubt.Way)}" : doubt.Way.IsLocal ? "be for the node itself" : "go nowhere";
        return $"not certain: {who} the mark that {IpCommand.Tell(doubt.Rule)} asks for; with another mark the {(doubt.IsOfRequest ? "request" : "answer")} would {where}";
    }

    /// <summary>To whom IPVS hands a request on.</summary>
    public static string Service(IpvsService service, Request request) =>
        $"IPVS hands connections to {Ends(request.Address, request.Port)} on{(service.Servers.Count == 0 ? ", but to nobody" : $" to {string.Join(" or ", service.Servers.Select(server => Ends(server.Address, server.Port)))}")}";

    /// <summary>Why IPVS may have an answer go otherwise.</summary>
    public static IEnumerable<string> ServiceDoubts(Explanation one) =>
        one.ServiceDoubts.Count == 0 ? [] : [$"not certain: {Service(one.Service!, one.Trip.Request)}, and {string.Join(", ", one.ServiceDoubts)}: the answer may leave by another card"];

    /// <summary>That nothing is wrong.</summary>
    public const string Right = "the same card";

    /// <summary>What is added where a firewall may mark it, or drops the request.</summary>
    public static string Unless(Explanation one) => one.IsDropped ? ", but a firewall drops the request" : one.Doubts.Count > 0 ? ", unless it is marked" : "";

    /// <summary>What a firewall may drop, and what of that cannot be seen.</summary>
    public static string Obstruction(Obstruction one, Request request)
    {
        string what = !one.OfAnswer ? "the request" : one.OfRequest ? "the request and the answer" : "the answer";
        return one.Check is null
            ? $"{one.Chain.Place}, drops what its rules do not let through: whether they let {what} through is not known"
            : $"{one.Chain.Place}, {(one.Check.IsForSome ? "may drop" : "drops")} the request: it checks the reverse path, and finds no way back to {request.Client} by {request.Card.Name}" +
                (one.Chain.Table == "inet firewalld" ? " (IPv6_rpfilter of firewalld.conf(5))" : "");
    }

    /// <summary>What is wrong, in two or three words.</summary>
    public static string Wrong(RoundTrip trip) =>
        !trip.IsHeard ? "the request is not heard" : trip.Answer.Leaves ? "another card" : "no answer leaves";

    /// <summary>What else the rules may look at.</summary>
    public string Conditions(Flow flow) =>
        (flow.Iif == 0 ? "" : $", which comes from {Card(flow.Iif)}") + (flow.Oif == 0 ? "" : $" {(state.Links.Any(link => link.Index == flow.Oif && link.VrfTable != 0) ? "in the VRF" : "on the link of")} {Card(flow.Oif)}") + (flow.Mark == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", marked 0x{flow.Mark:x}"));

    /// <summary>Whose rule it is.</summary>
    public static string Owner(Rule rule) => rule.Protocol == Ownership.Protocol ? "srcroute" : rule.Protocol == 2 ? "kernel" : "other";

    /// <summary>The rule, without protocol and priority, and with the names of the kernel's own tables.</summary>
    public static string Rule(Rule rule) => IpCommand.Describe(rule);

    /// <summary>What came of asking the rule.</summary>
    public string Outcome(Step step, Flow flow) => step.Kind switch
    {
        StepKind.NotFor => $"not for {Failed(step.Failed, flow)}",
        StepKind.Inverted => "for all others",
        StepKind.Nothing => "no effect",
        StepKind.Goto => "continues there",
        StepKind.NoRoute => "no route there",
        StepKind.Throw => $"{Route(step)} continues with the next rule",
        StepKind.SuppressedByLength or StepKind.SuppressedByGroup => $"{Route(step)} is suppressed",
        _ => step.Route is null ? "refuses it" : $"takes {Route(step)}",
    };

    private static string Protocol(byte protocol) => protocol == 17 ? "udp" : "tcp";

    private static string Failed(Selector selector, Flow flow) => selector switch
    {
        Selector.From => flow.Source.IsSet ? flow.Source.ToString() : "a packet without a source",
        Selector.To => flow.Destination.ToString(),
        Selector.Mark => flow.Mark == 0 ? "packets without a mark" : string.Create(CultureInfo.InvariantCulture, $"mark 0x{flow.Mark:x}"),
        Selector.Iif => flow.IsOutput ? "packets of the node itself" : "packets from that card",
        Selector.Oif => flow.Oif == 0 ? "senders not bound to a card" : "packets for that link",
        Selector.User => string.Create(CultureInfo.InvariantCulture, $"user {flow.User}"),
        Selector.Protocol => Protocol(flow.Protocol),
        Selector.SourcePort => string.Create(CultureInfo.InvariantCulture, $"source port {flow.SourcePort}"),
        Selector.DestinationPort => string.Create(CultureInfo.InvariantCulture, $"port {flow.DestinationPort}"),
        Selector.Tos => "this type of service",
        Selector.L3mdev => "packets outside a VRF",
        Selector.Tunnel => "packets without a tunnel",
        _ => "anything srcroute knows",
    };

    private string Route(Step step) => _ip.Format(step.Route! with { Protocol = 0 }, table: 0);

    private string Cards(Way way) => string.Join(" or ", way.Hops.Select(hop => Card(hop.Oif)).Distinct());

    private string Card(int index) => state.Links.FirstOrDefault(link => link.Index == index)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"if{index}");
}
