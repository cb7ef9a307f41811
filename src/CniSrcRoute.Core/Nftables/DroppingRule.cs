namespace CniSrcRoute.Nftables;

/// <summary>A rule of somebody else that drops or rejects: all that comes to it, or what fails a check of the reverse path.</summary>
/// <param name="Table">The table, with its family: "ip mangle".</param>
/// <param name="Chain">The chain.</param>
/// <param name="Family">The family whose packets it is for; null for both.</param>
/// <param name="Check">How the way back is looked up whose lack it punishes; null where it drops without one.</param>
/// <param name="IsForSome">Whether it asks for more, so that it may not be for a packet.</param>
public sealed record DroppingRule(string Table, string Chain, Family? Family, NftExpression.Fib? Check, bool IsForSome);
