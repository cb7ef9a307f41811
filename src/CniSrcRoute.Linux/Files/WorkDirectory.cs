using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>
/// A directory in which files are made and replaced. It is held open, so it stays the one that was looked at, whatever is put in its place; and nobody but
/// root, or whoever this process is of, may write in it.
/// </summary>
public sealed class WorkDirectory : IDisposable
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly int _descriptor;
    private readonly string _path;

    private WorkDirectory(int descriptor, string path) => (_descriptor, _path) = (descriptor, path);

    /// <summary>Opens a directory.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="IOException">It cannot be opened, or others may write in it.</exception>
    public static WorkDirectory Open(string path)
    {
        var directory = new WorkDirectory(Libc.open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), path);
        directory.Check(directory._descriptor, path);
        if (FileIdentity.OfOpen(directory._descriptor).Distrust(path) is { } reason)
        {
            directory.Dispose();
            throw new IOException(reason);
        }

        return directory;
    }

    /// <summary>Makes a file that is not there, for its owner alone until it is given another mode.</summary>
    /// <param name="name">Its name in this directory.</param>
    /// <param name="like">Its owner and group, as far as the process may give it away (fchown(2)): a setgid directory would give it its own.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public SafeFileHandle Create(string name, FileIdentity like)
    {
        int descriptor = Libc.openat(
            _descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (ushort)OwnerAlone);
        Check(descriptor, name);
        FileIdentity made = FileIdentity.OfOpen(descriptor);
        if ((made.Owner, made.Group) != (like.Owner, like.Group))
        {
            _ = fchown(descriptor, like.Owner, like.Group);
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Reads a file; a symbolic link is none.</summary>
    /// <param name="name">Its name in this directory.</param>
    /// <param name="limit">How many bytes are too many.</param>
    /// <returns>Null when it is not there, or too long.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? TryRead(string name, int limit)
    {
        int descriptor = Libc.openat(_descriptor, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
        using InputFile? file = InputFile.TryOpen(descriptor, PathOf(name));
        return file?.TryRead(limit);
    }

    /// <summary>Gives another name; what has that name is replaced in the same step.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public void Rename(string before, string after) => Check(Libc.renameat2(_descriptor, before, _descriptor, after, 0), after);

    /// <summary>Has two files exchange their names in one step (renameat2(2)).</summary>
    /// <returns>False when the file system cannot do that.</returns>
    /// <exception cref="IOException">One of them is not there.</exception>
    public bool TryExchange(string one, string other)
    {
        bool done = Libc.renameat2(_descriptor, one, _descriptor, other, Constants.RENAME_EXCHANGE) == 0;
        Check(!done && Marshal.GetLastPInvokeError() == ENOENT ? -1 : 0, other);
        return done;
    }

    /// <summary>Removes a file, if it is there.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public void Delete(string name)
    {
        if (Libc.unlinkat(_descriptor, name, 0) != 0 && Marshal.GetLastPInvokeError() != ENOENT)
        {
            Check(-1, name);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = close(_descriptor);

    private string PathOf(string name) => Path.Combine(_path, name);

    private void Check(int result, string name)
    {
        if (result < 0)
        {
            throw new IOException($"{PathOf(name)}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
