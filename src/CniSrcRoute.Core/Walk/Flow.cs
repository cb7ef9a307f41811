namespace CniSrcRoute.Walk;

/// <summary>What the kernel knows of a packet when it looks up its route: struct flowi of &lt;net/flow.h&gt;.</summary>
public sealed record Flow
{
    /// <summary>Where the packet goes.</summary>
    public required IpAddress Destination { get; init; }

    /// <summary>Where it comes from; none for a packet of the node's own that has no source yet.</summary>
    public IpAddress Source { get; init; }

    /// <summary>The index of the device it came in by; 0 for what the node says itself.</summary>
    public int Iif { get; init; }

    /// <summary>The index of the device that its socket is bound to; 0 for none.</summary>
    public int Oif { get; init; }

    /// <summary>Whether a socket sends it: IPv6 then takes no route but by the device that it is bound to (ip6_route_output_flags of net/ipv6/route.c).</summary>
    public bool IsOfSocket { get; init; }

    /// <summary>The packet's mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The type of service, or traffic class.</summary>
    public byte Tos { get; init; }

    /// <summary>IPPROTO_: 6 for TCP, 17 for UDP.</summary>
    public byte Protocol { get; init; }

    /// <summary>The source port; 0 for none.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>The destination port; 0 for none.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The user whose socket sends it; 0 for what is forwarded.</summary>
    public uint User { get; init; }

    /// <summary>The family.</summary>
    public Family Family => Destination.Family;

    /// <summary>Whether the node itself sends it.</summary>
    public bool IsOutput => Iif == 0;
}
