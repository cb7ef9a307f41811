using System.Runtime.InteropServices;
using CniSrcRoute.Interop;

namespace CniSrcRoute.Files;

/// <summary>Files, directories and symbolic links themselves: their names.</summary>
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

    /// <summary>Removes the name of an empty directory (rmdir(2)).</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void RemoveDirectory(string directory) => Check(Libc.rmdir(directory), directory);

    private static void Check(int result, string name)
    {
        if (result != 0)
        {
            throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
