using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The nftables table that marks connections by the card they came in by. A new connection to an address of the node, or one that is translated and handed
/// on to a pod, gets the mark of a source table of that card. Its replies are marked as it is, and the `fwmark` rules lead them back.
/// </summary>
/// <param name="mask">Our bits.</param>
/// <param name="marked">The source tables that have a mark, served ones alone.</param>
/// <param name="pods">The pods' networks: what comes from there by a card, without encapsulation, is answered as main says.</param>
internal sealed class MarkTable(MarkMask mask, IReadOnlyList<SourceTable> marked, IReadOnlyList<IpPrefix> pods)
{
    /// <summary>The chain that what is new comes to first.</summary>
    public const string Opening = "opening";

    private readonly MarkMaps _maps = new(mask, marked);

    /// <summary>
    /// Behind every translation of destinations: the kernel does that at -100 (`dstnat`), where kube-proxy, portmap and Docker have their chains, and firewalld
    /// has its own at -90. Ahead of the routing decision, which comes after the last of the hook, and of whoever checks the reverse path with the packet's mark
    /// (firewalld's IPv6_rpfilter at 10). The marks that others set in mangle (-150) keep their bits.
    /// </summary>
    public const int AfterDestinationNat = -80;

    /// <summary>Behind masquerading (`srcnat`, 100), so that whoever reads marks in that hook still sees what the packet was routed by.</summary>
    private const int AfterSourceNat = 120;

    /// <summary>Ahead of mangle (-150): whoever looks at a packet that is let in or handed on sees the marks of others alone.</summary>
    private const int AheadOfFilters = -160;

    private const uint Prerouting = 0;
    private const uint Input = 1;
    private const uint Forward = 2;
    private const uint Output = 3;
    private const uint Postrouting = 4;

    /// <summary>Whether a card checks the reverse path of IPv4 requests strictly, so that these need the mark as well.</summary>
    public bool IsStrict { get; init; }

    /// <summary>
    /// Whether all replies of the node need their mark. Otherwise those do that would leave by another card without it, which is found out when a connection
    /// comes in: the kernel looks up the way of a marked packet once more.
    /// </summary>
    public bool MarksAllReplies { get; init; }

    /// <summary>Whether what the node itself opens, and is translated, is to be kept from the rules for addresses.</summary>
    public bool KeepsOwn { get; init; }

    /// <summary>
    /// The marks that rules of others ask for by some of our bits as well (`ip rule add fwmark 0x100` asks for all of them): what the node opens with one of
    /// these is theirs to lead.
    /// </summary>
    public IReadOnlyList<(uint Mask, uint Mark)> Asked { get; init; } = [];

    /// <summary>The VRF that a card is in; null for none.</summary>
    public Func<Link, Link?> VrfOf { get; init; } = _ => null;

    /// <summary>The table.</summary>
    public NftTable Build()
    {
        List<(Family Family, NftSet Set)> networks = Filled(PodNetworks), addresses = Filled(_maps.Addresses), cards = Filled(_maps.Cards);
        var arrival = new NftChain("arrival", null,
        [
            .. networks.ConvertAll(one => NftRule.Of(NftStatement.IsFrom(one.Family, one.Set), NftStatement.Return)),

            // Of a card with several marks that of the very address is taken.
            .. _maps.Families.SelectMany(_maps.Networks),
            .. addresses.ConvertAll(one => NftRule.Of(NftStatement.WasForAndCardTo(one.Family, one.Set))),
            .. cards.ConvertAll(one => NftRule.Of(NftStatement.IsOf(one.Family), NftStatement.CardTo(one.Set))),
        ]);
        List<(Family Family, NftSet Set)> ways = Filled(family => _maps.Ways(family, VrfOf));
        var replies = new NftChain(NftTable.Replies, null,
        [
            .. ways.ConvertAll(one => NftRule.Of(NftStatement.IsOf(one.Family), NftStatement.LeavesByCardNotIn(mask.TableBits, one.Set), NftStatement.Count)),
        ]);
        return new NftTable([arrival, .. Chains(), .. _maps.PacketChains(), replies])
        {
            Sets =
            [
                .. networks.ConvertAll(one => one.Set),
                .. addresses.ConvertAll(one => one.Set),
                .. cards.ConvertAll(one => one.Set),
                .. ways.ConvertAll(one => one.Set),
                _maps.Ours,
                _maps.Requests(KeepsOwn),
                _maps.Forwards(IsStrict),
                .. HasIpv6 ? [_maps.Forwards6] : Array.Empty<NftSet>(),
            ],
        };
    }

