using System.Runtime.InteropServices;
using CniSrcRoute.Netlink;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>
/// A kernel that answers from a recording (Replies, made by Replies/record), perhaps not to the letter. When it has nothing more to say it says so.
/// </summary>
/// <param name="replies">The datagrams of one reply, or of several in order.</param>
internal sealed class RecordedReplies(IEnumerable<byte[]> replies) : ITransport
{
    private readonly Queue<byte[]> _replies = new(replies);
    private uint _sequence;

    /// <summary>The datagrams of a recorded reply.</summary>
    public static byte[][] Read(string name) =>
        [.. File.ReadLines(Repository.PathOf($"tests/CniSrcRoute.UnitTests/Fuzz/Replies/{name}.base64")).Select(Convert.FromBase64String)];

    /// <summary>The node of the recordings.</summary>
    public static NodeState State()
    {
        var kernel = new RouteNetlink(
            new RecordedReplies([.. Read("routes"), .. Read("routes6"), .. Read("rules"), .. Read("rules6"), .. Read("links"), .. Read("addresses")]));
        return new NodeState
        {
            Tables = kernel.ListRoutes(),
            Rules = [.. kernel.ListRules(Family.IPv4), .. kernel.ListRules(Family.IPv6)],
            Links = kernel.ListLinks(),
            Addresses = kernel.ListAddresses(),
        };
    }

    public void Send(ReadOnlySpan<byte> datagram) => _sequence = MemoryMarshal.Read<uint>(datagram[8..]);

    public int Receive(Span<byte> buffer)
    {
        if (!_replies.TryDequeue(out byte[]? reply))
        {
            throw new NetlinkException("script", 0, "nothing more");
        }

        // Recorded with the sequence number 1: what carries another was changed, and stays so.
        int length = Math.Min(reply.Length, buffer.Length);
        reply.AsSpan(0, length).CopyTo(buffer);
        for (int at = 0; at + 16 <= length;)
        {
            if (MemoryMarshal.Read<uint>(buffer[(at + 8)..]) == 1)
            {
                MemoryMarshal.Write(buffer[(at + 8)..], _sequence);
            }

            uint message = MemoryMarshal.Read<uint>(buffer[at..]);
            if (message < 16 || message > length - at)
            {
                break;
            }

            at += (int)((message + 3) & ~3u);
        }

        return length;
    }

    public void Dispose()
    {
    }
}
