using CniSrcRoute.Firewall;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>
/// What a rule's registers hold of a packet, byte by byte: four of 16 bytes, or sixteen of 4 (enum nft_registers). nft(8) reads fields that lie beside one another at
/// once, and of an address no more than a prefix needs.
/// </summary>
/// <param name="isOfAnswer">Whether the packet is an answer, whose source is what was asked: source and destination, and the cards, stand for one another.</param>
internal sealed class PacketRegisters(bool isOfAnswer = false)
{
    private const int Size = 64, Length = 16, PartLength = 4, FirstPart = 8;
    private const int NetworkHeader = 1, TransportHeader = 2;

    private readonly (Origin Origin, int Index)[] _origins = new (Origin, int)[Size];
    private readonly byte[] _masks = new byte[Size];

    /// <summary>Where a register begins.</summary>
    /// <param name="register">NFT_REG_1 to NFT_REG_4, or NFT_REG32_00 to NFT_REG32_15.</param>
    public static int Place(uint register) => (int)Math.Min(Size, register < FirstPart ? (register - 1) * Length : (register - FirstPart) * PartLength);

    /// <summary>Takes note of bytes that are read into a register.</summary>
    public void Load(uint register, Origin origin, int length)
    {
        for (int i = 0; i < length; i++)
        {
            Set(Place(register) + i, origin, i);
        }

        Pad(register, length);
    }

    /// <summary>Takes note of "payload".</summary>
    /// <param name="register">Where to.</param>
    /// <param name="header">NFT_PAYLOAD_.</param>
    /// <param name="offset">From where on.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="family">The packet's family; null where both come.</param>
    public void LoadPayload(uint register, uint header, uint offset, uint length, Family? family)
    {
        for (int i = 0; i < Math.Min(length, Size); i++)
        {
            long at = offset + i;
            (Origin origin, long index) = (header, family) switch
            {
                (TransportHeader, _) => at is 2 or 3 ? (Origin.Port, at - 2) : at is 0 or 1 ? (Origin.SourcePort, at) : (Origin.Other, 0),
                (NetworkHeader, Family.IPv4) => at is >= 16 and < 20 ? (Origin.Destination, at - 16) : at is >= 12 and < 16 ? (Origin.Source, at - 12) : at == 9 ? (Origin.Protocol, 0) : (Origin.Other, 0),
                (NetworkHeader, Family.IPv6) => at is >= 24 and < 40 ? (Origin.Destination, at - 24) : at is >= 8 and < 24 ? (Origin.Source, at - 8) : at == 6 ? (Origin.Protocol, 0) : (Origin.Other, 0),
                _ => (Origin.Other, 0),
            };
            Set(Place(register) + i, origin, (int)index);
        }

        Pad(register, (int)Math.Min(length, Size));
    }

    /// <summary>Where the bytes of a key come from.</summary>
    public TrackTest.Part[] Key(uint register, int length)
    {
        var key = new TrackTest.Part[length];
        for (int i = 0; i < length; i++)
        {
            int at = Place(register) + i;
            key[i] = at < Size ? new TrackTest.Part(_origins[at].Origin, _origins[at].Index, _masks[at]) : default;
        }

        return key;
    }

    /// <summary>Takes note of "bitwise".</summary>
    public void Mask(uint from, uint to, ReadOnlySpan<byte> mask)
    {
        for (int i = 0; i < mask.Length && Place(from) + i < Size && Place(to) + i < Size; i++)
        {
            (_origins[Place(to) + i], _masks[Place(to) + i]) = (_origins[Place(from) + i], (byte)(_masks[Place(from) + i] & mask[i]));
        }
    }

    /// <summary>Whether a key holds anything of a kind.</summary>
    public bool Has(uint register, int length, Origin origin)
    {
        for (int at = Place(register); at < Math.Min(Size, Place(register) + length); at++)
        {
            if (_origins[at].Origin == origin)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(_origins);

    /// <summary>Whether some bits of a field are looked at.</summary>
    public bool Sees(uint register, int length, Origin origin, int index, int bits)
    {
        for (int at = Place(register); at < Math.Min(Size, Place(register) + length); at++)
        {
            if (_origins[at] == (origin, index) && (_masks[at] & bits) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What values from one to another mean for a field.</summary>
    /// <param name="register">Where the key begins.</param>
    /// <param name="first">The first key.</param>
    /// <param name="last">The last.</param>
    /// <param name="origin">The field.</param>
    /// <param name="from">Gets its first value. What is not looked at is 0.</param>
    /// <param name="to">Gets its last value. What is not looked at is all ones.</param>
    public void Field(uint register, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, Origin origin, Span<byte> from, Span<byte> to)
    {
        from.Clear();
        to.Fill(byte.MaxValue);
        for (int i = 0; i < Math.Min(first.Length, last.Length) && Place(register) + i < Size; i++)
        {
            (Origin of, int index) = _origins[Place(register) + i];
            if (of == origin && index < from.Length)
            {
                byte mask = _masks[Place(register) + i];
                (from[index], to[index]) = ((byte)(first[i] & mask), (byte)((last[i] & mask) | ~mask));
            }
        }
    }

    /// <summary>The kernel writes whole registers.</summary>
    private void Pad(uint register, int length)
    {
        for (int at = length; at % PartLength != 0; at++)
        {
            Set(Place(register) + at, Origin.Padding, 0);
        }
    }

    private static Origin Opposite(Origin origin) => origin switch
    {
        Origin.Source => Origin.Destination,
        Origin.Destination => Origin.Source,
        Origin.SourcePort => Origin.Port,
        Origin.Port => Origin.SourcePort,
        Origin.CardName => Origin.OutName,
        Origin.OutName => Origin.CardName,
        Origin.CardIndex => Origin.OutIndex,
        Origin.OutIndex => Origin.CardIndex,
        _ => origin,
    };

    private void Set(int place, Origin origin, int index)
    {
        if (place is >= 0 and < Size)
        {
            (_origins[place], _masks[place]) = ((isOfAnswer ? Opposite(origin) : origin, index), byte.MaxValue);
        }
    }
}
