using System.Text;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>Makes inputs that are nearly right out of right ones.</summary>
internal static class Mutation
{
    private static readonly byte[][] JsonWords =
    [
        .. new[]
        {
            "null", "true", "{}", "[]", "\"\"", "0", "-1", "1e99", "1.5", "9223372036854775808", "18446744073709551616", "-0", "\"\\ud800\"",
            "\"\\u0000\"", "\"\\udc00\\ud800\"", "{", "}", "[",
            "]", ",", ":", "\"", "\\", "//", "/**/", " ", "\n", "\0", "\"name\"", "\"cniVersion\"", "\"prevResult\"", "\"ips\"", "\"interfaces\"",
            "\"address\"", "\"interface\"", "\"config\"",
            "\"0.3.1\"", "\"1.1.0\"", "\"10.254.1.5/24\"", "\"fd00::1/64\"", "\"::ffff:1.2.3.4/0\"", "\"0.0.0.0/0\"", "\"/32\"", "\"sources\"",
            "\"routes\"", "\"overlay\"", "\"table\"", "\"gateway\"",
            "4294967295", "4294967296", "254", "255", "\"main\"", "\"a/b\"", "\"..\"",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80], [0xc3], [0xff, 0xfe], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
    ];

    /// <summary>Changes a JSON text in one to six places: bytes, words, parts moved or from another text.</summary>
    public static byte[] Json(Random random, byte[][] corpus)
    {
        List<byte> text = [.. corpus[random.Next(corpus.Length)]];
        for (int change = random.Next(1, 7); change > 0; change--)
        {
            switch (random.Next(6))
            {
                case 0:
                    ReplaceValue(random, text);
                    break;
                case 1:
                    text.InsertRange(random.Next(text.Count + 1), JsonWords[random.Next(JsonWords.Length)]);
                    break;
                case 2:
                    byte[] other = corpus[random.Next(corpus.Length)];
                    text.InsertRange(random.Next(text.Count + 1), Part(random, other));
                    break;
                default:
                    Bytes(random, text);
                    break;
            }
        }

        return [.. text];
    }

    /// <summary>Changes one to six places of a binary text: bits, bytes, numbers of two and four bytes, parts cut out or doubled.</summary>
    public static byte[] Binary(Random random, byte[] original)
    {
        List<byte> bytes = [.. original];
        for (int change = random.Next(1, 7); change > 0 && bytes.Count > 8; change--)
        {
            if (random.Next(2) == 0)
            {
                Bytes(random, bytes);
                continue;
            }

            // Lengths, types and numbers stand at even places.
            int at = random.Next(bytes.Count / 4) * 4 + 2 * random.Next(2);
            ushort number = random.Next(8) switch
            {
                0 => 0,
                1 => ushort.MaxValue,
                2 => 3,
                3 => 4,
                4 => 0x8000,
                5 => (ushort)random.Next(64),
                6 => (ushort)bytes.Count,
                _ => (ushort)random.Next(65536),
            };
            (bytes[at], bytes[at + 1]) = ((byte)number, (byte)(number >> 8));
        }

        return [.. bytes];
    }

    private static void Bytes(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        int at = random.Next(bytes.Count);
        int length = Math.Min(bytes.Count - at, 1 << random.Next(7));
        switch (random.Next(5))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                break;
            default:
                if (random.Next(8) == 0)
                {
                    bytes.RemoveRange(at, bytes.Count - at);
                }

                break;
        }
    }

    // What stands behind a colon, up to the next comma, bracket or brace.
    private static void ReplaceValue(Random random, List<byte> text)
    {
        int colon = text.IndexOf((byte)':', random.Next(text.Count + 1));
        if (colon < 0)
        {
            return;
        }

        int end = text.FindIndex(colon, letter => letter is (byte)',' or (byte)'}' or (byte)']');
        text.RemoveRange(colon + 1, Math.Max(0, end - colon - 1));
        text.InsertRange(colon + 1, JsonWords[random.Next(JsonWords.Length)]);
    }

    private static byte[] Part(Random random, byte[] text)
    {
        int start = random.Next(text.Length);
        return text[start..Math.Min(text.Length, start + (1 << random.Next(9)))];
    }
}
