namespace CniSrcRoute;

/// <summary>What of a device's IPv4 settings matters here: net.ipv4.conf.DEVICE (ip-sysctl of the kernel's documentation).</summary>
/// <param name="RpFilter">rp_filter: 0 no check of the reverse path, 1 strict, 2 loose.</param>
/// <param name="SrcValidMark">src_valid_mark: whether the check looks at the packet's mark.</param>
public readonly record struct Ipv4Conf(byte RpFilter, bool SrcValidMark)
{
    /// <summary>ignore_routes_with_linkdown: routes by the device do not count while it has no carrier.</summary>
    public bool IgnoresRoutesWithLinkdown { get; init; }

    /// <summary>arp_ignore: 0 where a card answers ARP for the addresses of all cards.</summary>
    public byte ArpIgnore { get; init; }
}
