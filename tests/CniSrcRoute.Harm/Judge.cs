namespace CniSrcRoute.Harm;

/// <summary>Compares a flow on a node with the program under test with the same on a node without it.</summary>
/// <param name="draft">The scene.</param>
/// <param name="isDefault">Whether main, asked with nothing ahead of it, has only a default for a flow that is bound to an address.</param>
/// <param name="cardOf">The card that has an address.</param>
/// <param name="waysTo">Main's routes to an address; a default has the length 0.</param>
/// <param name="bridgeOf">The bridge that a card is a port of, or the card itself.</param>
/// <param name="addressed">The cards that have an address of a family now.</param>
/// <param name="isOurs">Whether the program has set the node up. After `teardown` no card is the right one but the one it was before.</param>
internal sealed class Judge(Draft draft, Func<Flow, bool> isDefault, Func<string, string?> cardOf, Func<string, Way[]> waysTo, Func<string, string> bridgeOf, HashSet<string> addressed, bool isOurs)
{
    public const string Dead = "works no more", Other = "answered by another", Moved = "a request leaves by another way", Wrong = "a reply leaves by the wrong card", Broken = "a connection that was open dies";

    /// <summary>Kinds of faults, the worst first.</summary>
    public static readonly string[] Kinds = [Dead, Other, Broken, "the watcher ended", Wrong, Moved, Agreement.Refused, Agreement.Differs, Agreement.Touched, "it does not come to rest", "something is left behind"];

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public Fault? Of(string stage, Flow flow, Answer without, Answer with)
    {
        string? kind =
            without.Server is not null && with.Server is null ? (IsStopped(flow, with) ? null : Dead)
            : without.Server is not null && without.Server != with.Server && !draft.Facts.Contains("several servers") ? Other
            : HasMoved(flow, without, with) ? Moved
            : IsWrong(flow, without, with) ? Wrong
            : null;
        return kind is null ? null : new Fault(stage, kind, flow, without.ToString(), with.ToString());
    }

    /// <summary>A request of the node's or a pod's own goes where it would go otherwise. Only who binds to a source's address may be led by it, where main has no more than a default.</summary>
    private bool HasMoved(Flow flow, Answer without, Answer with)
    {
        if (with.RequestOut.Length == 0 || without.RequestOut.Length == 0 || without.RequestOut.SequenceEqual(with.RequestOut))
        {
            return false;
        }

        if (without.Server is null && flow.From != "node" && draft.Find(flow.From)!.Role != Role.Pod)
        {
            // A stranger's, which went astray: it may be handed on to whom he asked for now.
            return false;
        }

        string[] cards = Answer.Cards(with.RequestOut);
        if (((with.Server is not null && without.Server is null) || cards.All(card => card == "tun0" || draft.PodCards.Contains(card))) && draft.Facts.Any(fact => fact.StartsWith("extended ", StringComparison.Ordinal)))
        {
            // The table that somebody made for an address knew no pods.
            return false;
        }

        return !IsDrawn(without.RequestOut, with.RequestOut) && !IsLed(flow, with);
    }

    /// <summary>
    /// Whether a connection is led by the source that it is bound to, past routers that keep state: while its card or address is away it goes as main says, by
    /// another router, and the one that it comes back to may have forgotten it.
    /// </summary>
    public bool IsLedByStateful(Flow flow, Answer with) =>
        draft.Places.Any(place => place.Role == Role.Router && place.Nftables.Exists(table => table.Contains("ct state invalid drop", StringComparison.Ordinal))) && IsLed(flow, with);

    /// <summary>Whether the node's request is led by the source's address that it is bound to.</summary>
    private bool IsLed(Flow flow, Answer with) =>
        isOurs && flow.From == "node" && flow.Bind is not null && !draft.Facts.Contains($"unbound {flow.Bind}") &&
        Answer.Cards(with.RequestOut) is [var card] && card == Answering(cardOf(flow.Bind)) && isDefault(flow);

    /// <summary>
    /// Whether a request that is led by its source asks for the far address of a router in the node's own LAN: by another router, past which it is answered, and one
    /// that keeps state then stops what follows.
    /// </summary>
    private bool IsStopped(Flow flow, Answer with) =>
        draft.Places.Any(place => place.Role == Role.Router && place.Addresses.Contains(flow.To)) && IsLed(flow, with);

    /// <summary>Where main has several ways at once each kernel draws its own.</summary>
    private bool IsDrawn(string[] without, string[] with) => draft.Facts.Contains("ecmp") && Answer.Cards([.. without, .. with]).All(draft.Cards.Contains);

    /// <summary>A reply to what came in by a source's card leaves by it, if it is for no pod: pods are reached as main says. Any other leaves as it would otherwise, or by the card its request came in by.</summary>
    private bool IsWrong(Flow flow, Answer without, Answer with)
    {
        if (with.ReplyOut.Length == 0 || flow.From == "node")
        {
            return false;
        }

        string[] left = Answer.Cards(with.ReplyOut);
        string? came = with.RequestIn.Length == 1 ? Answering(with.RequestIn[0]) : null;
        bool isBack = came is not null && left.Length == 1 && (left[0] == came || left[0] == with.RequestIn[0]);
        bool isPod = draft.Find(flow.From)!.Role is Role.Pod or Role.RemotePod;
        bool isAsked = !isPod && (draft.Node.Addresses.Contains(flow.To) || draft.Services.Exists(service => service.Address == flow.To));
        bool isSource = isOurs && isAsked && !draft.Facts.Contains("no marks") && !draft.Facts.Contains($"no source by {came}") && !draft.Facts.Contains($"no source by {with.RequestIn[0]}") && draft.Cards.Count > 1 && came is not null && draft.Cards.Contains(came) && !draft.Facts.Contains($"untracked {with.RequestIn[0]}") &&
            addressed.Contains($"{came} {(flow.IsIpv6 ? 6 : 4)}") && HasWayBack(with.Client!, came, flow.IsIpv6);
        return !isBack && (isSource ||
            (without.ReplyOut.Length > 0 && !without.ReplyOut.SequenceEqual(with.ReplyOut) && !IsDrawn(without.ReplyOut, with.ReplyOut) &&
                !(isPod && (with.Client ?? AddressOf(flow)) is { } pod && left.All(card => IsClosest(bridgeOf(card), Exact(waysTo(pod)))))));
    }

    /// <summary>The card by which a card is answered for.</summary>
    private string? Answering(string? card) => card is null ? null : draft.Holders.GetValueOrDefault(card, card);

    /// <summary>The asker's address.</summary>
    private string? AddressOf(Flow flow) =>
        draft.Find(flow.From)!.Addresses.FirstOrDefault(address => address.Contains(':', StringComparison.Ordinal) == flow.IsIpv6 && !address.StartsWith("fe80", StringComparison.Ordinal));

    private static Way[] Exact(Way[] ways) => [.. ways.Where(way => way.Length > 0)];

    private static bool IsClosest(string card, Way[] ways) => ways.Any(way => way.Card == card && way.Length == ways.Max(other => other.Length));

    /// <summary>
    /// Whether main knows a way to who asks by the card now: a route to a network that the asker is in, where no other card has a closer one, or a router.
    /// </summary>
    private bool HasWayBack(string client, string card, bool ipv6)
    {
        Way[] all = waysTo(client), ways = Exact(all);
        return ways.Any(way => way.Card == card) ? IsClosest(card, ways) : all.Any(way => way.Card == card) || draft.Facts.Contains($"configured default by {card}, IPv{(ipv6 ? 6 : 4)}");
    }
}
