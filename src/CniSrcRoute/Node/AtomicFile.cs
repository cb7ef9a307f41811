using System.Text;
using CniSrcRoute.Files;

namespace CniSrcRoute.Node;

/// <summary>
/// Writes a file in one step: a reader sees the old text or the new one, never a part. It is its writer's alone until it has its owner and its mode, and has
/// them before it gets its name. Two of us write no file at once: whoever writes holds the lock of what it belongs to.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="text">The new content.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <exception cref="IOException">It cannot be written, or others may write in the directory.</exception>
    public static void Write(string path, string text, UnixFileMode mode) => Write(path, Encoding.UTF8.GetBytes(text), mode, outlastsPowerFailure: false);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="bytes">The new content.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <param name="outlastsPowerFailure">Whether it is on the disk before it takes its place: then even a power failure leaves no half of it.</param>
    /// <exception cref="IOException">It cannot be written, or others may write in the directory.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode, bool outlastsPowerFailure) =>
        Write(path, bytes, new FileIdentity { Mode = mode }, outlastsPowerFailure);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="bytes">The new content.</param>
    /// <param name="like">Has its permissions, its owner and its group.</param>
    /// <param name="outlastsPowerFailure">Whether it is on the disk before it takes its place: then even a power failure leaves no half of it.</param>
    /// <exception cref="IOException">It cannot be written, or others may write in the directory.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, FileIdentity like, bool outlastsPowerFailure)
    {
        using WorkDirectory directory = DirectoryOf(path, out string name);
        string temporary = name + Ownership.TemporarySuffix;
        try
        {
            WriteTemporary(directory, temporary, bytes, like, outlastsPowerFailure);
            directory.Rename(temporary, name);
        }
        catch
        {
            // The disk is full, perhaps; half a file is of no use to anybody.
            directory.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes the file in the place of what was read before, and of nothing else: another may be in the middle of writing that same file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="before">What was read.</param>
    /// <param name="after">The new content. It is on the disk before it takes its place.</param>
    /// <param name="like">Has its permissions, its owner and its group.</param>
    /// <returns>False when it has changed since it was read: then it is left as it is.</returns>
    /// <exception cref="IOException">It cannot be written, or others may write in the directory.</exception>
    public static bool Replace(string path, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, FileIdentity like)
    {
        using WorkDirectory directory = DirectoryOf(path, out string name);
        string temporary = name + Ownership.TemporarySuffix;
        try
        {
            WriteTemporary(directory, temporary, after, like, outlastsPowerFailure: true);
            if (!directory.TryExchange(temporary, name))
            {
                directory.Rename(temporary, name);
                return true;
            }

            // Whoever had opened the file before that has written to what now is the temporary one.
            if (Holds(directory, temporary, before))
            {
                return true;
            }

            if (directory.TryExchange(temporary, name) && !Holds(directory, temporary, after))
            {
                // Not ours: a new file that has been put there since, and belongs there.
                directory.TryExchange(temporary, name);
            }

            return false;
        }
        finally
        {
            directory.Delete(temporary);
        }
    }

    /// <summary>Makes a directory, and those above it, which others may read and not write, whatever the umask and the lists of the directory above.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            MakeDirectory(Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(path, Ownership.ExecutableMode);
        }
    }

    /// <summary>Makes a symbolic link, replacing whatever file is there.</summary>
    /// <param name="path">The link.</param>
    /// <param name="target">What it leads to, which need not be there.</param>
    /// <exception cref="IOException">It cannot be made, or others may write in the directory.</exception>
    public static void Link(string path, string target)
    {
        string temporary = path + Ownership.TemporarySuffix;
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, target);
        File.Move(temporary, path, overwrite: true);
    }

    private static WorkDirectory DirectoryOf(string path, out string name)
    {
        string full = Path.GetFullPath(path);
        name = Path.GetFileName(full);
        return WorkDirectory.Open(Path.GetDirectoryName(full) ?? "/");
    }

    private static bool Holds(WorkDirectory directory, string name, ReadOnlySpan<byte> bytes) =>
        directory.TryRead(name, bytes.Length) is { } found && bytes.SequenceEqual(found);

    private static void WriteTemporary(WorkDirectory directory, string temporary, ReadOnlySpan<byte> bytes, FileIdentity like, bool outlastsPowerFailure)
    {
        // Whatever has that name, perhaps a link to somewhere else, is not written through.
        directory.Delete(temporary);
        using var stream = new FileStream(directory.Create(temporary, like), FileAccess.Write);
        stream.Write(bytes);
        File.SetUnixFileMode(stream.SafeFileHandle, like.Mode);
        stream.Flush(flushToDisk: outlastsPowerFailure);
    }
}
