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

    /// <summary>How long to wait after the kernel, or the file system, has refused.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

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
            List<NetlinkError> refused;
            using (Lock())
            {
                refused = _kernel.Routing.Apply(steps);
            }

            // Another of us, called for a new pod, may have been quicker; what it wrote is told of as well, and looked at then.
            refused.RemoveAll(error => error.IsExisting);
            _cause ??= refused.Count == 0 ? null : new Cause(CauseKind.Refusal, $"the kernel refused {refused.Count} steps: {refused[0]}");
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Journal.Followed(_moved.Keys, steps, took);
            _metrics.Repaired(CauseKind.Main, steps.Count);
            _metrics.Converged(took);
            _metrics.Refused(refused.Count);
            _metrics.CopiesChanged(steps.Count(step => step.Kind == ChangeKind.Add) - steps.Count(step => step.Kind == ChangeKind.Remove));
            _metricsOutput.IsStale = true;
            _journal.Succeeded(Duty.Repair);
        }
        catch (Exception e) when (IsPassing(e))
        {
            _journal.Failed(Duty.Repair, e.Message);
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
    private static bool IsPassing(Exception e) => e is NetlinkException or IOException or UnauthorizedAccessException or TimeoutException;

    /// <summary>Reads the node, and repairs what is not as it should be.</summary>
    private void Read(Cause cause)
    {
        long start = Stopwatch.GetTimestamp();
        _cause = null;
        try
        {
            (Reconciliation round, List<Failure> failures, long begun) = Repair();
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Knowledge? before = _knowledge;
            _knowledge = new Knowledge(round);
            if (cause.Kind == CauseKind.Card && before?.Subnets - _knowledge.Subnets is > 0 and var lost)
            {
                Journal.Lost(cause, lost);
            }

            List<Share> shares = Share.Of(round.Plan, cause, before);
            _metrics.Verified(round, DateTimeOffset.UtcNow);
            _metrics.Refused(failures.Count(failure => !failure.IsCosmetic));
            shares.ForEach(share => _metrics.Repaired(share.Cause.Kind, share.Steps.Count));
            if (shares.Count > 0)
            {
                _metrics.Converged(took);
            }

            _journal.Read(round, shares, failures, took);
            _journal.Succeeded(Duty.Repair);
            Share? undone = shares.Find(share => share.Cause.IsUndoing);
            TimeSpan pause = _pace.After(Now, Stopwatch.GetElapsedTime(begun), undone is not null);
            if (undone is not null)
            {
                Journal.Undone(undone.Cause, pause);
            }

            NodeLock.NoteVerification(DateTime.UtcNow);
            _manager.Ready(_journal.Summary);
        }
        catch (InputException e)
        {
            // What stands stays as it is, until something changes: the node, or a file.
            _journal.Failed(Duty.Repair, e.Message);
            _manager.Ready(e.Message);
        }
        catch (Exception e) when (IsPassing(e))
        {
            // For a lock it has been waited already.
            _journal.Failed(Duty.Repair, e.Message);
            _manager.Failing(e.Message);
            _cause = cause;
            _pace.Failed(Now, e is TimeoutException ? TimeSpan.Zero : FailurePause);
        }

        _metricsOutput.IsStale = true;
        ReturnMemory();
    }

    /// <summary>What needs the lock; whoever is told of it may take its time to listen.</summary>
    private (Reconciliation Round, List<Failure> Failures, long Begun) Repair()
    {
        using FileLock held = Lock();
        long begun = Stopwatch.GetTimestamp();

        // What was told up to here is in what is read now; taken in later, it would undo what has come since.
        _events.Discard();
        _nftables?.Drain();
        var round = Reconciliation.Read(_kernel, _files.Config, _knowledge?.TableNames ?? "");
        return (round, round.Apply(_kernel, _files.Config), begun);
    }

    /// <summary>A reading or a burst leaves a copy of every route behind, for which there is no use until the next.</summary>
    private void ReturnMemory()
    {
        _garbage = 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    private static FileLock Lock() =>
        NodeLock.TryAcquire(LockTimeout)
        ?? throw new TimeoutException($"{NodeFiles.LockDirectory}/lock: another srcroute has held it for {LockTimeout.TotalSeconds:0} seconds");
}
