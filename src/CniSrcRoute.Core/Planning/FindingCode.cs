namespace CniSrcRoute.Planning;

/// <summary>The kinds of findings. The words are part of `status -o json` and of the metrics: they stay as they are.</summary>
public static class FindingCode
{
    /// <summary>No card has an address that the configuration names.</summary>
    public const string AddressMissing = "address-missing";

    /// <summary>The card that the configuration names is not there, or does not hold the address.</summary>
    public const string CardMismatch = "card-mismatch";

    /// <summary>The configuration names a table that is the kernel's own, or that of another source.</summary>
    public const string TableTaken = "table-taken";

    /// <summary>A table to be extended has a name that nobody knows, or no rule leads to it.</summary>
    public const string TableNotExtended = "table-not-extended";

    /// <summary>A rule of somebody else stands at the priority of our rules.</summary>
    public const string PriorityTaken = "priority-taken";

    /// <summary>The card of a source is down.</summary>
    public const string CardDown = "card-down";

    /// <summary>No route of main leaves by the card of a source.</summary>
    public const string NoRoute = "no-route";

    /// <summary>A rule of somebody else stands in the place of the rule of a source.</summary>
    public const string RuleTaken = "rule-taken";

    /// <summary>A route of somebody else stands in the place of one of ours.</summary>
    public const string RouteTaken = "route-taken";

    /// <summary>A rule of somebody else is for the same source.</summary>
    public const string ForeignRule = "foreign-rule";

    /// <summary>A table of somebody else holds what ours would lack, so `adopt` leaves it.</summary>
    public const string NotAdopted = "not-adopted";

    /// <summary>Somebody else asks for, or sets, bits of marks that are ours.</summary>
    public const string MarkBitsShared = "mark-bits-shared";

    /// <summary>Whether somebody else sets bits of marks that are ours cannot be told.</summary>
    public const string MarkBitsUnknown = "mark-bits-unknown";

    /// <summary>The mask has too few marks for all sources.</summary>
    public const string MaskTooSmall = "mask-too-small";

    /// <summary>A strict reverse path check drops requests.</summary>
    public const string ReversePathStrict = "reverse-path-strict";

    /// <summary>Where a kernel parameter comes from, or how to keep it.</summary>
    public const string SysctlOrigin = "sysctl-origin";

    /// <summary>The node has one external subnet.</summary>
    public const string SingleSubnet = "single-subnet";

    /// <summary>Replies of pods to requests for published ports are not covered.</summary>
    public const string PublishedPorts = "published-ports";

    /// <summary>The card of a source has no carrier.</summary>
    public const string NoCarrier = "no-carrier";

    /// <summary>The card of a source has no router.</summary>
    public const string NoGateway = "no-gateway";

    /// <summary>UDP servers are bound to no address.</summary>
    public const string UdpServers = "udp-servers";

    /// <summary>A pod is reached by a card that is not known to lead to pods.</summary>
    public const string PodCardUnknown = "pod-card-unknown";

    /// <summary>A step of the plan was refused by the kernel or the system.</summary>
    public const string StepRefused = "step-refused";
}
