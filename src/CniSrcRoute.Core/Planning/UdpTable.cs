using CniSrcRoute.Configuration;
using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The part of the nftables table that has UDP servers answer with the address that was asked. A server that is bound to no address answers with the one that
/// main chooses. So its requests are translated to just that one; the answer comes from it, and connection tracking puts the asked one in its place.
/// </summary>
public static class UdpTable
{
    /// <summary>
    /// Behind everybody else's translation of destinations, published ports above all: what has been translated is not translated again. The kernel calls all
    /// chains of the type nat at -100 (`dstnat`), in the order of their priorities, and many handbooks give theirs 0.
    /// </summary>
    private const int BehindOthers = int.MaxValue;

    private const string Servers = "servers", KeptPorts = "kept-ports", Cards = "answer-cards";

    /// <summary>
    /// DHCP; TFTP; IKE and ESP in UDP, L2TP, VXLAN (flannel's port and the registered one), Geneve: the kernel answers there itself, or the address is part of
    /// what is said, or the answer comes from another port.
    /// </summary>
    public static IReadOnlyList<ushort> NeverTranslated { get; } = [67, 68, 69, 500, 546, 547, 1701, 4500, 4789, 6081, 8472];

    /// <summary>Adds it to the table.</summary>
    /// <param name="marking">The table that marks connections: it has the answers leave by the card of the request.</param>
    /// <param name="config">Says whether, which ports not, and our bits.</param>
    /// <param name="state">The node.</param>
    /// <param name="answers">What the kernel chooses; none of a family that is to be left alone.</param>
    /// <param name="firewall">Knows the ports that are to be left alone for the rules of others.</param>
    /// <returns>The table, unchanged where nothing is to be done or can be.</returns>
    internal static NftTable? Add(Marking marking, Config config, NodeState state, IReadOnlyDictionary<Family, AnswerSources> answers, UdpFirewall firewall)
    {
        if (answers.Count == 0 || marking.Table is not { } table)
        {
            return marking.Table;
        }

        MarkMask mask = config.MarkMask;
        NftSet ports = Kept([.. NeverTranslated, .. state.UdpPorts!.Kept, .. config.UdpExcept], firewall.Ports);
        List<NftSet> sets = [ports];
        List<NftRule> rules = [];
        List<IpAddress> addresses = [];
        foreach ((Family family, AnswerSources sources) in answers)
        {
            Add(family, sources, sets, rules);
            foreach (IpAddress address in (IpAddress[])[.. sources.ByCard.Select(way => way.Value), .. sources.ByDestination.Select(way => way.Address)])
            {
                if (address.IsSet && !addresses.Contains(address))
                {
                    addresses.Add(address);
                }
            }
        }

        addresses.Sort(IpAddress.Compare);
        Dictionary<IpAddress, NftSet> bound = Bound(state.UdpPorts, addresses);

        return table with
        {
            Sets = [.. table.Sets, .. sets, .. bound.Values],
            Chains =
            [
                .. table.Chains.Select(chain => chain.Name == MarkTable.Opening && !marking.MarksAllReplies ? PassingOver(chain, mask) : chain),
                new NftChain(Servers, new NftHook("nat", 0, BehindOthers),
                [
                    // Where others have set some of our bits, the routing tables cannot be asked without a loss of these.
                    NftRule.Of(
                        NftStatement.IsNew,
                        NftStatement.IsNotForPort(ports),
                        NftStatement.IsForNode,
                        NftStatement.HasWildcardSocket,
                        NftStatement.PacketMarkIs(mask.Value, 0),
                        NftStatement.Goto("wildcard")),
                ]),

                // The routing tables are asked as for what the node itself asks: ahead of the rules for addresses.
                new NftChain("wildcard", null,
                [
                    NftRule.Of(NftStatement.SetPacketMark(mask.Value, mask.Own)),
                    NftRule.Of(NftStatement.Jump("answer")),
                    NftRule.Of(NftStatement.SetPacketMark(mask.Value, 0)),
                ]),
                new NftChain("answer", null, rules),
                .. addresses.ConvertAll(address => new NftChain(ChainOf(address), null,
                [
                    .. bound.TryGetValue(address, out NftSet? others) ? [NftRule.Of(NftStatement.IsForPort(others), NftStatement.Return)] : Array.Empty<NftRule>(),
                    .. marking.MarksAllReplies ? Array.Empty<NftRule>() :
                    [
                        // An answer that leaves by the right card anyway needs no mark: the kernel would route it once more.
                        NftRule.Of(NftStatement.WouldBeAnsweredByItsCard, NftStatement.SetConnectionMark(mask.Value, mask.Own)),
                    ],
                    NftRule.Of(NftStatement.SetPacketMark(mask.Value, 0), NftStatement.TranslateTo(address)),
                ])),
            ],
        };
    }

