using System.Runtime.InteropServices;

namespace CniSrcRoute.Interop;

/// <summary>What the package Tmds.LibC lacks of libc, under libc's names. What it has is called there: `using static Tmds.Linux.LibC`.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc.so.6";

    [LibraryImport(Library)]
    internal static partial int posix_spawnp(int* process, byte* file, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(void* fileActions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(void* fileActions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(void* fileActions, int descriptor, int copy);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn_file_actions_addopen(void* fileActions, int descriptor, string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitpid(int process, int* status, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inotify_add_watch(int descriptor, string path, uint mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_rm_watch(int descriptor, int watch);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string before, string after);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int directoryBefore, string before, int directoryAfter, string after, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capget(CapabilityHeader* header, CapabilityData* data);

    /// <summary>struct sockaddr_nl of &lt;linux/netlink.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SockAddrNetlink
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    /// <summary>struct sockaddr_ll of &lt;linux/if_packet.h&gt;: where a packet was, and from which hardware address it came.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct SockAddrPacket
    {
        public ushort Family;
        public ushort Protocol;
        public int Index;
        public ushort HardwareType;
        public byte Type;
        public byte Length;
        public ulong Address;
    }

    /// <summary>struct sock_filter of &lt;linux/filter.h&gt;: one instruction of a packet filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SockFilter(int code, byte jumpTrue, byte jumpFalse, uint k)
    {
        public ushort Code = (ushort)code;
        public byte JumpTrue = jumpTrue;
        public byte JumpFalse = jumpFalse;
        public uint K = k;
    }

    /// <summary>struct sock_fprog of &lt;linux/filter.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SockFilterProgram
    {
        public ushort Length;
        public SockFilter* Filter;
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
