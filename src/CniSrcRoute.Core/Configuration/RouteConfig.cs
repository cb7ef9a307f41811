namespace CniSrcRoute.Configuration;

/// <summary>One entry of a source's "routes": a route by the source's card.</summary>
public sealed record RouteConfig
{
    /// <summary>"to": the destination.</summary>
    public required IpPrefix To { get; init; }

    /// <summary>"via": the gateway; none for a destination on the link.</summary>
    public IpAddress Via { get; init; }

    /// <summary>"metric": 0 to 4294967294; the lower wins.</summary>
    public uint Metric { get; init; }

    /// <summary>"mtu" in bytes, 68 to 65535; 0 for the card's own.</summary>
    public uint Mtu { get; init; }
}
