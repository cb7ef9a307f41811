using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>Hears that files have changed (inotify(7)). Directories are watched, since files are replaced by renaming.</summary>
public sealed unsafe class FileWatch : IDisposable
{
    private const uint Mask = Constants.IN_CLOSE_WRITE | Constants.IN_MOVED_FROM | Constants.IN_MOVED_TO | Constants.IN_CREATE | Constants.IN_DELETE | Constants.IN_ATTRIB;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public FileWatch()
    {
        Descriptor = Libc.inotify_init1(Constants.IN_CLOEXEC | Constants.IN_NONBLOCK);
        if (Descriptor < 0)
        {
            throw new IOException($"inotify: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor { get; }

    /// <summary>Watches the directory of a file, or the nearest one above it that is there. Doing it again changes nothing.</summary>
    /// <param name="file">The file, which need not be there.</param>
    public void Add(string file)
    {
        string? directory = Path.GetDirectoryName(Path.GetFullPath(file));
        while (directory is not null && Libc.inotify_add_watch(Descriptor, directory, Mask) < 0)
        {
            directory = Path.GetDirectoryName(directory);
        }
    }

    /// <summary>Takes what was heard; which file it was matters less than what is in it now.</summary>
    public void Drain()
    {
        byte* buffer = stackalloc byte[4096];
        while (Libc.read(Descriptor, buffer, 4096) > 0)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.close(Descriptor);
}
