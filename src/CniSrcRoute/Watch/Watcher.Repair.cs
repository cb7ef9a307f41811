using System.Diagnostics;
using CniSrcRoute.Linux;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <content>What is done about what is heard: the tables follow it, or the node is read and repaired.</content>
internal sealed partial class Watcher
{
    /// <summary>How long another may hold the lock before something else is done meanwhile.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How many steps at once are a burst.</summary>
    private const int BurstSteps = 1000;
    private const int LongBurstSteps = 20_000;

    private int _garbage;

    /// <summary>Takes in what was told, and follows it where that is enough.</summary>
    private void Listen()
    {
        long start = Stopwatch.GetTimestamp();
        _told.Clear();
        _moved.Clear();
        _events.Drain(_told);
        foreach (KernelEvent told in _told)
        {
            if (_knowledge?.Take(told, _moved) is { } cause)
            {
                _cause ??= Journal.Named(cause, told);
                if (cause.Kind == CauseKind.Overrun)
                {
                    _metrics.Overran();
                }
            }
        }

        if (_moved.Count == 0)
        {
            return;
        }

        // Also while a reading is due: it may have to wait, and will find whatever was followed wrongly.
        List<Change> steps = [];
        if (_knowledge?.TryFollow(_moved, steps) != true)
        {
            _cause ??= new Cause(CauseKind.Main, "main changed");
        }

        if (steps.Count > 0)
        {
            Take(steps, start);
        }
    }

    private void Take(List<Change> steps, long start)
    {
        try
        {
            using FileLock held = Lock();
            List<NetlinkError> refused = _kernel.Routing.Apply(steps);

            // Another of us, called for a new pod, may have been quicker; what it wrote is told of as well, and looked at then.
            refused.RemoveAll(error => error.IsExisting);
            _cause ??= refused.Count == 0 ? null : new Cause(CauseKind.Refusal, $"the kernel refused {refused.Count} steps: {refused[0]}");
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Journal.Followed(_moved.Keys, steps, took);
            _metrics.Repaired(CauseKind.Main, steps.Count, took);
            _metrics.Refused(refused.Count);
            _metrics.CopiesChanged(steps.Count(step => step.Kind == ChangeKind.Add) - steps.Count(step => step.Kind == ChangeKind.Remove));
            _metricsOutput.IsStale = true;
        }
        catch (Exception e) when (IsPassing(e))
        {
            _journal.Failed(e.Message);
            _cause ??= new Cause(CauseKind.Refusal, "what was heard could not be followed");
        }

        // At the end of a burst, and in between when it is a long one.
        _garbage += steps.Count;
        if (_garbage > (_told.Count < EventSource.MostAtOnce ? BurstSteps : LongBurstSteps))
        {
            ReturnMemory();
        }
    }

    /// <summary>What another try may not meet: the kernel's refusal of a conversation, a lock that is held, a file system that is full.</summary>
    private static bool IsPassing(Exception e) => e is NetlinkException or IOException or UnauthorizedAccessException;

    /// <summary>Reads the node, and repairs what is not as it should be.</summary>
    private void Read(Cause cause)
    {
        long start = Stopwatch.GetTimestamp();
        _cause = null;
        try
        {
            using FileLock held = Lock();

            // What was told up to here is in what is read now; taken in later, it would undo what has come since.
            _events.Discard();
            _nftables?.Drain();
            var round = Reconciliation.Read(_kernel, _files.Config, _knowledge?.TableNames ?? "");
            List<Failure> failures = round.Apply(_kernel, _files.Config);
            var knowledge = new Knowledge(round);
            if (cause.Kind == CauseKind.Card && _knowledge?.Subnets - knowledge.Subnets is > 0 and var lost)
            {
                Journal.Lost(cause, lost);
            }

            _knowledge = knowledge;
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            TimeSpan pause = _pace.After(Now, took, undone: round.Plan.KernelSteps > 0 && cause.IsUndoing);
            _metrics.Verified(round, DateTimeOffset.UtcNow);
            _metrics.Refused(failures.Count(failure => !failure.IsCosmetic));
            if (round.Plan.KernelSteps > 0)
            {
                _metrics.Repaired(cause.Kind, round.Plan.KernelSteps, took);
            }

            _journal.Read(cause, round, failures, took, pause);
            _manager.Ready(_journal.Summary);
        }
        catch (Exception e) when (IsPassing(e))
        {
            _journal.Failed(e.Message);
            _cause = cause;
            _pace.After(Now, TimeSpan.FromSeconds(1), undone: false);
        }

        _verified = Now;
        _metricsOutput.IsStale = true;
        ReturnMemory();
    }

    /// <summary>A reading or a burst leaves a copy of every route behind, for which there is no use until the next.</summary>
    private void ReturnMemory()
    {
        _garbage = 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    private static FileLock Lock() =>
        NodeLock.TryAcquire(LockTimeout)
        ?? throw new IOException($"{NodeFiles.LockDirectory}/lock: another srcroute has held it for {LockTimeout.TotalSeconds:0} seconds");
}
