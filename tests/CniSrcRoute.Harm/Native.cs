using System.Runtime.InteropServices;
using System.Text;

namespace CniSrcRoute.Harm;

/// <summary>The kernel's calls that .NET has no name for.</summary>
internal static partial class Native
{
    public const int AF_PACKET = 17, SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000, ETH_P_ALL = 3, MSG_DONTWAIT = 0x40, MSG_TRUNC = 0x20;
    public const int SOL_SOCKET = 1, SO_RCVBUFFORCE = 33;
    public const int POLLIN = 1;
    public const byte PACKET_HOST = 0, PACKET_OUTGOING = 4;
    private const int O_RDWR = 2, O_CLOEXEC = 0x80000, IFF_TUN = 1, IFF_NO_PI = 0x1000;
    private const nuint TUNSETIFF = 0x400454ca;

    /// <summary>Opens a tun device, which is made where it is not there.</summary>
    public static int OpenTun(string name)
    {
        int file = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)(IFF_TUN | IFF_NO_PI));
        if (file < 0 || ioctl(file, TUNSETIFF, request) < 0)
        {
            throw new IOException($"tun {name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        return file;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int file, nuint request, byte[] argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(int socket, int level, int name, in int value, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvfrom(int socket, byte[] buffer, nint length, int flags, byte[] address, ref int addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int file, byte[] buffer, nint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int file, byte[] buffer, nint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll([System.Runtime.InteropServices.In, Out] long[] files, nint count, int milliseconds);

    [LibraryImport("libc")]
    public static partial int close(int file);
}
