using CniSrcRoute.Nftables;

namespace CniSrcRoute.Walk;

/// <summary>Why the way of a packet is not certain: with another mark it would be another.</summary>
/// <param name="IsOfRequest">Whether it is the request's way, not the answer's.</param>
/// <param name="Rule">The rule that asks for the mark.</param>
/// <param name="Marks">What may set or clear it; nothing where that cannot be read.</param>
/// <param name="Way">The way that the packet would have.</param>
public sealed record Doubt(bool IsOfRequest, Rule Rule, IReadOnlyList<MarkWrite> Marks, Way Way);
