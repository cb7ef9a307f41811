namespace CniSrcRoute.Netlink;

/// <summary>A UDP socket whose requests must keep the address that they were sent to.</summary>
/// <param name="Port">Its port.</param>
/// <param name="IsKernels">Whether it is the kernel's own, as far as that can be told; or else it is bound to a card and to no address.</param>
public readonly record struct UdpSocket(ushort Port, bool IsKernels);
