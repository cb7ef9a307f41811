using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs.Confirm;

/// <summary>
/// A change that may have to be undone, and the node as it was before. The node's lock is held while it is made and while it is undone, not in between: pods
/// start and end meanwhile.
/// </summary>
/// <param name="time">How long it waits for a confirmation.</param>
internal sealed class Trial(TimeSpan time) : IDisposable
{
    /// <summary>How often the undoing is tried, and the time between: what the kernel refused once it may take later.</summary>
    private const int Attempts = 60;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The directories of names that were not there before.</summary>
    private readonly List<string> _made = [];

    private FileLock? _pending;
    private NodeState? _before;

    /// <summary>Decides which part of a large table main is read: the same before and after.</summary>
    private Config? _config;
    private IReadOnlyList<Connection> _marked = [];
    private uint _mask;

    /// <summary>Whether the change has been announced, and may have been made.</summary>
    public bool HasBegun => _pending is not null;

    /// <summary>Announces the change, and remembers what there is; for who holds the node's lock, before the first step.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="round">What is about to be carried out.</param>
    /// <exception cref="InputException">What there is could not be made again.</exception>
    public void Begin(Kernel kernel, Reconciliation round)
    {
        if (round.State.Nftables.Table is { CanBeWritten: false })
        {
            throw new InputException("--confirm: others have added objects to the nftables table inet srcroute that could not be restored; run `srcroute sync` without --confirm first");
        }

        (_before, _config) = (round.State, round.Config);
        _mask = round.Desired.MarkMask.Value;
        _marked = _before.Nftables.Table is not null ? [] : [.. kernel.ReadConnections().Where(connection => (connection.Mark & _mask) != 0)];
        foreach (NamesFileKind file in new[] { NamesFileKind.Tables, NamesFileKind.Protocols })
        {
            for (string directory = Path.GetDirectoryName(NamesFile.PathOf(file))!; !Directory.Exists(directory); directory = Path.GetDirectoryName(directory)!)
            {
                _made.Add(directory);
            }
        }

        _pending = Confirmation.Announce(time);
    }

    /// <summary>Undoes the change, if it has begun and nobody has confirmed it.</summary>
    /// <returns>Whether it was undone.</returns>
    public bool Undo()
    {
        if (!HasBegun)
        {
            return false;
        }

        // However long others hold the lock: no other process will undo it.
        FileLock? held;
        while ((held = NodeLock.TryAcquire(Pause)) is null)
        {
        }

        using (held)
        {
            return Confirmation.TryGiveUp() && WriteAgain();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pending?.Dispose();

    private bool WriteAgain()
    {
        for (int attempt = 1; ; attempt++)
        {
            string refusal;
            try
            {
                using var kernel = new Kernel();
                NodeState now = StateReader.Read(kernel, _config);
                List<Failure> failures = Applier.Apply(new NodeWriter(kernel), Restoration.Of(_before!, now), PlanFrom(now));
                if (failures.Count == 0)
                {
                    // What is in another goes first.
                    foreach (string directory in _made.OrderByDescending(directory => directory.Length))
                    {
                        RemoveIfEmpty(directory);
                    }

                    return true;
                }

                refusal = failures[0].Describe(now);
            }
            catch (Exception e) when (e is NetlinkException or IOException or UnauthorizedAccessException)
            {
                refusal = e.Message;
            }

            if (attempt == Attempts)
            {
                Log.Error($"not all could be undone: {refusal}; `srcroute teardown` removes what is left");
                return true;
            }

            Thread.Sleep(Pause);
        }
    }

    private Plan PlanFrom(NodeState now)
    {
        Plan plan = Diff.Between(Restoration.Of(_before!, now), now);
        bool isUnmarked = _before!.Nftables.Table is null && now.Nftables.Table is not null;
        return isUnmarked ? plan with { Changes = [.. plan.Changes, new UnmarkingChange(_mask, _marked)] } : plan;
    }

    private static void RemoveIfEmpty(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            FileName.RemoveDirectory(directory);
        }
    }
}
