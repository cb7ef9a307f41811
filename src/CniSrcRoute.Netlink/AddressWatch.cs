using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Netlink;

/// <summary>Hears of devices and addresses that come, go or change (multicast groups of rtnetlink(7)).</summary>
public sealed class AddressWatch : IDisposable
{
    private readonly NetlinkSocket _socket = new(Constants.RTNLGRP_LINK, Constants.RTNLGRP_IPV4_IFADDR, Constants.RTNLGRP_IPV6_IFADDR);
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Waits for a change since the object was made, or since the last call.</summary>
    /// <param name="timeout">How long at most.</param>
    public void Wait(TimeSpan timeout)
    {
        _socket.Wait(timeout);
        while (_socket.Wait(TimeSpan.Zero))
        {
            try
            {
                _socket.Receive(_buffer);
            }
            catch (NetlinkException e) when (e.Errno == Constants.ENOBUFS)
            {
                // Messages were lost; that something changed is all we ask.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
