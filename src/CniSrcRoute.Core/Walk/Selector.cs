namespace CniSrcRoute.Walk;

/// <summary>What a rule selects packets by, in the order in which the kernel looks (net/core/fib_rules.c, fib_rule_match).</summary>
public enum Selector
{
    /// <summary>None: all selectors fit.</summary>
    None,

    /// <summary>The device the packet came in by.</summary>
    Iif,

    /// <summary>The device the sender is bound to.</summary>
    Oif,

    /// <summary>The mark.</summary>
    Mark,

    /// <summary>The key of the tunnel it came by.</summary>
    Tunnel,

    /// <summary>That it belongs to a VRF.</summary>
    L3mdev,

    /// <summary>The user.</summary>
    User,

    /// <summary>The destination.</summary>
    To,

    /// <summary>The source.</summary>
    From,

    /// <summary>The type of service.</summary>
    Tos,

    /// <summary>The protocol.</summary>
    Protocol,

    /// <summary>The source port.</summary>
    SourcePort,

    /// <summary>The destination port.</summary>
    DestinationPort,

    /// <summary>Something that this program does not know, taken not to fit.</summary>
    Unknown,
}
