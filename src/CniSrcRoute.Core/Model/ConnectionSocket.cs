namespace CniSrcRoute;

/// <summary>A process's end of a connection, with what it has asked of the kernel's routing (&lt;linux/inet_diag.h&gt;, struct inet_diag_msg).</summary>
/// <param name="Protocol">6 for TCP, 17 for UDP.</param>
/// <param name="Local">Its own address; none where it is bound to none.</param>
/// <param name="LocalPort">Its own port.</param>
/// <param name="Remote">The other's address; none where it is not connected.</param>
/// <param name="RemotePort">The other's port.</param>
/// <param name="Card">The index of the device that it is bound to (SO_BINDTODEVICE); 0 for none.</param>
/// <param name="Mark">Its mark (SO_MARK).</param>
/// <param name="User">The user whose it is.</param>
public readonly record struct ConnectionSocket(
    byte Protocol, IpAddress Local, ushort LocalPort, IpAddress Remote, ushort RemotePort, int Card, uint Mark, uint User);