    private List<(Family Family, NftSet Set)> Filled(Func<Family, NftSet> set) =>
        _maps.Families.ConvertAll(family => (family, Set: set(family))).FindAll(one => one.Set.Elements.Count > 0);

    /// <summary>Whether requests, and replies to the node's own, have marks.</summary>
    private bool IsRequestMarked => IsStrict || HasIpv6;

    private bool HasIpv6 => _maps.Families.Contains(Family.IPv6);

    private IEnumerable<NftChain> Chains() =>
    [
        new NftChain("prerouting", new NftHook("filter", Prerouting, AfterDestinationNat),
        [
            // Once a connection: of a burst of datagrams all are new until one is answered, and what was decided by the first one's mark would not hold.
            NftRule.Of(NftStatement.IsFirst, NftStatement.Goto(Opening)),
            NftRule.Of(NftStatement.IsReply, NftStatement.Goto("forwarded")),
            .. Request(),
        ]),
        new NftChain(Opening, null,
        [
            // What has been translated to a pod, and what is for the node itself.
            NftRule.Of(NftStatement.IsDestinationTranslated, NftStatement.Goto("arrival")),
            NftRule.Of(NftStatement.IsForNode, NftStatement.Goto("arrival")),
        ]),
        .. _maps.Marks.Select(mark => new NftChain(MarkMaps.ConnectionChain(mark), null,
        [
            NftRule.Of(NftStatement.SetConnectionMark(mask.Value, mark), NftStatement.Goto("arrived")),
        ])),
        new NftChain("arrived", null,
        [
            NftRule.Of(NftStatement.IsDestinationTranslated, NftStatement.Goto("translated")),
            .. MarksAllReplies ? Array.Empty<NftRule>() :
            [
                NftRule.Of(NftStatement.IsForOtherCard, NftStatement.SetConnectionMark(mask.Flag, mask.Flag)),
                NftRule.Of(NftStatement.WouldBeAnsweredByOtherCard, NftStatement.SetConnectionMark(mask.Flag, mask.Flag)),
            ],
            .. Request(),
        ]),
        new NftChain("translated", null,
        [
            // Handed on by the card it came by: to the kernel the way in and the reverse path are the same look-up then, and the table knows both.
            NftRule.Of(NftStatement.WouldLeaveByItsCard, NftStatement.SetConnectionMark(mask.Flag, mask.Flag)),
            .. Request(),
        ]),
        new NftChain("request", null, [NftRule.Of(NftStatement.ConnectionMarkTo(mask.TableBits, _maps.Requests(KeepsOwn)))]),
        new NftChain("forwarded", null,
        [
            .. HasIpv6 ? [NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.ConnectionMarkTo(mask.Value, _maps.Forwards6))] : Array.Empty<NftRule>(),
            NftRule.Of(NftStatement.ConnectionMarkTo(mask.Value, _maps.Forwards(IsStrict))),
        ]),
        .. IsRequestMarked ? Unmarking() : [],

