using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Sockets;

/// <summary>Answers everybody on the node who connects to a TCP port with the same bytes (tcp(7)).</summary>
public sealed unsafe class LoopbackListener : IDisposable
{
    /// <summary>How many descriptors there are to wait for.</summary>
    public const int DescriptorCount = 1 + MostWaiting;

    private const int MostWaiting = 16;

    // The socket, and behind it those who have connected and not asked yet; -1, which poll(2) passes over, for nobody.
    private readonly int[] _descriptors = new int[DescriptorCount];
    private int _newest;

    /// <summary>Takes the port.</summary>
    /// <param name="endpoint">The address and the port.</param>
    /// <exception cref="IOException">The system refused; another has the port, perhaps.</exception>
    public LoopbackListener(LoopbackEndpoint endpoint)
    {
        Array.Fill(_descriptors, -1);
        byte[] address = endpoint.ToSocketAddress();
        int listener = _descriptors[0] = socket(
            endpoint.Address.Family == Family.IPv6 ? AF_INET6 : AF_INET,
            SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
            0);

        // Connections of an earlier watcher do not block the port.
        int reuse = 1;
        fixed (byte* bytes = address)
        {
            if (listener < 0 ||
                setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(int)) < 0 ||
                bind(listener, (sockaddr*)bytes, address.Length) < 0 ||
                listen(listener, MostWaiting) < 0)
            {
                string reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
                _ = close(listener);
                throw new IOException($"{endpoint}: {reason}");
            }
        }
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
    public void Dispose() => Array.ForEach(_descriptors, descriptor => _ = close(descriptor));
}
