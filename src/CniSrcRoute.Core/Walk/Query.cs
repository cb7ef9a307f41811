namespace CniSrcRoute.Walk;

/// <summary>A look-up under way: the flow, and what belongs to the look-up alone.</summary>
/// <param name="flow">The packet.</param>
/// <param name="devices">The node's devices.</param>
/// <param name="iif">The device it comes in by in the eyes of the rules: the loopback device for what the node says itself.</param>
internal sealed class Query(Flow flow, Devices devices, int iif)
{
    /// <summary>The packet.</summary>
    public Flow Flow { get; } = flow;

    /// <summary>flowi_iif.</summary>
    public int Iif { get; } = iif;

    /// <summary>flowi_oif: a VRF that a sender is bound to selects its table, not routes of a device (l3mdev_update_flow).</summary>
    public int Oif { get; } = devices.IsVrf(flow.Oif) ? 0 : flow.Oif;

    /// <summary>flowi_l3mdev: the VRF that the packet belongs to; 0 for none.</summary>
    public int Vrf { get; init; } = flow.Oif != 0 ? devices.VrfOf(flow.Oif) : iif > Devices.Loopback ? devices.VrfOf(iif) : 0;

    /// <summary>Whether routes by devices without a carrier count all the same (FIB_LOOKUP_IGNORE_LINKSTATE).</summary>
    public bool IgnoresLinkState { get; init; }

    /// <summary>
    /// IPv6: whether the route has to leave by <see cref="Preferred"/> (RT6_LOOKUP_F_IFACE), which otherwise is only liked better than others.
    /// </summary>
    public bool IsStrict { get; init; }

    /// <summary>IPv6: the device that the sender is bound to, or for a forwarded packet the one it came in by; 0 for none.</summary>
    public int Preferred { get; init; }

    /// <summary>Whether the kernel may decide otherwise.</summary>
    public bool IsUncertain { get; set; }
}