        // Most packets have no such mark and no translation, and two questions tell.
        new NftChain("output", new NftHook("route", Output, AfterDestinationNat),
        [
            NftRule.Of(NftStatement.ConnectionMarkHas(MarksAllReplies ? mask.Value : mask.Flag), NftStatement.Goto("marked")),
            NftRule.Of(NftStatement.IsDestinationTranslated, NftStatement.Goto("own")),
        ]),
        new NftChain("marked", null,
        [
            NftRule.Of(NftStatement.IsReply, NftStatement.Goto("request")),
            NftRule.Of(NftStatement.IsDestinationTranslated, NftStatement.Goto("own")),
        ]),
        new NftChain("own", null,
        [
            // ICMP errors about what is handed on ("fragmentation needed"), and connections that are older than this table.
            NftRule.Of(NftStatement.IsReply, NftStatement.ConnectionMarkTo(mask.TableBits, _maps.Requests(KeepsOwn))),
            .. KeepsOwn
                ?
                [
                    // The mark of a table that there is no more: a reply is not what the node has opened, and keeps main's way.
                    NftRule.Of(NftStatement.IsReply, NftStatement.SetPacketMark(mask.Value, mask.Own), NftStatement.Return),

                    // Others' bits among ours are for a filter or a translation behind us, or for a rule; and so is a whole mark that a rule asks for.
                    NftRule.Of(NftStatement.PacketMarkHas(mask.Value), NftStatement.Return),
                    .. Asked.Select(one => NftRule.Of(NftStatement.PacketMarkIs(one.Mask, one.Mark), NftStatement.Return)),
                    NftRule.Of(NftStatement.SetConnectionMark(mask.Value, mask.Own), NftStatement.SetPacketMark(mask.Value, mask.Own)),
                ]
                : Array.Empty<NftRule>(),
        ]),

        // Routed, a mark has done its work. A tunnel would look up the way of its outer packet by it, and send that by the wrong card.
        new NftChain("postrouting", new NftHook("filter", Postrouting, AfterSourceNat),
        [
            Unmark(),
            NftRule.Of(NftStatement.ConnectionMarkHas(mask.TableBits), NftStatement.IsReply, NftStatement.Goto(NftTable.Replies)),
        ]),
    ];

    private NftSet PodNetworks(Family family) => NftSet.Of(MarkMaps.Named("pods", family), family, pods.Where(network => network.Family == family));

    /// <summary>
    /// Marks a request, for the check of its reverse path: the kernel's own of IPv4 where it is strict, firewalld's of IPv6. The way of the request itself does
    /// not depend on it, since what comes in by the mark's card does not ask the rule for it.
    /// </summary>
    private IEnumerable<NftRule> Request() =>
    [
        .. IsStrict
            ?
            [
                NftRule.Of(
                    NftStatement.IsOf(Family.IPv4),
                    NftStatement.IsDestinationTranslated,
                    NftStatement.ConnectionMarkHas(mask.TableBits),
                    IsNobodys,
                    NftStatement.Goto("forwarded")),
                NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.ConnectionMarkHas(mask.Value), IsNobodys, NftStatement.Goto("request")),
            ]
            : Array.Empty<NftRule>(),
        .. HasIpv6
            ? [NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.ConnectionMarkHas(mask.Value), IsNobodys, NftStatement.Goto("request"))]
            : Array.Empty<NftRule>(),
    ];

    /// <summary>Who has given a request a mark with some of our bits (`MARK --set-mark 1`) has it let in by that.</summary>
    private NftStatement IsNobodys => NftStatement.PacketMarkIs(mask.Value, 0);

    /// <summary>
    /// A request's mark has done its work as soon as its way is known: others' filters shall not see it, nor a tunnel, whose inner packets have the mark of the
    /// packet that they came in. A reply that is handed on keeps it: IPVS looks up its way once more.
    /// </summary>
    private IEnumerable<NftChain> Unmarking() =>
    [
        new NftChain("input", new NftHook("filter", Input, AheadOfFilters), [Unmark()]),
        new NftChain("forward", new NftHook("filter", Forward, AheadOfFilters), [Unmark(NftStatement.IsOriginal)]),
    ];

    /// <summary>Others set some of our bits as well, with a whole mark (`MARK --set-mark 10`, for a class of tc): what we have not given is theirs.</summary>
    private NftRule Unmark(params NftStatement[] also) => NftRule.Of(
        [
            NftStatement.PacketMarkHas(mask.Value),
            NftStatement.ConnectionMarkHas(mask.Value),
            .. also,
            NftStatement.PacketMarkIn(mask.Value, _maps.Ours),
            NftStatement.SetPacketMark(mask.Value, 0),
        ]);
}
