namespace CniSrcRoute.Walk;

/// <summary>To whom the node hands a connection on.</summary>
/// <param name="Address">The address its destination is translated to.</param>
/// <param name="Port">The port.</param>
public sealed record Translation(IpAddress Address, ushort Port);
