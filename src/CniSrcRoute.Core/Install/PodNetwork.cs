namespace CniSrcRoute.Install;

/// <summary>The network configuration of a node's pods.</summary>
/// <param name="File">Its file.</param>
/// <param name="Why">Why it is this one, where there are several; null otherwise.</param>
/// <param name="HasEntry">Whether it has our entry.</param>
public sealed record PodNetwork(string File, string? Why, bool HasEntry);
