using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;

namespace CniSrcRoute.Linux;

/// <summary>Answers everybody who connects to a unix socket with the same bytes (unix(7)).</summary>
public sealed unsafe class UnixListener : IDisposable
{
    private const int Backlog = 16;
    private const int MostAtOnce = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    private const UnixFileMode EveryoneReadsAndWrites =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string _path;

    /// <summary>Makes the socket. One that a predecessor left behind is replaced.</summary>
    /// <param name="path">The socket's path.</param>
    /// <exception cref="IOException">The path is too long, or the system refused.</exception>
    public UnixListener(string path)
    {
        _path = path;
        if (!UnixAddress.TryMake(path, out UnixAddress address))
        {
            throw new IOException($"{path}: the path is too long for a socket");
        }

        if (FileIdentity.Of(path) is { } there)
        {
            if (!there.IsSocket)
            {
                throw new IOException($"{path}: stands there already, and is no socket");
            }

            File.Delete(path);
        }

        Descriptor = Libc.socket(Constants.AF_UNIX, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK, 0);
        if (Descriptor < 0 || Libc.bind(Descriptor, &address, address.Length) < 0 || Libc.listen(Descriptor, Backlog) < 0)
        {
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        // Whoever reaches the directory may ask, as with a textfile.
        File.SetUnixFileMode(path, EveryoneReadsAndWrites);
    }

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor { get; }

    /// <summary>Answers those who wait. Whoever does not ask, or does not take the answer, at once gets none.</summary>
    /// <param name="answer">The bytes; they should fit a socket's buffer.</param>
    public void AnswerAll(ReadOnlySpan<byte> answer)
    {
        byte* question = stackalloc byte[4096];
        int peer;
        for (int i = 0; i < MostAtOnce && (peer = Libc.accept4(Descriptor, null, null, Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK)) >= 0; i++)
        {
            // A question that is left unread would turn the close into a reset, and the answer might be lost.
            Span<bool> asked = [false];
            Poll.Wait([peer], asked, Patience);
            _ = Libc.read(peer, question, 4096);
            fixed (byte* bytes = answer)
            {
                _ = Libc.write(peer, bytes, (nuint)answer.Length);
            }

            _ = Libc.close(peer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Libc.close(Descriptor);
        File.Delete(_path);
    }
}
