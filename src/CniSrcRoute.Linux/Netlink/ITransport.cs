namespace CniSrcRoute.Netlink;

/// <summary>A datagram conversation with the kernel; the socket in the product, a script of answers in tests.</summary>
public interface ITransport : IDisposable
{
    /// <summary>Sends one datagram; the kernel has done what it asks when the call returns.</summary>
    /// <param name="datagram">One or more whole messages.</param>
    /// <exception cref="NetlinkException">The kernel did not take it.</exception>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>Receives one datagram from the kernel.</summary>
    /// <param name="buffer">Where to put it.</param>
    /// <returns>Its length; never more than the buffer's.</returns>
    /// <exception cref="NetlinkException">Answers were lost (ENOBUFS), or the datagram was longer than the buffer.</exception>
    int Receive(Span<byte> buffer);
}
