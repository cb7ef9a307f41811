namespace CniSrcRoute.Walk;

/// <summary>A connection that leaves by another card once a plan has been carried out.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="IsOwn">Whether the node itself has opened it, or else answers in it.</param>
/// <param name="Before">Its way as it is.</param>
/// <param name="After">Its way afterwards.</param>
public sealed record Diversion(Connection Connection, bool IsOwn, Way Before, Way After);
