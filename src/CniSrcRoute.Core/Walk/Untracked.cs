namespace CniSrcRoute.Walk;

/// <summary>What a rule of somebody else keeps from being tracked of a request and its answer, so that the answer has no mark.</summary>
/// <param name="OfRequest">Whether the request, which is not translated either; else the answer.</param>
/// <param name="Place">Where the rule stands.</param>
public sealed record Untracked(bool OfRequest, string Place);
