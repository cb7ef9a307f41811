using CniSrcRoute.Linux;

namespace CniSrcRoute.Node;

/// <summary>The lock that keeps two of us from planning on what the other is changing.</summary>
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

    /// <summary>Takes the lock that a watcher holds as long as it lives.</summary>
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

    /// <summary>Whether a watcher lives; the kernel lets go of its lock when it dies.</summary>
    public static bool IsWatched => FileLock.IsHeld(WatchersLock);

    /// <summary>When a watcher last verified the node; long ago when it has not yet, or nobody has ever watched.</summary>
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
            // Somebody has removed the file: then nobody sees that the node is watched, and nobody asks how well.
        }
    }

    /// <summary>Removes the locks when nobody is there any more to take them; the directory too, unless others use it.</summary>
    public static void Forget()
    {
        File.Delete($"{NodeFiles.LockDirectory}/lock");
        File.Delete($"{NodeFiles.LockDirectory}/watch.lock");
        if (!Directory.EnumerateFileSystemEntries(NodeFiles.LockDirectory).Any())
        {
            FileName.RemoveDirectory(NodeFiles.LockDirectory);
        }
    }

    private static string PathOf(string name)
    {
        Directory.CreateDirectory(NodeFiles.LockDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return $"{NodeFiles.LockDirectory}/{name}";
    }
}
