using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>What statx(2) says of a file, symbolic links followed.</summary>
/// <param name="Device">The device's number: major and minor.</param>
/// <param name="Inode">The inode on the device. Two paths of one network namespace have the same.</param>
/// <param name="Owner">The user who owns the file.</param>
/// <param name="Group">The group that owns it.</param>
/// <param name="Mode">The permission bits.</param>
/// <param name="Type">S_IFMT bits: what kind of file it is.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode, uint Owner, uint Group, UnixFileMode Mode, int Type)
{
    /// <summary>Whether it is a file that ends: no pipe, socket or device.</summary>
    public bool IsRegular => Type == Constants.S_IFREG;

    /// <summary>Whether anybody but root may write the file: its owner, its group or all.</summary>
    public bool IsWritableByOthers => Owner != 0 || (Mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;

    /// <summary>Looks at a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What it is, null when it cannot be seen.</returns>
    public static FileIdentity? Of(string path) =>
        Libc.statx(Constants.AT_FDCWD, path, 0, Constants.STATX_BASIC_STATS, out Libc.Statx status) == 0
            ? new FileIdentity(
                ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
                status.Inode,
                status.Uid,
                status.Gid,
                (UnixFileMode)(status.Mode & 0xfff),
                status.Mode & Constants.S_IFMT)
            : null;
}
