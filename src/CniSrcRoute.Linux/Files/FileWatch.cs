using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>
/// Hears that files have changed (inotify(7)). Directories are watched, since files are replaced by renaming, and so are their directories and those of links.
/// </summary>
public sealed unsafe class FileWatch : IDisposable
{
    /// <summary>What replaces a directory, or a link, on the way to a file.</summary>
    private const uint WayMask = Constants.IN_MASK_ADD | Constants.IN_MOVED_FROM | Constants.IN_MOVED_TO | Constants.IN_CREATE | Constants.IN_DELETE;

    private const uint FileMask = WayMask | Constants.IN_CLOSE_WRITE | Constants.IN_ATTRIB;

    private const int BufferSize = 4096;
    private const int HeaderSize = 16;

    /// <summary>As many links as the kernel follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>By the watch of a directory, the names in it that matter.</summary>
    private Dictionary<int, HashSet<string>> _names = [];

    /// <summary>What poll(2) wants; negative, which it passes over, while the kernel has no instance for us.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <summary>Watches these files and no others, as the ways to them are now. Doing it again, after every change, follows the ways.</summary>
    /// <param name="files">The files, which need not be there.</param>
    /// <returns>Why changes may go unnoticed; null when none does.</returns>
    public string? Follow(IEnumerable<string> files)
    {
        if (Descriptor < 0 && (Descriptor = Libc.inotify_init1(Constants.IN_CLOEXEC | Constants.IN_NONBLOCK)) < 0)
        {
            return Refusal("no inotify instance is available", EMFILE, "fs.inotify.max_user_instances");
        }

        Dictionary<int, HashSet<string>> before = _names;
        _names = [];
        string? obstacle = null;
        foreach (string file in files)
        {
            obstacle = Follow(file) ?? obstacle;
        }

        foreach (int watch in before.Keys)
        {
            if (!_names.ContainsKey(watch))
            {
                _ = Libc.inotify_rm_watch(Descriptor, watch);
            }
        }

        return obstacle;
    }

    /// <summary>Reads the events.</summary>
    /// <returns>Whether any of it was about one of the files, or about the way to one.</returns>
    public bool Drain()
    {
        bool concerned = false;
        byte* buffer = stackalloc byte[BufferSize];
        nint length;
        while ((length = (nint)read(Descriptor, buffer, BufferSize)) > 0)
        {
            // struct inotify_event: wd, mask, cookie, the length of the name, the name with zeros behind it.
            for (byte* record = buffer; record < buffer + length; record += HeaderSize + *(uint*)(record + HeaderSize - sizeof(uint)))
            {
                var name = new ReadOnlySpan<byte>(record + HeaderSize, (int)*(uint*)(record + HeaderSize - sizeof(uint)));
                concerned |= Concerns(*(int*)record, name.TrimEnd((byte)0));
            }
        }

        return concerned;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = close(Descriptor);

    private static string Refusal(string what, int errnoOfLimit, string limit)
    {
        int errno = Marshal.GetLastPInvokeError();

        // The words for these errors speak of files and of disks.
        return $"inotify: {what}: {(errno == errnoOfLimit ? $"the limit is reached ({limit})" : Marshal.GetPInvokeErrorMessage(errno))}";
    }

    private static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Goes the way to a file as the kernel does, and watches each directory before looking what is in it: no change falls in between.</summary>
    private string? Follow(string file)
    {
        string directory = "/";
        List<string> ahead = [.. Names(Path.GetFullPath(file))];
        int links = 0;
        while (links <= MostLinks && ahead.Count > 0)
        {
            string name = ahead[0];
            ahead.RemoveAt(0);
            if (name is "." or "..")
            {
                // No link is left in what lies behind us.
                directory = name == "." ? directory : Path.GetDirectoryName(directory) ?? "/";
                continue;
            }

            int watch = Libc.inotify_add_watch(Descriptor, directory, ahead.Count == 0 ? FileMask : WayMask);
            if (watch < 0)
            {
                // What is not there yet comes into the directory above it.
                int errno = Marshal.GetLastPInvokeError();
                return errno == ENOENT || errno == ENOTDIR ? null : Refusal($"{directory} cannot be watched", ENOSPC, "fs.inotify.max_user_watches");
            }

            if (!_names.TryGetValue(watch, out HashSet<string>? names))
            {
                _names.Add(watch, names = []);
            }

            names.Add(name);
            string path = Path.Combine(directory, name);
            if (new FileInfo(path).LinkTarget is { } target)
            {
                links++;
                ahead.InsertRange(0, Names(target));
                path = target.StartsWith('/') ? "/" : directory;
            }

            directory = path;
        }

        return null;
    }

    private bool Concerns(int watch, ReadOnlySpan<byte> name)
    {
        // No watch: the queue was full. No name: it is about the directory itself, which has gone, perhaps.
        return watch < 0 || (_names.TryGetValue(watch, out HashSet<string>? names) && (name.IsEmpty || names.Contains(System.Text.Encoding.UTF8.GetString(name))));
    }
}
