using CniSrcRoute.Nftables;

namespace CniSrcRoute.Walk;

/// <summary>A chain of somebody else's firewall that may drop a request or its answer.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="OfRequest">Whether the request comes to it.</param>
/// <param name="OfAnswer">Whether the answer comes to it.</param>
/// <param name="Check">
/// The rule that drops the packet for want of a way back; null for a chain that drops what its rules do not let through, of which nothing more is known.
/// </param>
public sealed record Obstruction(BaseChain Chain, bool OfRequest, bool OfAnswer, DroppingRule? Check);
