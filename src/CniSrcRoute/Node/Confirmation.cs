using CniSrcRoute.Linux;

namespace CniSrcRoute.Node;

/// <summary>
/// A change that is undone unless somebody confirms it. A file stands for it as long as it waits, locked by the process that will undo it. Taking the file's
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

    /// <summary>Why nothing is to be written that nobody has called for: a sentence; null when nothing hinders.</summary>
    public static string? Standstill => IsPending
        ? "a change waits for its confirmation: `srcroute confirm` keeps it"
        : File.Exists(Undone) ? "a change was undone, since nobody confirmed it: `srcroute sync` makes it again" : null;

    /// <summary>Announces a change that waits; for who holds the node's lock.</summary>
    /// <exception cref="IOException">It cannot be announced.</exception>
    public static FileLock Announce() =>
        FileLock.TryAcquire(NodeLock.PathOf("pending"), TimeSpan.Zero) ?? throw new IOException($"{Pending}: another change waits already");

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
    public static bool TryGiveUp() => TryRename(Pending, Undone);

    /// <summary>Forgets an undoing: somebody calls for a change.</summary>
    public static void Forget()
    {
        File.Delete(Undone);
        if (!IsPending)
        {
            File.Delete(Pending);
        }
    }

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
