namespace CniSrcRoute;

/// <summary>UDP ports of the node whose requests have to keep the address that they were sent to, all of them or some.</summary>
/// <param name="Kept">Those where the kernel itself listens, for its tunnels, and those of servers that are bound to a card.</param>
/// <param name="Bound">Those of servers that are bound to an address, with that: whatever is translated to it is theirs, also if it was for another server of the port.</param>
public sealed record UdpPorts(IReadOnlyList<ushort> Kept, IReadOnlyList<(IpAddress Address, ushort Port)> Bound);
