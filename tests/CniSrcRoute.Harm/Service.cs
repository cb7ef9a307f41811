namespace CniSrcRoute.Harm;

/// <summary>An address and port that the node translates.</summary>
/// <param name="Address">The address that is asked.</param>
/// <param name="Port">Its port.</param>
/// <param name="Inside">Whether the node and its pods alone ask it: a ClusterIP.</param>
internal sealed record Service(string Address, int Port, bool Inside);
