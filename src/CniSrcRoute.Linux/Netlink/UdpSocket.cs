namespace CniSrcRoute.Netlink;

/// <summary>A UDP socket because of which requests have to keep the address that they were sent to.</summary>
/// <param name="Port">Its port.</param>
/// <param name="IsKernels">Whether it is the kernel's own, as far as that can be told; or else it is bound to a card or to an address.</param>
/// <param name="Address">The address that it is bound to, and no peer; none for the others.</param>
public readonly record struct UdpSocket(ushort Port, bool IsKernels, IpAddress Address);
