using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>What the process may do.</summary>
public static unsafe class Privilege
{
    /// <summary>Whether the process has CAP_NET_ADMIN in effect (capabilities(7)), without which the kernel lets nobody write routes or rules.</summary>
    public static bool CanAdministerNetwork => Has(Constants.CAP_NET_ADMIN);

    /// <summary>Whether the process has CAP_NET_RAW in effect, without which the kernel lets nobody see packets.</summary>
    public static bool CanSeePackets => Has(Constants.CAP_NET_RAW);

    /// <summary>Whether the process may make files in a directory (access(2)); not on a file system that is mounted read-only, for instance.</summary>
    /// <param name="directory">The directory, which need not be there.</param>
    public static bool MayWrite(string directory) => Libc.access(directory, W_OK) == 0;

    /// <summary>Whether a file is on a file system that is mounted read-only, which no privilege helps against.</summary>
    /// <param name="file">The file.</param>
    public static bool IsReadOnly(string file) => Libc.access(file, W_OK) != 0 && Marshal.GetLastPInvokeError() == EROFS;

    private static bool Has(int capability)
    {
        var header = new Libc.CapabilityHeader { Version = Constants._LINUX_CAPABILITY_VERSION_3 };
        Libc.CapabilityData* data = stackalloc Libc.CapabilityData[2];
        return Libc.capget(&header, data) == 0 && (data->Effective & (1u << capability)) != 0;
    }
}
