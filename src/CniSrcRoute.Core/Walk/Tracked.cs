namespace CniSrcRoute.Walk;

/// <summary>A packet in the eyes of connection tracking, and the marks that our nftables table gives it and its connection.</summary>
public sealed record Tracked
{
    /// <summary>The packet, as it is when the chain is called.</summary>
    public required Flow Flow { get; init; }

    /// <summary>The destination that the connection was opened to, before any translation.</summary>
    public required IpAddress OpenedTo { get; init; }

    /// <summary>The address that opened the connection.</summary>
    public required IpAddress OpenedBy { get; init; }

    /// <summary>Whether it is the first packet of its connection.</summary>
    public bool IsNew { get; init; }

    /// <summary>Whether it answers the one who opened the connection.</summary>
    public bool IsReply { get; init; }

    /// <summary>Whether the connection's destination has been translated.</summary>
    public bool IsTranslated { get; init; }

    /// <summary>Whether the socket that is to receive the packet is bound to no address.</summary>
    public bool IsForWildcard { get; init; }

    /// <summary>The connection's mark.</summary>
    public uint ConnectionMark { get; init; }
}
