using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>Tells a file from what it was before: whatever is done to it, or put in its place, makes another version of it (statx(2)).</summary>
public static class FileVersion
{
    /// <summary>Looks at a file, links followed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The version, null when there is no file.</returns>
    public static string? Of(string path) =>
        Libc.statx(Constants.AT_FDCWD, path, 0, Constants.STATX_BASIC_STATS, out Libc.Statx status) == 0
            ? $"{status.DeviceMajor}:{status.DeviceMinor} {status.Inode} {status.ChangedSeconds}.{status.ChangedNanoseconds} {status.Size}"
            : null;
}
