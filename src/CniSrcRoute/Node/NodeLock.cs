using CniSrcRoute.Files;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Node;

/// <summary>
/// The locks that keep two of us from working on the same thing: the kernel's tables, with the files of their names; the files of runtimes and of install.
/// Whoever holds the first waits for no other.
/// </summary>
internal static class NodeLock
{
    /// <summary>Takes the lock.</summary>
    /// <returns>The lock, null when another held it for all that time.</returns>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    public static FileLock? TryAcquire(TimeSpan timeout) => FileLock.TryAcquire(PathOf("lock"), timeout);

    /// <summary>Takes the lock in turn; for a process that ends when it does not get it.</summary>
    /// <returns>The lock, null when others held it for all that time.</returns>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    public static FileLock? TryAcquireInTurn(TimeSpan timeout) => FileLock.TryAcquireInTurn(PathOf("lock"), timeout);

    /// <summary>Takes the lock that a watcher holds as long as it runs.</summary>
    /// <returns>The lock, null when another watches.</returns>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    public static FileLock? TryBecomeWatcher()
    {
        FileLock? held = FileLock.TryAcquire(PathOf("watch.lock"), TimeSpan.FromSeconds(2));
        if (held is not null)
        {
            NoteVerification(DateTime.UnixEpoch);
        }

        return held;
    }

    /// <summary>Whether a watcher runs; the kernel releases its lock when it ends.</summary>
    public static bool IsWatched => Distrust() is null && FileLock.IsHeld(WatchersLock);

    /// <summary>Takes the lock for whoever changes files of runtimes, or what install puts on a node.</summary>
    /// <param name="timeout">How long to wait for another.</param>
    /// <returns>The lock; null where there can be none: in a container with a read-only root, whose locks no other process sees, or without root.</returns>
    /// <exception cref="InputException">Another held it for all that time.</exception>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    public static FileLock? OfFiles(TimeSpan timeout)
    {
        bool canLock = Directory.Exists(NodeFiles.LockDirectory)
            ? Privilege.MayWrite(NodeFiles.LockDirectory)
            : Privilege.MayWrite(Path.GetDirectoryName(NodeFiles.LockDirectory)!);
        return !canLock ? null : FileLock.TryAcquire(PathOf("files.lock"), timeout)
            ?? throw new InputException($"{NodeFiles.LockDirectory}/files.lock: another srcroute is at work on the same files");
    }

    /// <summary>When a watcher last verified the node; long ago when it has not yet, or there has never been a watcher.</summary>
    public static DateTime LastVerification => File.GetLastWriteTimeUtc(WatchersLock);

    private static string WatchersLock => $"{NodeFiles.LockDirectory}/watch.lock";

    /// <summary>Leaves word that the watcher has read the node, and repaired what there was to repair: the time of its lock's file.</summary>
    public static void NoteVerification(DateTime time)
    {
        try
        {
            File.SetLastWriteTimeUtc(WatchersLock, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // If the file has been removed, no process can see that the node is watched.
        }
    }

    /// <summary>Removes the locks when no process will take them any more; the directory too, unless others use it.</summary>
    public static void Forget()
    {
        File.Delete($"{NodeFiles.LockDirectory}/lock");
        File.Delete($"{NodeFiles.LockDirectory}/watch.lock");
        File.Delete($"{NodeFiles.LockDirectory}/files.lock");
        Confirmation.Forget();
        if (!Directory.EnumerateFileSystemEntries(NodeFiles.LockDirectory).Any())
        {
            FileName.RemoveDirectory(NodeFiles.LockDirectory);
        }
    }

    /// <summary>A file among the locks, whose directory is made when it is not there.</summary>
    /// <exception cref="IOException">Others may write in that directory.</exception>
    public static string PathOf(string name)
    {
        Directory.CreateDirectory(NodeFiles.LockDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Distrust() is { } reason ? throw new IOException(reason) : $"{NodeFiles.LockDirectory}/{name}";
    }

    // It may be another user's, where the watcher is not root: only root can have made it in /run. A sticky one lets others make locks as well.
    private static string? Distrust() => FileIdentity.Of(NodeFiles.LockDirectory) is { IsWritableByMode: true } identity
        ? (identity with { Mode = identity.Mode & ~UnixFileMode.StickyBit }).Distrust(NodeFiles.LockDirectory)
        : null;
}
