using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Processes;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Files;

/// <summary>
/// A file that is open for reading. What is said of it and what is read of it are of one file, whatever is put in its place meanwhile; nothing that stands
/// there, a pipe for instance, is waited for, and no lock that others hold on it counts.
/// </summary>
public sealed class InputFile : IDisposable
{
    private readonly int _descriptor;
    private readonly string _path;

    private InputFile(int descriptor, string path)
    {
        (_descriptor, _path) = (descriptor, path);
        Identity = FileIdentity.OfOpen(descriptor);
    }

    /// <summary>What it is.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static InputFile? TryOpen(string path) =>
        TryOpen(Libc.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0), path);

    /// <summary>Reads all of it.</summary>
    /// <param name="limit">How many bytes are too many.</param>
    /// <returns>Null when there are too many.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public byte[]? TryRead(int limit)
    {
        ReadOnlySpan<byte> bytes = StandardStreams.ReadAll(_descriptor, limit, _path);
        return bytes.Length <= limit ? bytes.ToArray() : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = close(_descriptor);

    /// <summary>Takes what open(2) has returned.</summary>
    internal static InputFile? TryOpen(int descriptor, string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return descriptor >= 0 ? new InputFile(descriptor, path)
            : errno == ENOENT || errno == ENOTDIR ? null
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }
}
