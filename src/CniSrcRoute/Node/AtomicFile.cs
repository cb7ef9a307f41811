using System.Text;

namespace CniSrcRoute.Node;

/// <summary>Writes a file in one step: a reader sees the old text or the new one, never a part.</summary>
internal static class AtomicFile
{
    /// <summary>Readable by all, written by its owner.</summary>
    public const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; a symbolic link at its end is replaced, not followed.</param>
    /// <param name="text">What shall stand in it.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, string text, UnixFileMode mode)
    {
        // A name that no program takes for one of its own files. Whatever stands there, a link to somewhere else perhaps, is not written through.
        string temporary = path + ".srcroute-new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            File.SetUnixFileMode(stream.SafeFileHandle, mode);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
