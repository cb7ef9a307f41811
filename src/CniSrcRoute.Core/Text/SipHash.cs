using System.Numerics;

namespace CniSrcRoute;

/// <summary>SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") of 16 bytes: without the key nobody can tell what was hashed.</summary>
/// <param name="key0">The key's first half.</param>
/// <param name="key1">The key's second half.</param>
public readonly struct SipHash(ulong key0, ulong key1)
{
    /// <summary>The hash.</summary>
    /// <param name="first">The first 8 bytes, the lowest first.</param>
    /// <param name="second">The others.</param>
    /// <returns>64 bits.</returns>
    public ulong Of(ulong first, ulong second)
    {
        ulong v0 = key0 ^ 0x736f6d6570736575, v1 = key1 ^ 0x646f72616e646f6d, v2 = key0 ^ 0x6c7967656e657261, v3 = key1 ^ 0x7465646279746573;
        foreach (ulong word in (ReadOnlySpan<ulong>)[first, second, 16UL << 56])
        {
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        v2 ^= 0xff;
        for (int i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
