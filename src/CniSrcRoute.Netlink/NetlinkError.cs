using System.Runtime.InteropServices;

namespace CniSrcRoute.Netlink;

/// <summary>The kernel's refusal of one message of a batch.</summary>
/// <param name="Index">Which message, counted from 0.</param>
/// <param name="Errno">A positive errno.</param>
/// <param name="Words">The kernel's own words (NLMSGERR_ATTR_MSG); null for none.</param>
public readonly record struct NetlinkError(int Index, int Errno, string? Words)
{
    /// <summary>Whether what was to be made is there already (EEXIST).</summary>
    public bool IsExisting => Errno == Interop.Constants.EEXIST;

    /// <summary>An errno as text: its name, then the kernel's words or, without any, the C library's.</summary>
    /// <param name="errno">A positive errno.</param>
    /// <param name="words">The kernel's words; null for none.</param>
    /// <returns>For example "ENETUNREACH: Nexthop has invalid gateway".</returns>
    public static string Describe(int errno, string? words) => $"{Name(errno)}: {words?.TrimEnd('.') ?? Marshal.GetPInvokeErrorMessage(errno)}";

    /// <inheritdoc/>
    public override string ToString() => Describe(Errno, Words);

    private static string Name(int errno) => errno switch
    {
        1 => "EPERM",
        2 => "ENOENT",
        3 => "ESRCH",
        11 => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        16 => "EBUSY",
        17 => "EEXIST",
        19 => "ENODEV",
        22 => "EINVAL",
        34 => "ERANGE",
        95 => "EOPNOTSUPP",
        97 => "EAFNOSUPPORT",
        99 => "EADDRNOTAVAIL",
        100 => "ENETDOWN",
        101 => "ENETUNREACH",
        105 => "ENOBUFS",
        113 => "EHOSTUNREACH",
        _ => $"errno {errno}",
    };
}
