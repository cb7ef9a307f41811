using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>Reads an item out of a message.</summary>
/// <typeparam name="T">The item.</typeparam>
/// <param name="payload">The message without its header.</param>
/// <param name="item">The item, when the answer is true.</param>
/// <returns>False when the message holds none.</returns>
internal delegate bool Decoder<T>(ReadOnlySpan<byte> payload, out T item);

/// <summary>Writes the payload of a message.</summary>
/// <param name="writer">Where to.</param>
internal delegate void Encoder(ref MessageWriter writer);

/// <summary>Questions and answers: whole lists (dumps) and single items, by the receive checklist of netlink(7).</summary>
/// <param name="transport">Carries the datagrams.</param>
internal sealed class Conversation(ITransport transport)
{
    /// <summary>
    /// How often a dump that changed under way is begun again. Each try takes milliseconds; a node that changes more often than that is out of order.
    /// </summary>
    private const int DumpTries = 50;

    /// <summary>The kernel sends a dump in pieces of at most 32 KB. Zeros would cost a plugin call the memory of all of it, most of which stays unused.</summary>
    private readonly byte[] _receive = GC.AllocateUninitializedArray<byte>(64 << 10);

    /// <summary>The number of the last message sent.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Takes the next number.</summary>
    public uint NextSequence() => ++Sequence;

    /// <summary>Sends whole messages.</summary>
    public void Send(ReadOnlySpan<byte> datagram) => transport.Send(datagram);

    /// <summary>Receives one datagram.</summary>
    public MessageReader Receive() => new(_receive.AsSpan(0, transport.Receive(_receive)));

    /// <summary>Asks for one item.</summary>
    /// <param name="type">The question.</param>
    /// <param name="encode">Writes its payload.</param>
    /// <param name="errno">The kernel's refusal, positive; 0 for none.</param>
    /// <returns>The payload of the answer; empty for an error.</returns>
    public ReadOnlySpan<byte> Ask(int type, Encoder encode, out int errno) => Ask(type, Constants.NLM_F_REQUEST, encode, out errno);

    /// <summary>Has something done.</summary>
    /// <param name="type">The order.</param>
    /// <param name="encode">Writes its payload.</param>
    /// <returns>The kernel's refusal, a positive errno; 0 for none.</returns>
    public int Tell(int type, Encoder encode)
    {
        Ask(type, Constants.NLM_F_REQUEST | Constants.NLM_F_ACK, encode, out int errno);
        return errno;
    }

    private ReadOnlySpan<byte> Ask(int type, int flags, Encoder encode, out int errno)
    {
        SendRequest(type, flags, encode);
        while (true)
        {
            MessageReader reader = Receive();
            while (reader.Next())
            {
                if (reader.Header.Sequence == Sequence)
                {
                    errno = reader.IsResult ? reader.Errno : 0;
                    return reader.IsResult ? [] : reader.Payload;
                }
            }
        }
    }

    /// <summary>Asks for all items of a kind.</summary>
    public List<T> Dump<T>(string operation, int type, Encoder encode, Decoder<T> decode)
    {
        var items = new List<T>();
        Dump(operation, type, encode, items.Clear, payload =>
        {
            if (decode(payload, out T item))
            {
                items.Add(item);
            }
        });
        return items;
    }

    /// <summary>Asks for a whole list, again where it changed while it was read.</summary>
    /// <param name="operation">For messages.</param>
    /// <param name="type">The question: RTM_GET.</param>
    /// <param name="encode">Writes its payload.</param>
    /// <param name="begin">Forgets what an earlier try has brought.</param>
    /// <param name="take">Takes the payload of one answer.</param>
    public void Dump(string operation, int type, Encoder encode, Action begin, Action<ReadOnlySpan<byte>> take)
    {
        for (int attempt = 0; attempt < DumpTries; attempt++)
        {
            SendRequest(type, Constants.NLM_F_REQUEST | Constants.NLM_F_DUMP, encode);
            begin();
            if (ReceiveDump(operation, take))
            {
                return;
            }
        }

        throw new NetlinkException(operation, EAGAIN, $"the list changed while it was read, {DumpTries} times in a row");
    }

    private void SendRequest(int type, int flags, Encoder encode)
    {
        // The longest is a name of nftables, of 255 bytes.
        Span<byte> request = stackalloc byte[512];
        var writer = new MessageWriter(request);
        writer.Begin(type, flags, NextSequence());
        encode(ref writer);
        writer.End();
        if (writer.Overflowed)
        {
            throw new NetlinkException("send", 0, "a question is longer than its buffer");
        }

        Send(request[..writer.Length]);
    }

    /// <returns>False when what was listed changed under way: nothing may be concluded from it.</returns>
    private bool ReceiveDump(string operation, Action<ReadOnlySpan<byte>> take)
    {
        bool consistent = true;
        while (true)
        {
            MessageReader reader = Receive();
            while (reader.Next())
            {
                if (reader.Header.Sequence != Sequence || reader.Header.Type == Constants.NLMSG_NOOP)
                {
                    continue;
                }

                consistent &= (reader.Header.Flags & Constants.NLM_F_DUMP_INTR) == 0;
                if (reader.Header.Type == Constants.NLMSG_OVERRUN)
                {
                    throw new NetlinkException(operation, ENOBUFS);
                }

                if (reader.IsResult)
                {
                    return reader.Errno == 0 ? consistent : throw new NetlinkException(operation, reader.Errno, reader.Words);
                }

                take(reader.Payload);
            }
        }
    }
}
