using CniSrcRoute.Cni;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Plugin;

/// <summary>
/// STATUS: whether an ADD would do its work (CNI specification, section 2, "STATUS"). A runtime takes a failure for a node that is not ready, from which pods
/// are taken away. So it fails for nothing else: a card that is down, a source that is not served, rules that the next ADD makes are told by `srcroute status`,
/// the log and the metrics.
/// </summary>
internal static class Status
{
    /// <exception cref="CniException">An ADD would fail (50).</exception>
    public static void Run()
    {
        if (!Privilege.CanAdministerNetwork)
        {
            throw NotAvailable("it needs the capability CAP_NET_ADMIN");
        }

        try
        {
            using var kernel = new Kernel();
            _ = kernel.Routing.ListRules(Family.IPv4);

            // Whoever holds the lock lets go of it in time; what counts is that it can be had.
            NodeLock.TryAcquire(TimeSpan.Zero)?.Dispose();
        }
        catch (Exception e) when (e is NetlinkException or IOException or UnauthorizedAccessException)
        {
            throw NotAvailable(e.Message);
        }
    }

    private static CniException NotAvailable(string why) => new(CniErrorCode.NotAvailable, "the plugin is not available", why);
}
