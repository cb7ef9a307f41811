using System.Runtime.InteropServices;
using CniSrcRoute.Netlink;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>A kernel that answers each datagram by a script: a function from what was sent to the datagrams that come back.</summary>
internal sealed class Script(params Func<byte[], IEnumerable<byte[]>>[] answers) : ITransport
{
    private readonly Queue<byte[]> _waiting = new();

    public const ushort Error = 2, Done = 3, Overrun = 4;
    public const ushort Multi = 2, DumpInterrupted = 0x10, Capped = 0x100, AckTlvs = 0x200;

    /// <summary>The datagrams that were sent.</summary>
    public List<byte[]> Sent { get; } = [];

    public void Send(ReadOnlySpan<byte> datagram)
    {
        Sent.Add(datagram.ToArray());
        foreach (byte[] answer in answers[Math.Min(Sent.Count, answers.Length) - 1](Sent[^1]))
        {
            _waiting.Enqueue(answer);
        }
    }

    public int Receive(Span<byte> buffer)
    {
        byte[] datagram = _waiting.TryDequeue(out byte[]? next) ? next : throw new InvalidOperationException("nothing more comes: this would wait for ever");
        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    public void Dispose()
    {
    }

    /// <summary>The messages of a datagram: type, flags, sequence number and payload.</summary>
    public static List<(ushort Type, ushort Flags, uint Sequence, byte[] Payload)> Messages(byte[] datagram)
    {
        List<(ushort, ushort, uint, byte[])> messages = [];
        for (int at = 0; at < datagram.Length;)
        {
            int length = BitConverter.ToInt32(datagram, at);
            messages.Add((
                BitConverter.ToUInt16(datagram, at + 4),
                BitConverter.ToUInt16(datagram, at + 6),
                BitConverter.ToUInt32(datagram, at + 8),
                datagram[(at + 16)..(at + length)]));
            at += (length + 3) & ~3;
        }

        return messages;
    }

    /// <summary>The sequence number of a request's only message.</summary>
    public static uint Sequence(byte[] request) => Messages(request)[0].Sequence;

    /// <summary>A message as it comes from the kernel.</summary>
    public static byte[] Message(ushort type, uint sequence, byte[] payload, int flags = 0)
    {
        byte[] message = new byte[(16 + payload.Length + 3) & ~3];
        MemoryMarshal.Write(message, 16 + payload.Length);
        MemoryMarshal.Write(message.AsSpan(4), type);
        MemoryMarshal.Write(message.AsSpan(6), (ushort)flags);
        MemoryMarshal.Write(message.AsSpan(8), sequence);
        payload.CopyTo(message, 16);
        return message;
    }

    /// <summary>A part of a dump.</summary>
    public static byte[] Part(ushort type, uint sequence, string payload, int flags = 0) =>
        Message(type, sequence, Convert.FromHexString(payload), Multi | flags);

    /// <summary>The end of a dump.</summary>
    public static byte[] End(uint sequence, int errno = 0, int flags = 0) => Message(Done, sequence, BitConverter.GetBytes(-errno), Multi | flags);

    /// <summary>NLMSG_ERROR: a refusal, or for 0 an acknowledgement; with the kernel's words as NLMSGERR_ATTR_MSG.</summary>
    public static byte[] Refusal(uint sequence, int errno, string? words = null, byte[]? echo = null)
    {
        byte[] header = new byte[16];
        MemoryMarshal.Write(header, 16 + (echo?.Length ?? 20));
        List<byte> payload = [.. BitConverter.GetBytes(-errno), .. header, .. echo ?? []];
        if (words is not null)
        {
            byte[] text = [.. System.Text.Encoding.UTF8.GetBytes(words), 0];
            payload.AddRange([8, 0, 2, 0, 7, 0, 0, 0]); // NLMSGERR_ATTR_OFFS, before the words
            payload.AddRange([.. BitConverter.GetBytes((ushort)(4 + text.Length)), 1, 0, .. text]);
        }

        return Message(Error, sequence, [.. payload], (echo is null ? Capped : 0) | (words is null ? 0 : AckTlvs));
    }

    /// <summary>One datagram of several messages.</summary>
    public static byte[] Together(params byte[][] messages) => [.. messages.SelectMany(message => message)];
}
