using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>Hears that files have changed (inotify(7)). Directories are watched, since files are replaced by renaming.</summary>
public sealed unsafe class FileWatch : IDisposable
{
    private const uint Mask =
        Constants.IN_CLOSE_WRITE | Constants.IN_MOVED_FROM | Constants.IN_MOVED_TO | Constants.IN_CREATE | Constants.IN_DELETE | Constants.IN_ATTRIB;

    private const int BufferSize = 4096;
    private const int HeaderSize = 16;

    private readonly HashSet<string> _names = [];

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
        string path = Path.GetFullPath(file);
        string? directory = Path.GetDirectoryName(path);
        _names.Add(Path.GetFileName(path));
        while (directory is not null && Libc.inotify_add_watch(Descriptor, directory, Mask) < 0)
        {
            _names.Add(Path.GetFileName(directory));
            directory = Path.GetDirectoryName(directory);
        }
    }

    /// <summary>Takes what was heard.</summary>
    /// <returns>Whether any of it was about one of the files, or about a directory on the way to one.</returns>
    public bool Drain()
    {
        bool concerned = false;
        byte* buffer = stackalloc byte[BufferSize];
        nint length;
        while ((length = Libc.read(Descriptor, buffer, BufferSize)) > 0)
        {
            // struct inotify_event: wd, mask, cookie, the length of the name, the name with zeros behind it.
            for (byte* told = buffer; told < buffer + length; told += HeaderSize + *(uint*)(told + HeaderSize - sizeof(uint)))
            {
                var name = new ReadOnlySpan<byte>(told + HeaderSize, (int)*(uint*)(told + HeaderSize - sizeof(uint)));
                concerned |= name.IsEmpty || _names.Contains(System.Text.Encoding.UTF8.GetString(name.TrimEnd((byte)0)));
            }
        }

        return concerned;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.close(Descriptor);
}
