namespace CniSrcRoute.Harm;

/// <summary>A route of the node's table main, other than a default.</summary>
/// <param name="Card">The card it leaves by.</param>
/// <param name="Length">The length of its destination.</param>
internal readonly record struct Way(string Card, int Length);
