namespace CniSrcRoute.Configuration;

/// <summary>The node's configuration, /etc/srcroute/config.json. Every value has a default; the usual node needs no file.</summary>
public sealed record Config
{
    /// <summary>Where the configuration is looked for when nothing else is said.</summary>
    public const string DefaultFile = "/etc/srcroute/config.json";

    /// <summary>The file this was read from, for messages.</summary>
    public string File { get; init; } = DefaultFile;

    /// <summary>The sources that are written down, in the file's order.</summary>
    public IReadOnlyList<SourceConfig> Sources { get; init; } = [];

    /// <summary>Whether addresses that are not written down become sources as well.</summary>
    public bool Discover { get; init; } = true;

    /// <summary>The names of the cards that lead to pods, * and ? allowed; null to find them.</summary>
    public IReadOnlyList<string>? OverlayCards { get; init; }

    /// <summary>The networks of the pods of all nodes; null to take them from flannel.</summary>
    public IReadOnlyList<IpPrefix>? OverlayNetworks { get; init; }

    /// <summary>The priority of the `from` rules: 1 to 32765, ahead of main's.</summary>
    public uint RulePriority { get; init; } = 30000;

    /// <summary>The lowest number a table without an explicit one may get.</summary>
    public uint TableBase { get; init; } = 1000;
}
