using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>
/// An exclusive lock on a file (flock(2)), which the kernel releases when the holder dies. Whoever can open a file can hold its lock, if only to read, so it
/// is a file that nobody else can open.
/// </summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly int _descriptor;

    private FileLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Whether somebody holds the lock.</summary>
    /// <param name="path">The file.</param>
    /// <returns>False also when the file is not there or cannot be opened.</returns>
    public static bool IsHeld(string path)
    {
        int descriptor = Libc.open(path, O_RDWR | O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return false;
        }

        // Shared: two who ask at once do not take each other for the holder.
        bool held = Libc.flock(descriptor, Constants.LOCK_SH | Constants.LOCK_NB) != 0;
        _ = close(descriptor);
        return held;
    }

    /// <summary>Takes the lock.</summary>
    /// <param name="path">The file; made when it is not there.</param>
    /// <param name="timeout">How long to wait for another holder.</param>
    /// <returns>The lock, null when the time was up.</returns>
    /// <exception cref="IOException">The file cannot be opened, or others can open it.</exception>
    public static FileLock? TryAcquire(string path, TimeSpan timeout) => TryAcquire(path, timeout, Poll);

    /// <summary>
    /// Takes the lock, in the order of those who wait so. Only for a process that ends when it does not get it: its thread stays in the queue.
    /// </summary>
    /// <param name="path">The file; made when it is not there.</param>
    /// <param name="timeout">How long to wait for another holder.</param>
    /// <returns>The lock, null when the time was up.</returns>
    /// <exception cref="IOException">The file cannot be opened, or others can open it.</exception>
    public static FileLock? TryAcquireInTurn(string path, TimeSpan timeout) => TryAcquire(path, timeout, Queue);

    /// <inheritdoc/>
    public void Dispose() => _ = close(_descriptor);

    private static FileLock? TryAcquire(string path, TimeSpan timeout, Func<int, TimeSpan, bool> wait)
    {
        while (true)
        {
            int descriptor = Open(path);
            bool taken = Try(descriptor) || wait(descriptor, timeout);

            // Who held it may have removed the file; then another is the lock by now.
            if (taken && FileIdentity.OfOpen(descriptor).IsSame(FileIdentity.Of(path)))
            {
                return new FileLock(descriptor);
            }

            _ = close(descriptor);
            if (!taken)
            {
                return null;
            }
        }
    }

    private static int Open(string path)
    {
        int descriptor = Libc.open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0x180 /* 0600 */);
        if (descriptor < 0)
        {
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        FileIdentity identity = FileIdentity.OfOpen(descriptor);
        if (identity is { IsRegular: true, IsPrivate: true })
        {
            return descriptor;
        }

        _ = close(descriptor);
        throw new IOException($"{path}: others than its owner can open it and hold the lock (mode {Convert.ToString((int)identity.Mode, 8)}); remove it");
    }

    private static bool Try(int descriptor) => Libc.flock(descriptor, Constants.LOCK_EX | Constants.LOCK_NB) == 0;

    // flock(2) itself has no time limit, and an alarm signal is not ours to use inside a runtime.
    private static bool Poll(int descriptor, TimeSpan timeout)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            Thread.Sleep(Pause);
            if (Try(descriptor))
            {
                return true;
            }
        }

        return false;
    }

    // The kernel serves those who wait in flock(2) one after the other. Who polls beside a hundred others has luck or has none, and all of them cost time.
    private static bool Queue(int descriptor, TimeSpan timeout)
    {
        bool taken = false;
        var place = new Thread(() => taken = Libc.flock(descriptor, Constants.LOCK_EX) == 0) { IsBackground = true };
        place.Start();
        return place.Join(timeout) && (taken || Poll(descriptor, timeout));
    }
}
