using CniSrcRoute.Nftables;

namespace CniSrcRoute.Firewall;

/// <summary>What a rule ahead of connection tracking asks: whether some bytes of a packet are among some keys.</summary>
/// <param name="Key">Where the bytes come from.</param>
/// <param name="Among">The keys, or ranges of them.</param>
/// <param name="IsNegated">Whether it is for all others.</param>
public sealed record TrackTest(IReadOnlyList<TrackTest.Part> Key, IReadOnlyList<NftElement> Among, bool IsNegated)
{
    /// <summary>Whether a packet fits.</summary>
    /// <param name="packet">The packet.</param>
    /// <returns>Null where it asks for something of which nothing is known.</returns>
    public bool? Fits(TrackPacket packet)
    {
        byte[] key = new byte[Key.Count];
        for (int i = 0; i < key.Length; i++)
        {
            if (packet.ByteAt(Key[i].Origin, Key[i].Index) is not { } value)
            {
                return null;
            }

            key[i] = (byte)(value & Key[i].Mask);
        }

        return Among.Any(keys => Contains(keys, key)) != IsNegated;
    }

    /// <summary>Of a key of several fields each has a range of its own.</summary>
    private bool Contains(NftElement keys, ReadOnlySpan<byte> key)
    {
        for (int from = 0, to; from < key.Length; from = to)
        {
            for (to = from + 1; to < key.Length && Key[to].Origin == Key[from].Origin; to++)
            {
            }

            if (to > keys.From.Span.Length || keys.From.Span[from..to].SequenceCompareTo(key[from..to]) > 0 || keys.To.Span[from..to].SequenceCompareTo(key[from..to]) < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A byte of the key.</summary>
    /// <param name="Origin">Of which field.</param>
    /// <param name="Index">Which of it.</param>
    /// <param name="Mask">The bits of it that are looked at.</param>
    public readonly record struct Part(Origin Origin, int Index, byte Mask);
}
