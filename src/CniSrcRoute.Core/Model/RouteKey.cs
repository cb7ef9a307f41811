namespace CniSrcRoute;

/// <summary>What the kernel keys a route on within one table: NEWROUTE with NLM_F_REPLACE or NLM_F_EXCL asks whether this is there already.</summary>
/// <param name="Destination">rtm_dst_len and RTA_DST.</param>
/// <param name="Source">rtm_src_len and RTA_SRC (IPv6 source-specific routing); no prefix for none.</param>
/// <param name="Tos">rtm_tos.</param>
/// <param name="Metric">RTA_PRIORITY.</param>
public readonly record struct RouteKey(IpPrefix Destination, IpPrefix Source, byte Tos, uint Metric)
{
    /// <summary>A quick hash of what usually differs: a table holds thousands of destinations, and few sources or types of service.</summary>
    /// <returns>The hash code.</returns>
    public override int GetHashCode() =>
        HashCode.Combine(Destination.Address.High, Destination.Address.Low, ((ulong)Metric << 16) | ((uint)Tos << 8) | Destination.Length);
}
