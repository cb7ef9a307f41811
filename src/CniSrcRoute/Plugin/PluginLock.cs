using CniSrcRoute.Cni;
using CniSrcRoute.Linux;
using CniSrcRoute.Node;

namespace CniSrcRoute.Plugin;

/// <summary>The node's lock, as a runtime's call takes it.</summary>
internal static class PluginLock
{
    /// <summary>How long a call waits: far longer than any other call needs, far shorter than a runtime's patience.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <exception cref="CniException">Code 11: another held it for all that time.</exception>
    public static FileLock Acquire() =>
        NodeLock.TryAcquire(Timeout) ?? throw new CniException(CniErrorCode.TryAgainLater, "another srcroute holds the lock", NodeFiles.LockDirectory + "/lock");
}