    /// <summary>The cards of single pods.</summary>
    /// <param name="cards">The node's cards, sorted.</param>
    /// <returns>Their indices.</returns>
    internal static HashSet<int> PodCards(Cards cards) => [.. cards.Overlay.Where(card => card.IsPodCable).Select(card => card.Index)];

    /// <summary>Whether it would be done if the kernel can: on nodes with more than one address that can be asked.</summary>
    /// <param name="config">Says whether servers are to be helped.</param>
    /// <param name="state">The node; nftables is not looked at.</param>
    /// <returns>True when it would.</returns>
    public static bool IsWanted(Config config, NodeState state) =>
        WantedFamilies(config, state).Any();

    /// <summary>What the kernel chooses where it matters.</summary>
    /// <param name="config">Says whether servers are to be helped.</param>
    /// <param name="state">The node.</param>
    /// <param name="cards">Its cards, sorted.</param>
    /// <returns>By family; empty where the kernel cannot tell which socket a packet is for.</returns>
    public static IReadOnlyDictionary<Family, AnswerSources> Answers(Config config, NodeState state, Cards cards)
    {
        Dictionary<Family, AnswerSources> answers = [];
        if (state.Nftables.KnowsWildcardSockets)
        {
            HashSet<int> podCards = PodCards(cards);
            foreach (Family family in WantedFamilies(config, state))
            {
                var sources = new AnswerSources(state, family, podCards);
                if (sources.IsByMain)
                {
                    answers.Add(family, sources);
                }
            }
        }

        return answers;
    }

    /// <summary>Whether a table does it for a family.</summary>
    /// <param name="table">The table; null for none.</param>
    /// <param name="family">The family.</param>
    /// <returns>True when it does.</returns>
    public static bool IsIn(NftTable? table, Family family) => table?.Sets.Any(set => set.Name == MarkMaps.Named(Cards, family)) == true;

    /// <summary>Whether a table does it, but not for a port.</summary>
    /// <param name="table">The table; null for none.</param>
    /// <param name="port">The port.</param>
    /// <returns>True when it is left alone.</returns>
    public static bool Keeps(NftTable? table, int port) =>
        table?.Sets.FirstOrDefault(set => set.Name == KeptPorts)?.Elements.Any(element => element.From.Span.SequenceCompareTo(NftData.Port((ushort)port).Span) <= 0 && element.To.Span.SequenceCompareTo(NftData.Port((ushort)port).Span) >= 0) == true;

    private static NftSet Kept(IEnumerable<ushort> single, IReadOnlyList<PortSpan> ranges)
    {
        // Ranges are for rules of others alone, which are few.
        ushort[] ports = [.. single.Concat(ranges.Where(range => range.From == range.To).Select(range => range.From)).Distinct()];
        return ranges.All(range => range.From == range.To)
            ? NftSet.Of(KeptPorts, NftType.Port, null, ports.Select(port => new NftElement(NftData.Port(port))))
            : NftSet.OfRanges(KeptPorts, NftType.Port, null, PortSpan.Merged([.. ports.Select(port => new PortSpan(port, port)), .. ranges])
                .ConvertAll(range => new NftElement(NftData.Port(range.From), NftData.Port(range.To), null)));
    }

