namespace CniSrcRoute;

/// <summary>What a route does with a packet: rtm_type of &lt;linux/rtnetlink.h&gt;, and FRA actions share the numbers of the reject kinds.</summary>
public enum RouteType : byte
{
    /// <summary>RTN_UNSPEC.</summary>
    Unspecified = 0,

    /// <summary>RTN_UNICAST: a gateway or a direct route.</summary>
    Unicast = 1,

    /// <summary>RTN_LOCAL: accept locally.</summary>
    Local = 2,

    /// <summary>RTN_BROADCAST.</summary>
    Broadcast = 3,

    /// <summary>RTN_ANYCAST.</summary>
    Anycast = 4,

    /// <summary>RTN_MULTICAST.</summary>
    Multicast = 5,

    /// <summary>RTN_BLACKHOLE: drop in silence.</summary>
    Blackhole = 6,

    /// <summary>RTN_UNREACHABLE: drop, and say that the destination is unreachable.</summary>
    Unreachable = 7,

    /// <summary>RTN_PROHIBIT: drop, and say that it is prohibited.</summary>
    Prohibit = 8,

    /// <summary>RTN_THROW: not in this table; the look-up goes on with the next rule.</summary>
    Throw = 9,
}
