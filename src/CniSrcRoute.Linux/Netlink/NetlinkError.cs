using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>The kernel's refusal of one message of a batch.</summary>
/// <param name="Index">Which message, counted from 0.</param>
/// <param name="Errno">A positive errno.</param>
/// <param name="Words">The kernel's own words (NLMSGERR_ATTR_MSG); null for none.</param>
public readonly record struct NetlinkError(int Index, int Errno, string? Words)
{
    private static IEnumerable<(int Number, string Name)> Names =>
    [
        (EPERM, nameof(EPERM)),
        (ENOENT, nameof(ENOENT)),
        (ESRCH, nameof(ESRCH)),
        (EAGAIN, nameof(EAGAIN)),
        (ENOMEM, nameof(ENOMEM)),
        (EACCES, nameof(EACCES)),
        (EBUSY, nameof(EBUSY)),
        (EEXIST, nameof(EEXIST)),
        (ENODEV, nameof(ENODEV)),
        (EINVAL, nameof(EINVAL)),
        (ERANGE, nameof(ERANGE)),
        (EOPNOTSUPP, nameof(EOPNOTSUPP)),
        (EAFNOSUPPORT, nameof(EAFNOSUPPORT)),
        (EADDRNOTAVAIL, nameof(EADDRNOTAVAIL)),
        (ENETDOWN, nameof(ENETDOWN)),
        (ENETUNREACH, nameof(ENETUNREACH)),
        (ENOBUFS, nameof(ENOBUFS)),
        (EHOSTUNREACH, nameof(EHOSTUNREACH)),
    ];

    /// <summary>An errno as text: its name, then the kernel's words or, without any, the C library's.</summary>
    /// <param name="errno">A positive errno.</param>
    /// <param name="words">The kernel's words; null for none.</param>
    /// <returns>For example "ENETUNREACH: Nexthop has invalid gateway".</returns>
    public static string Describe(int errno, string? words) => $"{Name(errno)}: {words?.TrimEnd('.') ?? Marshal.GetPInvokeErrorMessage(errno)}";

    /// <inheritdoc/>
    public override string ToString() => Describe(Errno, Words);

    private static string Name(int errno)
    {
        foreach ((int number, string name) in Names)
        {
            if (number == errno)
            {
                return name;
            }
        }

        return $"errno {errno}";
    }
}
