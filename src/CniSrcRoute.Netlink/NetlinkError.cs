using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Netlink;

/// <summary>The kernel's refusal of one message of a batch.</summary>
/// <param name="Index">Which message, counted from 0.</param>
/// <param name="Errno">A positive errno.</param>
/// <param name="Words">The kernel's own words (NLMSGERR_ATTR_MSG); null for none.</param>
public readonly record struct NetlinkError(int Index, int Errno, string? Words)
{
    /// <summary>Whether what was to be made is there already (EEXIST).</summary>
    public bool IsExisting => Errno == Constants.EEXIST;

    /// <summary>An errno as text: its name, then the kernel's words or, without any, the C library's.</summary>
    /// <param name="errno">A positive errno.</param>
    /// <param name="words">The kernel's words; null for none.</param>
    /// <returns>For example "ENETUNREACH: Nexthop has invalid gateway".</returns>
    public static string Describe(int errno, string? words) => $"{Name(errno)}: {words?.TrimEnd('.') ?? Marshal.GetPInvokeErrorMessage(errno)}";

    /// <inheritdoc/>
    public override string ToString() => Describe(Errno, Words);

    private static string Name(int errno) => errno switch
    {
        Constants.EPERM => nameof(Constants.EPERM),
        Constants.ENOENT => nameof(Constants.ENOENT),
        Constants.ESRCH => nameof(Constants.ESRCH),
        Constants.EAGAIN => nameof(Constants.EAGAIN),
        Constants.ENOMEM => nameof(Constants.ENOMEM),
        Constants.EACCES => nameof(Constants.EACCES),
        Constants.EBUSY => nameof(Constants.EBUSY),
        Constants.EEXIST => nameof(Constants.EEXIST),
        Constants.ENODEV => nameof(Constants.ENODEV),
        Constants.EINVAL => nameof(Constants.EINVAL),
        Constants.ERANGE => nameof(Constants.ERANGE),
        Constants.EOPNOTSUPP => nameof(Constants.EOPNOTSUPP),
        Constants.EAFNOSUPPORT => nameof(Constants.EAFNOSUPPORT),
        Constants.EADDRNOTAVAIL => nameof(Constants.EADDRNOTAVAIL),
        Constants.ENETDOWN => nameof(Constants.ENETDOWN),
        Constants.ENETUNREACH => nameof(Constants.ENETUNREACH),
        Constants.ENOBUFS => nameof(Constants.ENOBUFS),
        Constants.EHOSTUNREACH => nameof(Constants.EHOSTUNREACH),
        _ => $"errno {errno}",
    };
}
