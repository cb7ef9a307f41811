namespace CniSrcRoute.Walk;

/// <summary>A request's way in, and its answer's way out.</summary>
/// <param name="Request">The request.</param>
/// <param name="Incoming">The request's first packet, as it is looked up.</param>
/// <param name="Arrival">The way of the request once it is in.</param>
/// <param name="PassesFilter">Whether rp_filter lets the request in.</param>
/// <param name="Reply">The answer, as it is looked up.</param>
/// <param name="Answer">The way of the answer.</param>
public sealed record RoundTrip(Request Request, Flow Incoming, Way Arrival, bool PassesFilter, Flow Reply, Way Answer)
{
    /// <summary>Whether the request reaches the server, and its answer leaves by the device it came in by.</summary>
    public bool IsRight => IsHeard && LeavesBySameCard;

    /// <summary>The answer as its way was looked up: without a source where the kernel has chosen that by the way.</summary>
    public Flow LookedUp => IsLookedUpFirst ? Reply with { Source = default } : Reply;

    private bool IsLookedUpFirst { get; init; }

    /// <summary>Whether the request gets to where it is answered. Where not, the answer is the one that there would be.</summary>
    public bool IsHeard => PassesFilter && Reaches;

    /// <summary>Whether the answer leaves by the device its request came in by, or by the card whose wire that has.</summary>
    public bool LeavesBySameCard => Answer.LeavesBy(Request.Card.Index) || Answer.LeavesBy(Request.Way.Index);

    /// <summary>
    /// Whether the answer comes from the address that was asked: one of another, which the kernel has chosen for a server that is bound to none, is no answer
    /// to connection tracking, and the client throws it away.
    /// </summary>
    public bool IsFromAsked { get; private init; } = true;

    /// <summary>
    /// Whether the node takes the request: for itself, or to hand it on to whom it is translated to, which the kernel does not where it comes from an address on a
    /// link (ip6_forward of net/ipv6/ip6_output.c).
    /// </summary>
    public bool Reaches => Arrival.IsLocal || (Request.Translated is not null && Arrival.Leaves && !Strays && !Request.Client.IsOfLinkAlone);

    /// <summary>
    /// Whether somebody's rule leads a request that is handed on away: main knows better than by a default where that is, and the rule's table has but a
    /// default, by another card (a VPN's rule for everything, without one for main ahead that lets its defaults not count).
    /// </summary>
    public bool Strays { get; private init; }

    /// <summary>Follows a request on a node.</summary>
    /// <param name="state">The node, with its table local.</param>
    /// <param name="request">The request.</param>
    /// <returns>Both ways.</returns>
    public static RoundTrip Of(NodeState state, Request request)
    {
        var fib = new Fib(state);
        var marks = new MarkProgram(request.Untracked is { OfRequest: true } ? null : state.Nftables.Table, fib, state);
        (IpAddress server, ushort port) = request.Translated is { } to ? (to.Address, to.Port) : (request.Address, request.Port);
        Tracked first = marks.Run(MarkProgram.Prerouting, new Tracked
        {
            Flow = new Flow
            {
                Destination = server,
                Source = request.Client,
                Iif = request.Card.Index,
                Protocol = request.Protocol,
                SourcePort = Request.ClientPort,
                DestinationPort = port,
            },
            OpenedTo = request.Address,
            OpenedBy = request.Client,
            IsNew = true,
            IsTranslated = request.Translated is not null,
            IsForWildcard = request.IsForWildcard,
        });
        server = first.Flow.Destination;
        Way arrival = fib.Find(first.Flow);
        bool passes = new ReversePathCheck(fib, state).Passes(first.Flow, arrival) != false;
        bool isForwarded = request.Translated is not null && arrival.Leaves;
        Way? known = isForwarded && arrival is { Rule.IsKernels: false, Route.IsDefaultLike: true } ? KnownToMain(state, first.Flow) : null;
        bool strays = known is { Leaves: true, Route.IsDefaultLike: false } && !known.LeavesBy(arrival.Hops[0].Oif);
        var answer = new Flow
        {
            Destination = request.Client,
            Source = server,
            Iif = isForwarded ? (strays ? known! : arrival).Hops[0].Oif : 0,

            // TCP remembers the card of who is on its link alone, and a UDP server has to name it (tcp_v6_init_req of net/ipv6/tcp_ipv6.c, ipv6(7)).
            // What came in by a card of a VRF gets to sockets bound to that alone (inet_sk_bound_dev_eq of include/net/inet_sock.h).
            Oif = isForwarded ? 0 : request.Client.IsOfLinkAlone ? request.Card.Index : fib.Cards.VrfOf(request.Card.Index),
            Protocol = request.Protocol,
            SourcePort = port,
            DestinationPort = Request.ClientPort,
        };
        Way? chosen = request.IsForWildcard && !isForwarded && fib.Find(answer with { Source = default }) is { Leaves: true, Source.IsSet: true } way ? way : null;
        if (chosen is not null && (chosen.Source != server || chosen.HasSourceOfHop))
        {
            return new RoundTrip(request, first.Flow, arrival, passes, answer with { Source = chosen.Source }, chosen) { IsFromAsked = false, IsLookedUpFirst = true };
        }

        Tracked plain = first with { Flow = answer, IsNew = false, IsReply = true };
        Tracked reply = request.Untracked is not null ? plain : marks.Run(isForwarded ? MarkProgram.Prerouting : MarkProgram.Output, plain);

        // Only what is marked on its way out is looked up again, by the source it has by now.
        bool isFirst = chosen is not null && reply.Flow.Mark == 0;
        return new RoundTrip(request, first.Flow, arrival, passes, reply.Flow, isFirst ? chosen! : fib.Find(reply.Flow)) { Strays = strays, IsLookedUpFirst = isFirst };
    }

    private static Way KnownToMain(NodeState state, Flow flow) => new Fib(state with { Rules = [.. state.Rules.Where(rule => rule.IsKernels)] }).Find(flow);
}