    private static void Add(Family family, AnswerSources sources, List<NftSet> sets, List<NftRule> rules)
    {
        // A set has no values: any will do.
        var some = new IpAddress(family, 0, 1);
        List<NftElement> ranges = AddressRanges.Of(sources.Unsure.ConvertAll(one => (one.Destination, one.IsUnsure ? some : default)), _ => null);
        NftSet unsure = NftSet.OfRanges(MarkMaps.Named("unsure", family), NftType.Address(family), null, ranges);
        List<NftElement> byCard = [];
        foreach ((int card, IpAddress address) in sources.ByCard)
        {
            byCard.Add(new NftElement(NftData.Number((uint)card), To(address)));
        }

        List<NftElement> withRules = AddressRanges.Of(sources.WithRules.Select(network => (network, some)), _ => null);
        NftSet asked = NftSet.OfRanges(MarkMaps.Named("asked-by-rules", family), NftType.Address(family), null, withRules);
        NftSet cards = NftSet.Of(MarkMaps.Named(Cards, family), NftType.CardIndex, NftType.Verdict, byCard);
        NftSet addresses = NftSet.OfRanges(MarkMaps.Named("answers", family), NftType.Address(family), NftType.Verdict, AddressRanges.Of(sources.ByDestination, To));
        if (unsure.Elements.Count > 0)
        {
            sets.Add(unsure);
            rules.Add(NftRule.Of(NftStatement.IsFrom(family, unsure), NftStatement.Return));
        }

        if (asked.Elements.Count > 0)
        {
            sets.Add(asked);
            rules.Add(NftRule.Of(NftStatement.IsFor(family, asked), NftStatement.Return));
        }

        sets.Add(cards);
        rules.Add(NftRule.Of(NftStatement.IsOf(family), NftStatement.AnswerCardTo(cards)));
        if (addresses.Elements.Count > 0)
        {
            sets.Add(addresses);
            rules.Add(NftRule.Of(NftStatement.SourceTo(family, addresses)));
        }
    }

    // The translation comes first, and leaves a sign with the connections that need no mark.
    private static NftChain PassingOver(NftChain chain, MarkMask mask) => chain with
    {
        Rules =
        [
            NftRule.Of(
                NftStatement.IsDestinationTranslated, NftStatement.ConnectionMarkIs(mask.Value, mask.Own), NftStatement.SetConnectionMark(mask.Value, 0), NftStatement.Return),
            .. chain.Rules,
        ],
    };

    private static NftExpression.Verdict To(IpAddress address) => NftExpression.Verdict.Goto(ChainOf(address));

    /// <summary>Where others are bound to an address, what was for one that is bound to none must not be translated to it.</summary>
    private static Dictionary<IpAddress, NftSet> Bound(UdpPorts ports, List<IpAddress> addresses)
    {
        Dictionary<IpAddress, HashSet<ushort>> others = [];
        foreach (IpAddress address in ports.Bound.Count == 0 ? [] : addresses)
        {
            others.Add(address, []);
        }

        foreach ((IpAddress address, ushort port) in ports.Bound)
        {
            others.GetValueOrDefault(address)?.Add(port);
        }

        Dictionary<IpAddress, NftSet> bound = [];
        foreach ((IpAddress address, HashSet<ushort> at) in others)
        {
            if (at.Count > 0)
            {
                bound.Add(address, NftSet.Of($"bound-{NameOf(address)}", NftType.Port, null, at.Select(port => new NftElement(NftData.Port(port)))));
            }
        }

        return bound;
    }

    private static string ChainOf(IpAddress address) => $"answer-{NameOf(address)}";

    // nft(8) takes no colons in names.
    private static string NameOf(IpAddress address) => address.ToString().Replace(':', '_');

    private static IEnumerable<Family> WantedFamilies(Config config, NodeState state) =>
        config.AnswersUdp && state.UdpPorts is not null
            ? new[] { Family.IPv4, Family.IPv6 }.Where(family => HasSeveralAddresses(state, family))
            : [];

    private static bool HasSeveralAddresses(NodeState state, Family family) => state.Addresses.Where(address =>
        address.Local.Family == family && address.Scope == Address.ScopeUniverse && address.IsUsable).Skip(1).Any();
}
