namespace CniSrcRoute.Watch;

/// <summary>What made a reading, or a repair, necessary. The names, in lower case, are values of the metrics' label "cause".</summary>
public enum CauseKind
{
    /// <summary>The watcher started.</summary>
    Start,

    /// <summary>Main changed.</summary>
    Main,

    /// <summary>Somebody else changed a rule.</summary>
    Rule,

    /// <summary>Somebody else changed a route in a source table.</summary>
    Route,

    /// <summary>Somebody else changed our nftables table.</summary>
    Nftables,

    /// <summary>A card came, went or changed.</summary>
    Card,

    /// <summary>An address came, went or changed.</summary>
    Address,

    /// <summary>A nexthop object changed.</summary>
    Nexthop,

    /// <summary>The kernel told more than the queue holds.</summary>
    Overrun,

    /// <summary>The configuration, or flannel's subnet.env, changed.</summary>
    Config,

    /// <summary>The kernel refused a step.</summary>
    Refusal,

    /// <summary>Somebody reset a kernel parameter that the kernel tells nobody of.</summary>
    Sysctl,

    /// <summary>Nothing was heard: the minute was over.</summary>
    Verification,
}
