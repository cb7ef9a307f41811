using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Sockets;

/// <summary>Tells the service manager how a service does (sd_notify(3)).</summary>
public static unsafe class NotifySocket
{
    /// <summary>Sends a message, if there is a service manager that wants one. It is not waited for.</summary>
    /// <param name="path">NOTIFY_SOCKET: a path, or @ and a name in the abstract namespace; null or empty for no service manager.</param>
    /// <param name="message">Assignments, a line each: READY=1, STATUS=..., WATCHDOG=1.</param>
    /// <returns>False when its queue is full: then later is another try.</returns>
    public static bool Send(string? path, string message)
    {
        if (string.IsNullOrEmpty(path) || !UnixAddress.TryMake(path, out UnixAddress address))
        {
            return true;
        }

        // Nobody to tell is nothing to fail for.
        int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        byte[] text = Encoding.UTF8.GetBytes(message);
        bool isFull;
        fixed (byte* bytes = text)
        {
            isFull = sendto(descriptor, bytes, text.Length, MSG_DONTWAIT, (sockaddr*)&address.Name, address.Length) < 0 &&
                Marshal.GetLastPInvokeError() == EAGAIN;
        }

        _ = close(descriptor);
        return !isFull;
    }
}
