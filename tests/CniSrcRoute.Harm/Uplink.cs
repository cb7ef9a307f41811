namespace CniSrcRoute.Harm;

/// <summary>What other parts need to know of a card of the node and its LAN.</summary>
/// <param name="Number">The LAN's number.</param>
/// <param name="Card">The card.</param>
/// <param name="Own4">The node's IPv4 address there.</param>
/// <param name="Own6">The node's IPv6 address there.</param>
/// <param name="Via4">An IPv4 router there, with what `ip route` needs to be told of it.</param>
/// <param name="Via6">An IPv6 router there.</param>
/// <param name="IsSubnet">Whether neighbours have addresses of the LAN's IPv4 network.</param>
internal sealed record Uplink(int Number, string Card, string? Own4, string? Own6, string? Via4, string? Via6, bool IsSubnet);
