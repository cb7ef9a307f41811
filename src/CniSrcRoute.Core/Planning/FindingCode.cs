namespace CniSrcRoute.Planning;

/// <summary>The kinds of findings. The words are part of `status -o json` and of the metrics: they stay as they are.</summary>
public static class FindingCode
{
    /// <summary>No card has an address that the configuration names.</summary>
    public const string AddressMissing = "address-missing";

    /// <summary>The card that the configuration names is not there.</summary>
    public const string CardMissing = "card-missing";

    /// <summary>The card that the configuration names does not hold the address.</summary>
    public const string CardMismatch = "card-mismatch";

    /// <summary>The configuration names a table that is the kernel's own, or that of another source.</summary>
    public const string TableTaken = "table-taken";

    /// <summary>A table to be extended has an unknown name, or no rule leads to it.</summary>
    public const string TableNotExtended = "table-not-extended";

    /// <summary>A table that is extended lacks a route of its card, so no mark leads there.</summary>
    public const string ExtendedTableLacksRoute = "extended-table-lacks-route";

    /// <summary>The card of a source is down.</summary>
    public const string CardDown = "card-down";

    /// <summary>No route of main leaves by the card of a source.</summary>
    public const string NoRoute = "no-route";

    /// <summary>A route of somebody else has the place of one of ours.</summary>
    public const string RouteTaken = "route-taken";

    /// <summary>Two cards in one subnet answer ARP for one another's addresses.</summary>
    public const string ArpFlux = "arp-flux";

    /// <summary>A rule of somebody else leads marked packets out by a card of ours, pods' as well.</summary>
    public const string ForeignMarkRule = "foreign-mark-rule";

    /// <summary>A rule of somebody else is for the same source.</summary>
    public const string ForeignRule = "foreign-rule";

    /// <summary>A rule of somebody else is asked before ours and takes replies of a source off its card.</summary>
    public const string RepliesTaken = "replies-taken";

    /// <summary>systemd-networkd removes our rules and routes when it starts.</summary>
    public const string NetworkdUnaware = "networkd-unaware";

    /// <summary>systemd-networkd was started before the file that keeps it from that was written.</summary>
    public const string NetworkdOutdated = "networkd-outdated";

    /// <summary>firewalld's check of the reverse path drops IPv6 requests.</summary>
    public const string FirewalldDrops = "firewalld-drops";

    /// <summary>A card is taken to lead to pods for its name alone.</summary>
    public const string CalledLikePods = "called-like-pods";

    /// <summary>A table of somebody else holds what ours would lack, or ours serves nothing, so `adopt` leaves theirs.</summary>
    public const string NotAdopted = "not-adopted";

    /// <summary>Somebody else asks for, or sets, bits of marks that are ours.</summary>
    public const string MarkBitsShared = "mark-bits-shared";

    /// <summary>A rule of somebody else keeps requests, or their replies, from being tracked.</summary>
    public const string RepliesUntracked = "replies-untracked";

    /// <summary>Whether somebody else sets bits of marks that are ours is unknown.</summary>
    public const string MarkBitsUnknown = "mark-bits-unknown";

    /// <summary>The mask has too few marks for all sources.</summary>
    public const string MaskTooSmall = "mask-too-small";

    /// <summary>A strict reverse path check drops requests.</summary>
    public const string ReversePathStrict = "reverse-path-strict";

    /// <summary>Where a kernel parameter comes from, or how to keep it.</summary>
    public const string SysctlOrigin = "sysctl-origin";

    /// <summary>The node has one external subnet.</summary>
    public const string SingleSubnet = "single-subnet";

    /// <summary>Connections are not marked by the card they came in by.</summary>
    public const string NoMarks = "no-marks";

    /// <summary>Whether connections are marked is unknown.</summary>
    public const string MarksUnknown = "marks-unknown";

    /// <summary>The card of a source has no carrier.</summary>
    public const string NoCarrier = "no-carrier";

    /// <summary>The card of a source has no router.</summary>
    public const string NoGateway = "no-gateway";

    /// <summary>UDP servers are bound to no address.</summary>
    public const string UdpServers = "udp-servers";

    /// <summary>UDP requests are left alone since a rule of somebody else asks what they are for.</summary>
    public const string UdpFirewall = "udp-firewall";

    /// <summary>A pod is reached by a card that is not known to lead to pods.</summary>
    public const string PodCardUnknown = "pod-card-unknown";

    /// <summary>Pods of other nodes are reached by routes that nothing tells from others.</summary>
    public const string PodsUnknown = "pods-unknown";

    /// <summary>An address is on several cards, so main decides.</summary>
    public const string AddressOnSeveralCards = "address-on-several-cards";

    /// <summary>A configured gateway is an address of the node itself.</summary>
    public const string GatewayIsOwn = "gateway-is-own";

    /// <summary>A configured gateway is an address that no router has: that of the subnet itself, or its broadcast address.</summary>
    public const string GatewayIsNone = "gateway-is-none";

    /// <summary>A card is connected and has no address.</summary>
    public const string CardWithoutAddress = "card-without-address";

    /// <summary>A file is not believed, since others than root may write it.</summary>
    public const string FileNotTrusted = "file-not-trusted";

    /// <summary>A step of the plan was refused by the kernel or the system.</summary>
    public const string StepRefused = "step-refused";

    /// <summary>The conflist of the pods' network does not name the plugin, or cannot be understood.</summary>
    public const string NotInConflist = "not-in-conflist";

    /// <summary>The runtime reads another file than the one that names the plugin.</summary>
    public const string ConflistNotRead = "conflist-not-read";

    /// <summary>Connections that the node has opened leave by another card with our rules than without them.</summary>
    public const string OwnConnectionDiverted = "own-connection-diverted";

    /// <summary>Replies of connections that are older than our rules leave by another card with them than without.</summary>
    public const string ReplyDiverted = "reply-diverted";

    /// <summary>Replies have left by another card than their request came in by.</summary>
    public const string RepliesMisdirected = "replies-misdirected";

    /// <summary>A change waits for its confirmation, was undone because it got none, or is still there without one because the process that would undo it is gone.</summary>
    public const string NotConfirmed = "not-confirmed";

    /// <summary>kube-proxy translates by IPVS.</summary>
    public const string Ipvs = "ipvs";
}
