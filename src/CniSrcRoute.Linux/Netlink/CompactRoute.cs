namespace CniSrcRoute.Netlink;

/// <summary>A route of a large table in 24 bytes.</summary>
/// <param name="High">Of its destination's address, as in <see cref="IpAddress"/>.</param>
/// <param name="Low">The same.</param>
/// <param name="Metric">Its metric.</param>
/// <param name="Way">The number of its way.</param>
/// <param name="Length">Of its destination.</param>
/// <param name="Protocol">rtm_protocol.</param>
internal readonly record struct CompactRoute(ulong High, ulong Low, uint Metric, ushort Way, byte Length, byte Protocol)
{
    /// <summary>Its destination.</summary>
    /// <param name="family">The family, which is not kept.</param>
    public IpPrefix Destination(Family family) => new(new IpAddress(family, High, Low), Length);
}
