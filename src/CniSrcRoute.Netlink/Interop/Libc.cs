using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink.Interop;

/// <summary>The calls into libc, under its names. The one folder to change when a package of such declarations can be had.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(int socket, int level, int option, in int value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(int socket, in SockAddrNetlink address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(int socket, byte* buffer, nuint length, int flags, in SockAddrNetlink to, uint toLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvfrom(int socket, byte* buffer, nuint length, int flags, out SockAddrNetlink from, ref uint fromLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(ref PollFd descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int capget(ref CapabilityHeader header, CapabilityData* data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, out Statx status);

    /// <summary>struct statx of statx(2): the same on every machine, unlike struct stat. 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    /// <summary>struct sockaddr_nl of &lt;linux/netlink.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SockAddrNetlink
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct __user_cap_header_struct of &lt;linux/capability.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityHeader
    {
        public uint Version;
        public int ProcessId;
    }

    /// <summary>struct __user_cap_data_struct of &lt;linux/capability.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityData
    {
        public uint Effective;
        public uint Permitted;
        public uint Inheritable;
    }
}
