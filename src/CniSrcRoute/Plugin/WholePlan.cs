using CniSrcRoute.Cni;
using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>The whole plan, carried out for a runtime's call under the node's lock.</summary>
/// <param name="Round">What was read, desired and planned.</param>
/// <param name="Failures">What could not be done.</param>
internal sealed record WholePlan(Reconciliation Round, List<Failure> Failures)
{
    /// <summary>How long a call waits for the lock: far longer than any other call needs, far shorter than a runtime's patience.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Reads the node and carries the plan out.</summary>
    /// <param name="config">The configuration.</param>
    /// <exception cref="CniException">Code 11: another held the lock for all that time, or a change waits for its confirmation.</exception>
    public static WholePlan Apply(Config config)
    {
        using FileLock held = NodeLock.TryAcquireInTurn(LockTimeout)
            ?? throw new CniException(CniErrorCode.TryAgainLater, "another srcroute holds the lock", NodeFiles.LockDirectory + "/lock");
        if (Confirmation.Standstill is { } reason)
        {
            throw new CniException(CniErrorCode.TryAgainLater, "nothing is changed now", reason);
        }

        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, config);
        return new WholePlan(round, round.Apply(kernel));
    }
}
