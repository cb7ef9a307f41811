using System.Runtime.InteropServices;
using System.Text;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>
/// Standard input, output and error as bytes. Console's streams set up a terminal and a thread for signals, a tenth of a plugin call's whole time; a
/// FileStream writes to a file at a place of its own and leaves the one that the next writer of the same descriptor begins at.
/// </summary>
public static unsafe class StandardStreams
{
    /// <summary>Standard input's descriptor.</summary>
    public const int Input = 0;

    /// <summary>Standard output's descriptor.</summary>
    public const int Output = 1;

    /// <summary>Standard error's descriptor.</summary>
    public const int Error = 2;

    // Most files are a line or a few.
    private const int FirstRead = 1 << 10;

    /// <summary>
    /// Takes the place of streams that the caller has closed: the next socket or file would have the number of one, and what is meant for people, or for a
    /// runtime, would be written into it. Writing to them fails as before.
    /// </summary>
    public static void OccupyClosed()
    {
        int descriptor;
        do
        {
            // The lowest number that is free (open(2)).
            descriptor = Libc.open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
        }
        while (descriptor is >= 0 and <= 2);
        _ = close(descriptor);
    }

    /// <summary>Reads standard input to its end.</summary>
    /// <param name="limit">How many bytes are too many.</param>
    /// <returns>The bytes; one more than the limit when there were too many.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public static ReadOnlySpan<byte> ReadInput(int limit) => ReadAll(0, limit, "standard input");

    /// <summary>Reads to the end, or as much as is wanted.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="most">How many bytes at most.</param>
    /// <returns>The bytes.</returns>
    public static byte[] ReadUpTo(int descriptor, int most)
    {
        byte[] buffer = new byte[most];
        int length = 0, count;
        while (length < most && (count = ReadSome(descriptor, buffer.AsSpan(length))) > 0)
        {
            length += count;
        }

        return buffer[..length];
    }

    /// <summary>Reads what there is (read(2)).</summary>
    /// <param name="descriptor">A stream, or another descriptor.</param>
    /// <param name="buffer">Where to.</param>
    /// <returns>How many bytes; 0 at the end, which a terminal or another end that is gone is as well.</returns>
    public static int ReadSome(int descriptor, Span<byte> buffer)
    {
        fixed (byte* first = buffer)
        {
            nint count;
            do
            {
                count = (nint)read(descriptor, first, buffer.Length);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == EINTR);
            return (int)Math.Max(count, 0);
        }
    }

    /// <summary>Reads a file to its end.</summary>
    internal static ReadOnlySpan<byte> ReadAll(int descriptor, int limit, string name)
    {
        byte[] buffer = new byte[FirstRead];
        int length = 0;
        while (length <= limit)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(2 * length, limit + 1));
            }

            nint count;
            fixed (byte* rest = &buffer[length])
            {
                count = (nint)read(descriptor, rest, buffer.Length - length);
            }

            if (count == 0)
            {
                break;
            }

            length += (int)Math.Max(count, ThrowUnlessInterrupted(count, name));
        }

        return buffer.AsSpan(0, length);
    }

    /// <summary>Whether somebody looks at a stream on a terminal (isatty(3)).</summary>
    /// <param name="stream">Its descriptor.</param>
    public static bool IsTerminal(int stream) => isatty(stream) == 1;

    /// <summary>How wide the terminal is that somebody looks at a stream on (ioctl_tty(2)).</summary>
    /// <param name="stream">Its descriptor.</param>
    /// <returns>Columns; 0 where it is no terminal, or does not say.</returns>
    public static int Columns(int stream)
    {
        // struct winsize: rows and columns, of letters and of dots.
        ushort* size = stackalloc ushort[4];
        return ioctl(stream, TIOCGWINSZ, size) == 0 ? size[1] : 0;
    }

    /// <summary>Writes to standard output.</summary>
    /// <param name="bytes">What to write.</param>
    /// <exception cref="IOException">Writing failed.</exception>
    public static void WriteOutput(ReadOnlySpan<byte> bytes) => Write(Output, bytes, "standard output");

    /// <summary>Writes to standard error. Nobody there to read it is nothing to fail for.</summary>
    /// <param name="text">What to write.</param>
    public static void WriteError(string text)
    {
        try
        {
            Write(Error, Encoding.UTF8.GetBytes(text), "standard error");
        }
        catch (IOException)
        {
            // There is no other place to say it.
        }
    }

    private static void Write(int descriptor, ReadOnlySpan<byte> bytes, string stream)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* first = bytes)
            {
                nint written = (nint)write(descriptor, first, bytes.Length);
                bytes = bytes[(int)Math.Max(written, ThrowUnlessInterrupted(written, stream))..];
            }
        }
    }

    private static int ThrowUnlessInterrupted(nint result, string stream) =>
        result >= 0 || Marshal.GetLastPInvokeError() == EINTR
            ? 0
            : throw new IOException($"{stream}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
