using CniSrcRoute.Planning;

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

    /// <summary>Tables of others into which what leads to pods is copied, and nothing else; each a number or a name.</summary>
    public IReadOnlyList<string> Extend { get; init; } = [];

    /// <summary>Whether UDP servers that are bound to no address are made to answer with the address that was asked.</summary>
    public bool AnswersUdp { get; init; } = true;

    /// <summary>The UDP ports that are left alone by that.</summary>
    public IReadOnlyList<ushort> UdpExcept { get; init; } = [];

    /// <summary>Whether replies are led by connection marks.</summary>
    public bool UseMarks { get; init; } = true;

    /// <summary>The bits of marks that are ours.</summary>
    public MarkMask MarkMask { get; init; } = MarkMask.Default;

    /// <summary>Whether net.ipv4.conf.all.src_valid_mark is set where strict rp_filter needs it; null for where no rule of others stands against it.</summary>
    public bool? SetsSrcValidMark { get; init; }

    /// <summary>The priority of the rules for addresses, 2 to 32765: behind everybody else's and ahead of main's. Those for marks find their own.</summary>
    public uint RulePriority { get; init; } = Rule.MainPriority - 1;

    /// <summary>The lowest number a table without an explicit one may get.</summary>
    public uint TableBase { get; init; } = 1000;
}
