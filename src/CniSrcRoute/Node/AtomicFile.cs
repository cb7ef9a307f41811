using System.Text;
using CniSrcRoute.Linux;

namespace CniSrcRoute.Node;

/// <summary>Writes a file in one step: a reader sees the old text or the new one, never a part.</summary>
internal static class AtomicFile
{
    /// <summary>Readable by all, written by its owner.</summary>
    public const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>How the new file is called until it is whole: a name that no program takes for one of its own files. A kill leaves it behind.</summary>
    public const string TemporarySuffix = ".srcroute-new";

    /// <summary>How long another may write in the same directory: much longer than a slow disk takes.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="text">What shall stand in it.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, string text, UnixFileMode mode) => Write(path, Encoding.UTF8.GetBytes(text), mode, outlastsPowerFailure: false);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="bytes">What shall stand in it.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <param name="outlastsPowerFailure">Whether it is on the disk before it takes its place: then even a power failure leaves no half of it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode, bool outlastsPowerFailure) =>
        Write(path, bytes, new FileIdentity { Mode = mode }, outlastsPowerFailure);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="bytes">What shall stand in it.</param>
    /// <param name="like">Has its permissions, its owner and its group.</param>
    /// <param name="outlastsPowerFailure">Whether it is on the disk before it takes its place: then even a power failure leaves no half of it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, FileIdentity like, bool outlastsPowerFailure)
    {
        string temporary = path + TemporarySuffix;
        using FileLock held = Lock(path);
        try
        {
            WriteTemporary(temporary, bytes, like, outlastsPowerFailure);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // The disk is full, perhaps; half a file is of no use to anybody.
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes the file in the place of what was read before, and of nothing else: another may be in the middle of writing that same file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="before">What was read.</param>
    /// <param name="after">What shall stand in it. It is on the disk before it takes its place.</param>
    /// <param name="like">Has its permissions, its owner and its group.</param>
    /// <returns>False when it has changed since it was read: then it is left as it is.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static bool Replace(string path, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, FileIdentity like)
    {
        string temporary = path + TemporarySuffix;
        using FileLock held = Lock(path);
        try
        {
            WriteTemporary(temporary, after, like, outlastsPowerFailure: true);
            if (!FileName.TryExchange(temporary, path))
            {
                File.Move(temporary, path, overwrite: true);
                return true;
            }

            // Whoever had opened the file before that has written to what now is the temporary one.
            if (before.SequenceEqual(File.ReadAllBytes(temporary)))
            {
                return true;
            }

            if (FileName.TryExchange(temporary, path) && !after.SequenceEqual(File.ReadAllBytes(temporary)))
            {
                // Not ours: a new file that has been put there since, and belongs there.
                FileName.TryExchange(temporary, path);
            }

            return false;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Makes a symbolic link, in the place of whatever file stands there.</summary>
    /// <param name="path">The link.</param>
    /// <param name="target">What it leads to, which need not be there.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Link(string path, string target)
    {
        string temporary = path + TemporarySuffix;
        using FileLock held = Lock(path);
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, target);
        File.Move(temporary, path, overwrite: true);
    }

    // Two who write at once would take the half that the other has written so far for their own.
    private static FileLock Lock(string path)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return FileLock.TryAcquireDirectory(directory, LockTimeout) ?? throw new IOException($"{directory}: somebody has held a lock on it for {LockTimeout.TotalSeconds:0} seconds");
    }

    private static void WriteTemporary(string temporary, ReadOnlySpan<byte> bytes, FileIdentity like, bool outlastsPowerFailure)
    {
        // Whatever stands there, a link to somewhere else perhaps, is not written through.
        File.Delete(temporary);
        using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
        stream.Write(bytes);
        File.SetUnixFileMode(stream.SafeFileHandle, like.Mode);
        if (like is not { Owner: 0, Group: 0 })
        {
            FileName.TryGive(temporary, like.Owner, like.Group);
        }

        stream.Flush(flushToDisk: outlastsPowerFailure);
    }
}
