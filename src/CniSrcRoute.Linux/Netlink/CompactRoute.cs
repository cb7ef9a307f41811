namespace CniSrcRoute.Netlink;

/// <summary>A route of a large table.</summary>
/// <param name="High">Of its destination's address, as in <see cref="IpAddress"/>.</param>
/// <param name="Low">The same.</param>
/// <param name="Kind">The number of its kind: what it has besides its destination.</param>
/// <param name="Length">Of its destination.</param>
internal readonly record struct CompactRoute(ulong High, ulong Low, ushort Kind, byte Length)
{
    /// <summary>Its destination.</summary>
    /// <param name="family">The family, which is not kept.</param>
    public IpPrefix Destination(Family family) => new(new IpAddress(family, High, Low), Length);
}
