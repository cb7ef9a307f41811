using CniSrcRoute.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>What statx(2) says of a file, symbolic links followed.</summary>
/// <param name="Device">The device's number: major and minor.</param>
/// <param name="Inode">The inode on the device. Two paths of one network namespace have the same.</param>
/// <param name="Owner">The user who owns the file.</param>
/// <param name="Group">The group that owns it.</param>
/// <param name="Mode">The permission bits. Where there are access control lists, the group's are the most that any of them grants (acl(5)).</param>
/// <param name="Type">S_IFMT bits: what kind of file it is.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode, uint Owner, uint Group, UnixFileMode Mode, int Type)
{
    private const UnixFileMode WrittenByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const UnixFileMode OpenedByOthers =
        WrittenByOthers | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether it is a file that ends: no pipe, socket or device.</summary>
    public bool IsRegular => Type == (ushort)S_IFREG;

    /// <summary>Whether its mode lets its group or all write.</summary>
    public bool IsWritableByMode => (Mode & WrittenByOthers) != 0;

    /// <summary>Whether nobody but its owner, and root, can open it.</summary>
    public bool IsPrivate => (Mode & OpenedByOthers) == 0;

    /// <summary>Looks at a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What it is, null when it cannot be seen.</returns>
    public static FileIdentity? Of(string path) => Of(AT_FDCWD, path, 0);

    /// <summary>Whether both are the same file, whatever has become of its owner and mode.</summary>
    /// <param name="other">The other.</param>
    public bool IsSame(FileIdentity? other) => other is { } there && (there.Device, there.Inode) == (Device, Inode);

    /// <summary>Looks whether anybody but root, or whoever this process is of, may write the file, or put another in the place of one in a directory.</summary>
    /// <param name="path">Its name, for the sentence.</param>
    /// <returns>A sentence that says what to do; null when nobody may.</returns>
    public string? Distrust(string path)
    {
        bool isDirectory = Type == (ushort)S_IFDIR;

        // In a sticky directory everybody may make files, but only their owner may replace them.
        bool isOpen = IsWritableByMode && !(isDirectory && (Mode & UnixFileMode.StickyBit) != 0);
        bool isOurs = Owner == 0 || Owner == geteuid() || (isDirectory && (Mode & UnixFileMode.StickyBit) != 0);
        return !isOpen && isOurs
            ? null
            : $"{path}: others than root may write it (owner {Owner}, mode {Convert.ToString((int)Mode, 8)}); " +
              $"make it root's with mode {(isDirectory ? "755" : "644")}";
    }

    /// <summary>Looks at an open file, or at a name in an open directory.</summary>
    internal static FileIdentity? Of(int descriptor, string name, int flags) =>
        Libc.statx(descriptor, name, flags, STATX_BASIC_STATS, out statx status) == 0
            ? new FileIdentity(
                ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor,
                status.stx_ino,
                status.stx_uid,
                status.stx_gid,
                (UnixFileMode)(status.stx_mode & 0xfff),
                status.stx_mode & (ushort)S_IFMT)
            : null;

    /// <summary>Looks at an open file.</summary>
    internal static FileIdentity OfOpen(int descriptor) => Of(descriptor, "", AT_EMPTY_PATH) ?? default;
}
