using CniSrcRoute.Cni;
using CniSrcRoute.Configuration;
using CniSrcRoute.Linux;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;

namespace CniSrcRoute.Plugin;

/// <summary>
/// GC: takes away what no pod needs (CNI specification, section 2, "GC"). What a pod needs is what main has, so the list of valid attachments says
/// nothing that the plan does not know better; whether it is absent, null or empty makes no difference.
/// </summary>
internal static class GarbageCollection
{
    /// <exception cref="CniException">The lock is held (11), or the kernel refused (100): everything else has been done.</exception>
    public static void Run(CniRequest request)
    {
        Config config = NodeFiles.ReadConfig(request.ConfigFile);
        using FileLock held = PluginLock.Acquire();
        using var socket = new NetlinkSocket();
        var kernel = new RouteNetlink(socket);
        var round = Reconciliation.Read(kernel, config);
        List<Failure> failures = round.Apply(kernel, config);
        if (failures.Count > 0)
        {
            throw new CniException(CniErrorCode.RouteRefused, "the kernel refused routes or rules", string.Join("; ", failures.Select(failure => failure.Describe(round.State))));
        }
    }
}
