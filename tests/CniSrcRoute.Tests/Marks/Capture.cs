using System.Buffers.Binary;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>What leaves a node by a card, from tcpdump.</summary>
internal sealed class Capture : IDisposable
{
    private const int FileHeader = 24, RecordHeader = 16;

    private readonly string _file;
    private readonly Job _tcpdump;
    private readonly List<Packet> _packets = [];
    private long _read = FileHeader;

    /// <summary>Begins to listen.</summary>
    public Capture(Node node, string card)
    {
        Card = card;
        string file = $"/run/{card}.pcap";
        _file = node.PathOf(file);
        _tcpdump = node.Start(["tcpdump", "-Z", "root", "-i", card, "-Q", "out", "-nU", "--immediate-mode", "-B", "8192", "-s", "256", "-w", file], awaited: "listening on");
    }

    /// <summary>The card.</summary>
    public string Card { get; }

    /// <summary>All packets so far.</summary>
    public IReadOnlyList<Packet> Packets
    {
        get
        {
            Read();
            return _packets;
        }
    }

    /// <summary>Forgets the packets so far.</summary>
    public void Forget()
    {
        Read();
        _packets.Clear();
    }

    public void Dispose() => _tcpdump.Dispose();

    private void Read()
    {
        using FileStream stream = new(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = _read;
        byte[] bytes = new byte[stream.Length - _read];
        stream.ReadExactly(bytes);
        int at = 0;
        while (at + RecordHeader <= bytes.Length)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8));
            if (at + RecordHeader + length > bytes.Length)
            {
                break;
            }

            if (Packet.Parse(Card, bytes.AsSpan(at + RecordHeader, length)) is { } packet)
            {
                _packets.Add(packet);
            }

            at += RecordHeader + length;
        }

        _read += at;
    }
}
