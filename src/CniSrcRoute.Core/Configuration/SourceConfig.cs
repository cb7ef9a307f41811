namespace CniSrcRoute.Configuration;

/// <summary>One entry of "sources".</summary>
public sealed record SourceConfig
{
    /// <summary>Its place in the file, for messages: sources[0].</summary>
    public required string Key { get; init; }

    /// <summary>"address" (a /32 or /128) or "network".</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>Whether it was written as "network".</summary>
    public bool IsNetwork { get; init; }

    /// <summary>"card": the device; null for the one that holds the address.</summary>
    public string? Card { get; init; }

    /// <summary>"gateway": none to follow main's default route.</summary>
    public IpAddress Gateway { get; init; }

    /// <summary>"table" as a number; null for none.</summary>
    public uint? Table { get; init; }

    /// <summary>"table" as a name; null for none.</summary>
    public string? TableName { get; init; }

    /// <summary>"rule": whether a rule sends what a program has bound to the source to its table; replies go there in any case.</summary>
    public bool HasRule { get; init; } = true;

    /// <summary>"routes": additional routes of the table.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];
}
