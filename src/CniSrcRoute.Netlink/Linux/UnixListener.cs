using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Linux;

/// <summary>Answers everybody who connects to a unix socket with the same bytes (unix(7)).</summary>
public sealed unsafe class UnixListener : IDisposable
{
    private const int MostWaiting = 16;

    private const UnixFileMode EveryoneReadsAndWrites =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string _path;

    // The socket, and behind it those who have connected and not asked yet; -1, which poll(2) passes over, for nobody.
    private readonly int[] _descriptors = new int[1 + MostWaiting];
    private int _newest;

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

        Array.Fill(_descriptors, -1);
        int listener = _descriptors[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener < 0 || bind(listener, (sockaddr*)&address.Name, address.Length) < 0 || listen(listener, MostWaiting) < 0)
        {
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        // Whoever reaches the directory may ask, as with a textfile.
        File.SetUnixFileMode(path, EveryoneReadsAndWrites);
    }

    /// <summary>What poll(2) wants; as many at any time.</summary>
    public ReadOnlySpan<int> Descriptors => _descriptors;

    /// <summary>Lets in who has come, and answers who has asked; never waits for either.</summary>
    /// <param name="answer">The bytes. Whoever cannot take them at once, for which they should fit a socket's buffer, gets a part.</param>
    public void AnswerAll(ReadOnlySpan<byte> answer)
    {
        Span<bool> ready = stackalloc bool[_descriptors.Length];
        Poll.Wait(_descriptors, ready, TimeSpan.Zero);
        for (int i = 1; i < _descriptors.Length; i++)
        {
            if (ready[i])
            {
                Answer(_descriptors[i], answer);
                _descriptors[i] = -1;
            }
        }

        // Where there is no room left, who has waited longest without asking makes it.
        int peer;
        if (ready[0] && (peer = accept4(_descriptors[0], null, null, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        {
            _newest = (_newest % MostWaiting) + 1;
            _ = close(_descriptors[_newest]);
            _descriptors[_newest] = peer;
        }
    }

    private static void Answer(int peer, ReadOnlySpan<byte> answer)
    {
        // A question that is left unread would turn the close into a reset, and the answer might be lost.
        byte* question = stackalloc byte[4096];
        _ = read(peer, question, 4096);
        fixed (byte* bytes = answer)
        {
            _ = write(peer, bytes, answer.Length);
        }

        _ = close(peer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_descriptors, descriptor => _ = close(descriptor));
        File.Delete(_path);
    }
}
