namespace CniSrcRoute.Firewall;

/// <summary>To whom IPVS hands connections on.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
/// <param name="AnswersByNode">Whether its answers come by the node; else (direct routing, a tunnel) it answers the client itself.</param>
public sealed record IpvsServer(IpAddress Address, ushort Port, bool AnswersByNode);
