using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Linux;

/// <summary>Files, directories and symbolic links themselves: their names, and whose they are.</summary>
public static class FileName
{
    /// <summary>Gives a second name (link(2)).</summary>
    /// <param name="existing">The name it has.</param>
    /// <param name="second">Another, which nothing may have.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Add(string existing, string second) => Check(Libc.link(existing, second), second);

    /// <summary>Gives another name (rename(2)). What has that name already is replaced in the same step; a directory must be empty for that.</summary>
    /// <param name="before">The name it has.</param>
    /// <param name="after">The name it gets.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Change(string before, string after) => Check(Libc.rename(before, after), after);

    /// <summary>Has two files exchange their names in one step (renameat2(2)).</summary>
    /// <param name="one">The name of one, which the other gets.</param>
    /// <param name="other">The name of the other.</param>
    /// <returns>False when the file system cannot do that.</returns>
    /// <exception cref="IOException">One of them is not there.</exception>
    public static bool TryExchange(string one, string other)
    {
        bool done = Libc.renameat2(AT_FDCWD, one, AT_FDCWD, other, Constants.RENAME_EXCHANGE) == 0;
        Check(!done && Marshal.GetLastPInvokeError() == ENOENT ? -1 : 0, other);
        return done;
    }

    /// <summary>Removes the name of an empty directory (rmdir(2)).</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void RemoveDirectory(string directory) => Check(Libc.rmdir(directory), directory);

    /// <summary>Gives a file to another user and group (lchown(2)). A container may lack the privilege; its files stay root's.</summary>
    /// <param name="name">The file; a symbolic link is given itself.</param>
    /// <param name="owner">The user.</param>
    /// <param name="group">The group.</param>
    public static void TryGive(string name, uint owner, uint group) => _ = Libc.lchown(name, owner, group);

    private static void Check(int result, string name)
    {
        if (result != 0)
        {
            throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
