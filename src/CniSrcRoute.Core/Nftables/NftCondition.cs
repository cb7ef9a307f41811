namespace CniSrcRoute.Nftables;

/// <summary>What has to be true for a part of a rule to have a meaning: `ip saddr` reads what lies elsewhere in a packet of IPv6.</summary>
/// <param name="Load">Reads what the packet is.</param>
/// <param name="Comparison">Ends the rule where it is something else.</param>
public sealed record NftCondition(NftExpression.Load Load, NftExpression.Compare Comparison);
