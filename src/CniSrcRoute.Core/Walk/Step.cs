namespace CniSrcRoute.Walk;

/// <summary>One rule that was asked for a packet's way.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Kind">What came of it.</param>
/// <param name="Failed">The selector that the packet does not fit, for <see cref="StepKind.NotFor"/>.</param>
/// <param name="Table">The table that was looked up; 0 for none.</param>
/// <param name="Route">The route that was found there; null for none.</param>
public sealed record Step(Rule Rule, StepKind Kind, Selector Failed = Selector.None, uint Table = 0, Route? Route = null);
