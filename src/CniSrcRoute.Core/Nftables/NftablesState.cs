namespace CniSrcRoute.Nftables;

/// <summary>What the kernel says of nftables.</summary>
/// <param name="Table">Our table; null when it is not there.</param>
/// <param name="Obstacle">Why nothing can be said, and no table made: no sentence, but the end of one; null when all is well.</param>
/// <param name="IsHidden">Whether the obstacle is that the process may not look: the table may well be there.</param>
public sealed record NftablesState(NftTable? Table, string? Obstacle = null, bool IsHidden = false)
{
    /// <summary>Whether the kernel can tell a socket that is bound to no address (`socket wildcard`, Linux 5.12).</summary>
    public bool KnowsWildcardSockets { get; init; }
}
