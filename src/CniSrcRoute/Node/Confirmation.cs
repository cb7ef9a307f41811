using System.Globalization;
using CniSrcRoute.Files;

namespace CniSrcRoute.Node;

/// <summary>
/// A change that is undone unless somebody confirms it. As long as it waits there is a file for it, locked by the process that will undo it. Taking the file's
/// name away decides, and one alone can do that: who confirms, or the process whose time is up. Whoever writes by itself, the plugin and the watcher, stands
/// still meanwhile, and after an undoing, until somebody calls for a change again: what was undone would be made anew, and its caller cut off for good.
/// </summary>
internal static class Confirmation
{
    /// <summary>The file of a change that waits.</summary>
    public const string Pending = NodeFiles.LockDirectory + "/pending";

    private const string Undone = NodeFiles.LockDirectory + "/undone";
    private const string Confirmed = NodeFiles.LockDirectory + "/confirmed";

    /// <summary>Whether a change waits; the kernel lets go of its lock when the process that would undo it dies.</summary>
    public static bool IsPending => FileLock.IsHeld(Pending);

    /// <summary>Why the plugin and the watcher must not write: a sentence; null when they may.</summary>
    public static string? Standstill =>
        IsPending ? $"a change waits for its confirmation: `srcroute confirm` keeps it, otherwise it is undone at {TimeOf(Pending)}"
        : File.Exists(Undone) ? $"a change was undone at {TimeOf(Undone)}, since nobody confirmed it: `srcroute sync` makes it again"
        : null;

    /// <summary>
    /// That a change stands which was to be undone, since the process that was to do it was killed: a sentence; null where it is not so. Pods go on to be
    /// served by what stands.
    /// </summary>
    public static string? Abandoned => File.Exists(Pending) && !IsPending
        ? $"a change that was to be undone at {TimeOf(Pending)} is still there without a confirmation, because the process that would undo it is gone: " +
            "`srcroute confirm` keeps it, `srcroute teardown` removes all that srcroute made"
        : null;

    /// <summary>Announces a change that waits; for who holds the node's lock.</summary>
    /// <param name="time">How long it waits: the file's time says until when.</param>
    /// <exception cref="IOException">It cannot be announced.</exception>
    public static FileLock Announce(TimeSpan time)
    {
        FileLock held = FileLock.TryAcquire(NodeLock.PathOf("pending"), TimeSpan.Zero) ?? throw new IOException($"{Pending}: another change waits already");
        File.SetLastWriteTimeUtc(Pending, DateTime.UtcNow + time);
        return held;
    }

    /// <summary>Refuses to go on beside a change that waits.</summary>
    /// <exception cref="InputException">One does.</exception>
    public static void RequireNone()
    {
        if (IsPending)
        {
            throw new InputException("a change waits for its confirmation: keep it with `srcroute confirm`, or wait until it is undone");
        }
    }

    /// <summary>Confirms the change that waits.</summary>
    /// <returns>False when there is none, or no more.</returns>
    public static bool TryConfirm()
    {
        bool decided = TryRename(Pending, Confirmed);
        File.Delete(Confirmed);
        return decided;
    }

    /// <summary>Decides that the change is undone.</summary>
    /// <returns>False when somebody has confirmed it.</returns>
    public static bool TryGiveUp()
    {
        bool decided = TryRename(Pending, Undone);
        if (decided)
        {
            File.SetLastWriteTimeUtc(Undone, DateTime.UtcNow);
        }

        return decided;
    }

    /// <summary>Forgets an undone change, and one that will never be undone: another change is asked for.</summary>
    /// <returns>What becomes of such a change: a sentence; null where there is none.</returns>
    public static string? Forget()
    {
        File.Delete(Undone);
        string? abandoned = Abandoned is null ? null
            : $"a change that was to be undone at {TimeOf(Pending)} was not, because the process that would undo it is gone: this change takes its place, and the earlier one will not be undone";
        if (!IsPending)
        {
            File.Delete(Pending);
        }

        return abandoned;
    }

    private static string TimeOf(string file) => File.GetLastWriteTime(file).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static bool TryRename(string before, string after)
    {
        try
        {
            FileName.Change(before, after);
            return true;
        }
        catch (IOException) when (!File.Exists(before))
        {
            return false;
        }
    }
}
