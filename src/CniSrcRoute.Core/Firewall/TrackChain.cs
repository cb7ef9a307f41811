using CniSrcRoute.Nftables;

namespace CniSrcRoute.Firewall;

/// <summary>A chain that packets come to before they are tracked.</summary>
/// <param name="Base">Where the kernel calls it.</param>
/// <param name="Read">Reads the rules of a chain of its table; none of one that is gone.</param>
/// <param name="IsLegacy">Whether the table is one of iptables-legacy.</param>
public sealed record TrackChain(BaseChain Base, Func<string, IReadOnlyList<TrackRule>> Read, bool IsLegacy)
{
    /// <summary>Where the kernel begins to track (NF_IP_PRI_CONNTRACK): behind that it is too late to ask for nothing.</summary>
    public const int Tracking = -200;

    /// <summary>Whether packets come to a chain before that.</summary>
    /// <param name="chain">The chain.</param>
    /// <returns>True where they do, be they let in or the node's own.</returns>
    public static bool IsAhead(BaseChain chain) => !chain.IsOfFrames && chain.Hook is { Number: BaseChain.Prerouting or BaseChain.Output, Priority: < Tracking };

    /// <summary>Names a chain of its table for people.</summary>
    /// <param name="chain">The chain.</param>
    /// <returns>For example "nftables table ip raw, chain PREROUTING".</returns>
    public string PlaceOf(string chain) => $"{(IsLegacy ? "iptables-legacy" : "nftables")} table {Base.Table}, chain {chain}";
}
