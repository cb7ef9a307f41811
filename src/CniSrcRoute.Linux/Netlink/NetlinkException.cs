namespace CniSrcRoute.Netlink;

/// <summary>The kernel refused an operation, or a conversation with it failed: operation, errno and, where it gave any, the kernel's own words.</summary>
/// <param name="operation">What was asked, for example "RTM_GETROUTE".</param>
/// <param name="errno">A positive errno; 0 for a broken conversation.</param>
/// <param name="words">The kernel's words (extended ACK), or what is wrong with the conversation; null for none.</param>
public sealed class NetlinkException(string operation, int errno, string? words = null)
    : Exception(errno == 0 ? $"{operation}: {words}" : $"{operation}: {NetlinkError.Describe(errno, words)}")
{
    /// <summary>A positive errno; 0 for a broken conversation.</summary>
    public int Errno { get; } = errno;
}
