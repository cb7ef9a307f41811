using CniSrcRoute.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>Tells a file from what it was before: whatever is done to it, or put in its place, makes another version of it (statx(2)).</summary>
public static class FileVersion
{
    /// <summary>Looks at a file, links followed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The version, null when there is no file.</returns>
    public static string? Of(string path) =>
        Libc.statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, out statx status) == 0
            ? $"{status.stx_dev_major}:{status.stx_dev_minor} {status.stx_ino} {status.stx_ctime.tv_sec}.{status.stx_ctime.tv_nsec} {status.stx_size}"
            : null;
}
