using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;

namespace CniSrcRoute.Tests.Walk;

/// <summary>
/// What comes in and goes out by a node's cards. The kernel puts a packet into the socket as it passes, so what has arrived elsewhere has been seen here.
/// </summary>
internal sealed class Passing : IDisposable
{
    private const int SOL_SOCKET = 1, SO_RCVBUFFORCE = 33, Memory = 32 << 20;
    private const int ARPHRD_ETHER = 1;
    private const byte PACKET_HOST = 0, PACKET_OUTGOING = 4;

    private readonly Socket _socket;
    private readonly Dictionary<int, string> _cards = [];
    private readonly Dictionary<string, string> _below = [];
    private readonly List<(bool IsOut, Packet Packet)> _seen = [];

    /// <summary>Begins to look at the cards that there are.</summary>
    public Passing(Node node)
    {
        foreach (string[] words in node.Sh("ip -o link").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ")))
        {
            string[] names = words[1].Split('@');
            _cards.Add(int.Parse(words[0], CultureInfo.InvariantCulture), names[0]);
            _below.Add(names[0], names[^1]);
        }

        const int ETH_P_ALL = 3;
        _socket = node.Network().In(() => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness((ushort)ETH_P_ALL)));
        _socket.SetRawSocketOption(SOL_SOCKET, SO_RCVBUFFORCE, BitConverter.GetBytes(Memory));
        _socket.Blocking = false;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Whether an answer has left by the card of its request, or by the one whose wire that macvlan has.</summary>
    public bool AreSame(string requestCard, string answerCard) => requestCard == answerCard || _below.GetValueOrDefault(requestCard) == answerCard;

    /// <summary>The address that a client's packets have come in with.</summary>
    public string Source(Client client)
    {
        Read();
        return _seen.First(seen => !seen.IsOut && seen.Packet.SourcePort == client.Port).Packet.Source;
    }

    /// <summary>The cards by which a client's packets have come in, or the answers to it have left; of those that are wires.</summary>
    public string[] Cards(Client client, bool isOut, IReadOnlyCollection<string> wires)
    {
        Read();
        return
        [
            .. _seen.Where(seen => seen.IsOut == isOut && (isOut ? seen.Packet.DestinationPort : seen.Packet.SourcePort) == client.Port)
                .Select(seen => seen.Packet.Card).Where(wires.Contains).Distinct(),
        ];
    }

    /// <summary>The card by which the first answer from the port that was asked has left; empty for none. One from another port is none to who asked.</summary>
    public string AnswerCard(Client client, int port, IReadOnlyCollection<string> wires)
    {
        Read();
        return _seen.Where(seen => seen.IsOut && seen.Packet.DestinationPort == client.Port && seen.Packet.SourcePort == port).Select(seen => seen.Packet.Card)
            .FirstOrDefault(wires.Contains, "");
    }

    private void Read()
    {
        byte[] frame = new byte[256];
        while (_socket.Available > 0)
        {
            // .NET takes none that has become as short as what it received.
            var address = new SocketAddress(AddressFamily.Packet, 128);
            int length = _socket.ReceiveFrom(frame, SocketFlags.Truncated, address);

            // struct sockaddr_ll: ifindex at 4, hatype at 8, pkttype at 10 (packet(7)).
            ReadOnlySpan<byte> sender = address.Buffer.Span;
            string card = _cards.GetValueOrDefault(BinaryPrimitives.ReadInt32LittleEndian(sender[4..]), "");
            bool isEthernet = BinaryPrimitives.ReadUInt16LittleEndian(sender[8..]) == ARPHRD_ETHER;
            ReadOnlySpan<byte> bytes = frame.AsSpan(0, Math.Min(length, frame.Length));
            if (sender[10] is PACKET_HOST or PACKET_OUTGOING && (isEthernet ? Packet.Parse(card, bytes) : Packet.ParseBare(card, bytes)) is { } packet)
            {
                _seen.Add((sender[10] == PACKET_OUTGOING, packet));
            }
        }
    }
}
