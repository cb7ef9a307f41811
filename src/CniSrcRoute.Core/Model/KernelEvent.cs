namespace CniSrcRoute;

/// <summary>An event that the kernel sent by multicast (rtnetlink(7)).</summary>
public abstract record KernelEvent
{
    /// <summary>The socket of the process that did it, which as a rule is the process's number; 0 for the kernel itself.</summary>
    public uint PortId { get; init; }
}

/// <summary>A device came, went or changed. The IPv4 routes over a device that goes down or away vanish from every table without an event of their own.</summary>
/// <param name="Removed">Whether it went.</param>
/// <param name="Link">The device.</param>
public sealed record LinkEvent(bool Removed, Link Link) : KernelEvent;

/// <summary>An address came, went or changed.</summary>
/// <param name="Removed">Whether it went.</param>
/// <param name="Address">The address.</param>
public sealed record AddressEvent(bool Removed, Address Address) : KernelEvent;

/// <summary>A rule was made or removed.</summary>
/// <param name="Removed">Whether it was removed.</param>
/// <param name="Rule">The rule.</param>
public sealed record RuleEvent(bool Removed, Rule Rule) : KernelEvent;

/// <summary>A route was made, changed or removed.</summary>
/// <param name="Removed">Whether it was removed.</param>
/// <param name="Replaces">Whether it took the place of one with the same key (NLM_F_REPLACE), of which nothing else is said.</param>
/// <param name="Table">Its table.</param>
/// <param name="Route">The route.</param>
public sealed record RouteEvent(bool Removed, bool Replaces, TableId Table, Route Route) : KernelEvent;

/// <summary>A nexthop object was made, changed or removed; with one that is removed its routes vanish from every table without an event of their own.</summary>
public sealed record NexthopEvent : KernelEvent;

/// <summary>A device's rp_filter was set, or that of all (net.ipv4.conf); a new device announces its first value.</summary>
/// <param name="Link">ifi_index; null for the setting of all.</param>
/// <param name="RpFilter">The value.</param>
public sealed record RpFilterEvent(int? Link, byte RpFilter) : KernelEvent;

/// <summary>The queue of events overflowed (ENOBUFS), and some are lost.</summary>
public sealed record OverrunEvent : KernelEvent;
