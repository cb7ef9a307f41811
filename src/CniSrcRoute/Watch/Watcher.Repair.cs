using System.Diagnostics;
using CniSrcRoute.Files;
using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Events;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <content>The answer to events: a plan for what is dirty, and its writing.</content>
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

    /// <summary>What was desired when the node was read last.</summary>
    private DesiredState? _standing;

    /// <summary>Does what there is to do now: all that is due, or the part of it that need not wait.</summary>
    private void Work()
    {
        if (_planner is not null)
        {
            _backoff.Release(Now, _planner.Dirt);
        }

        Extent extent = _cause is not null || _planner is null ? Extent.Reading : _planner.Look();
        if (extent > Extent.Part && Now < _pace.NotBefore)
        {
            extent = _planner?.Dirt.HasPart == true ? Extent.Part : Extent.Nothing;
        }

        if (extent != Extent.Nothing)
        {
            Repair(extent);
        }
    }

    /// <summary>Plans what is dirty, and writes it; reads the node before where that is needed.</summary>
    private void Repair(Extent extent)
    {
        long start = Stopwatch.GetTimestamp();
        Cause? reason = _cause ?? _planner?.Dirt.Reason;
        try
        {
            using (Lock())
            {
                long begun = Stopwatch.GetTimestamp();
                if (extent == Extent.Reading)
                {
                    Read(reason!);
                }
                else
                {
                    // Another srcroute may have held the lock: what it did has arrived as events.
                    Listen();
                }

                if (Write(extent, start) is { } refusal)
                {
                    if (extent == Extent.Reading)
                    {
                        // What fails is tried once more against the node as it is then: it may have changed since it was read.
                        Read(refusal);
                        Write(extent, start);
                    }
                    else
                    {
                        _planner!.Dirt.Add(Extent.Reading, refusal);
                    }
                }

                if (extent > Extent.Part)
                {
                    _pace.After(Now, Stopwatch.GetElapsedTime(begun));
                    _manager.Ready(_journal.Summary);
                }
            }

            _journal.Succeeded(WatcherTask.Repair);
        }
        catch (InputException e)
        {
            // Existing tables and rules stay until the node or a file changes.
            _journal.Failed(WatcherTask.Repair, e.Message);
            _manager.Ready(e.Message);
            _pace.After(Now, Stopwatch.GetElapsedTime(start));
        }
        catch (Exception e) when (IsPassing(e))
        {
            // For a lock it has been waited already.
            _journal.Failed(WatcherTask.Repair, e.Message);
            _manager.Failing(e.Message);
            _cause ??= reason ?? new Cause(CauseKind.Refusal, "an event could not be followed");
            _pace.Failed(Now, e is TimeoutException ? TimeSpan.Zero : FailurePause);
        }

        _metricsOutput.IsStale = true;
        if (extent == Extent.Reading || _garbage > (_atOnce < EventSource.MostAtOnce ? BurstSteps : LongBurstSteps))
        {
            ReturnMemory();
        }
    }

    /// <summary>Reads the node. Events received up to here are in what is read; applied later, they would undo what has come since.</summary>
    private void Read(Cause cause)
    {
        _events.Discard();
        _received.Clear();
        if (_nftables is not null)
        {
            _nftables.Drain();
            _nftables.HaveOthersChanged = false;
        }

        int subnets = _planner?.Subnets ?? 0;

        // What was known goes before what is read comes: there need not be room for both. For 5,000 peers and 8 sources that is a millisecond, and 3 MB of 22.
        (_standing, _planner) = (_planner?.Desired ?? _standing, null);
        GC.Collect();
        NodeState state = StateReader.Read(_kernel, _files.Config, _standing?.TableNamesFile ?? "");
        if (cause.Kind == CauseKind.Start)
        {
            // Nobody can be asked.
            Journal.Diverted(Reconciliation.Of(state, _files.Config).Diversions(_kernel));
        }

        _planner = new Planner(_files.Config, state, cause, _standing, subnets);
        _cause = null;
        _metrics.Verified(DateTimeOffset.UtcNow);
    }

    /// <summary>Writes the plan for what is dirty.</summary>
    /// <returns>What the kernel refused, beside names; null for nothing.</returns>
    private Cause? Write(Extent extent, long start)
    {
        Planner planner = _planner!;
        Plan plan = _backoff.Filter(planner.Plan(extent, out Dirt dirt, RepairMeanwhile), dirt, Now, out TimeSpan pause, out Cause? undone);
        List<Failure> failures = planner.Apply(new NodeWriter(_kernel), plan);
        if (extent == Extent.Reading)
        {
            NodeLock.NoteVerification(DateTime.UtcNow);
        }

        _garbage += plan.Changes.Count;
        _records.Written(planner, plan, dirt, Stopwatch.GetElapsedTime(start));
        if (extent > Extent.Part)
        {
            _records.Planned(planner, plan, failures);
        }

        if (undone is not null)
        {
            Journal.Undone(undone, pause);
        }

        List<Failure> refused = failures.FindAll(failure => !failure.IsCosmetic);
        _metrics.Refused(refused.Count);
        return refused.Count == 0 ? null : new Cause(CauseKind.Refusal, $"the kernel refused {refused.Count} steps: {refused[0].Reason}");
    }

    /// <summary>
    /// Repairs what somebody undoes while everything is planned, which takes a tenth of a second on a node with thousands of addresses. Other events wait.
    /// </summary>
    /// <returns>Whether there was anything.</returns>
    private bool RepairMeanwhile()
    {
        long start = Stopwatch.GetTimestamp();
        _events.Drain(_received);
        List<KernelEvent> undone = _received.FindAll(Planner.IsUndoing);
        _received.RemoveAll(Planner.IsUndoing);
        undone.ForEach(_planner!.Handle);
        if (!_planner.Dirt.HasPart)
        {
            return false;
        }

        if (Write(Extent.Part, start) is { } refusal)
        {
            _planner.Dirt.Add(Extent.Reading, refusal);
        }

        return true;
    }

    /// <summary>What another try may not meet: the kernel's refusal of a conversation, a lock that is held, a file system that is full.</summary>
    private static bool IsPassing(Exception e) => e is NetlinkException or IOException or UnauthorizedAccessException or TimeoutException;

    /// <summary>A reading or a burst leaves a copy of every route behind, for which there is no use until the next.</summary>
    private void ReturnMemory()
    {
        _garbage = 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    /// <summary>Takes the node's lock. While a change waits for its confirmation, or was undone for want of it, nothing is repaired: who is cut off would stay so.</summary>
    private static FileLock Lock()
    {
        FileLock held = NodeLock.TryAcquire(LockTimeout)
            ?? throw new TimeoutException($"{NodeFiles.LockDirectory}/lock: another srcroute has held it for {LockTimeout.TotalSeconds:0} seconds");
        if (Confirmation.Standstill is { } reason)
        {
            held.Dispose();
            throw new IOException(reason);
        }

        return held;
    }
}
