namespace CniSrcRoute;

/// <summary>An address of a device: struct ifaddrmsg and its attributes (rtnetlink(7)).</summary>
public sealed record Address
{
    /// <summary>IFA_F_SECONDARY for IPv4: not the first address of its subnet, and no source that the kernel would choose. For IPv6 IFA_F_TEMPORARY.</summary>
    public const uint FlagSecondary = 0x01;

    /// <summary>IFA_F_OPTIMISTIC: used though duplicate address detection is under way.</summary>
    public const uint FlagOptimistic = 0x04;

    /// <summary>IFA_F_DADFAILED (&lt;linux/if_addr.h&gt;): somebody else has it.</summary>
    public const uint FlagDadFailed = 0x08;

    /// <summary>IFA_F_DEPRECATED: its preferred lifetime is over; not chosen as a source while there is another.</summary>
    public const uint FlagDeprecated = 0x20;

    /// <summary>IFA_F_TENTATIVE: duplicate address detection is under way; the kernel does not answer for it yet.</summary>
    public const uint FlagTentative = 0x40;

    /// <summary>RT_SCOPE_UNIVERSE: a global address.</summary>
    public const byte ScopeUniverse = 0;

    /// <summary>ifa_index: the device.</summary>
    public required int Link { get; init; }

    /// <summary>IFA_LOCAL: the node's own address.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>IFA_ADDRESS with its length: the subnet on the link, or the peer's on a point-to-point one.</summary>
    public required IpPrefix Subnet { get; init; }

    /// <summary>ifa_scope.</summary>
    public byte Scope { get; init; }

    /// <summary>IFA_FLAGS.</summary>
    public uint Flags { get; init; }

    /// <summary>Whether duplicate address detection has not ended yet.</summary>
    public bool IsTentative => (Flags & (FlagTentative | FlagDadFailed)) == FlagTentative;

    /// <summary>Whether another address of its subnet goes before it.</summary>
    public bool IsSecondary => (Flags & FlagSecondary) != 0;

    /// <summary>Whether the kernel answers for it.</summary>
    public bool IsUsable => (Flags & (FlagTentative | FlagDadFailed)) == 0;
}
