using System.Text;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Netlink;

/// <summary>Tells the service manager how a service does (sd_notify(3)).</summary>
public static unsafe class NotifySocket
{
    /// <summary>sizeof(sun_path) of &lt;sys/un.h&gt;.</summary>
    private const int PathSize = 108;

    /// <summary>Sends a message, if there is a service manager that wants one.</summary>
    /// <param name="path">NOTIFY_SOCKET: a path, or @ and a name in the abstract namespace; null or empty for no service manager.</param>
    /// <param name="message">Assignments, a line each: READY=1, STATUS=..., WATCHDOG=1.</param>
    public static void Send(string? path, string message)
    {
        if (string.IsNullOrEmpty(path) || Encoding.UTF8.GetByteCount(path) >= PathSize)
        {
            return;
        }

        // struct sockaddr_un: the family, then the path; an abstract name begins with a zero.
        Span<byte> address = stackalloc byte[2 + PathSize];
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)Constants.AF_UNIX);
        int length = 2 + Encoding.UTF8.GetBytes(path, address[2..]);
        if (path[0] == '@')
        {
            address[2] = 0;
        }

        int socket = Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM | Constants.SOCK_CLOEXEC, 0);
        fixed (byte* bytes = Encoding.UTF8.GetBytes(message), to = address)
        {
            // Nobody to tell is nothing to fail for.
            _ = Libc.sendto(socket, bytes, (nuint)Encoding.UTF8.GetByteCount(message), 0, to, (uint)length);
        }

        _ = Libc.close(socket);
    }
}
