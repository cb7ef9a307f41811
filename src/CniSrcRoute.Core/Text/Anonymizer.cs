using System.Globalization;
using System.Text;

namespace CniSrcRoute;

/// <summary>
/// Puts other addresses in the place of those in a text, the same for the same: two that share a prefix share as long a one afterwards, so that who is in
/// which network can still be read. What says something by itself stays: private ranges' first bits, link-local, loopback, multicast, zeros behind a prefix.
/// </summary>
/// <param name="hash">Decides the bits.</param>
public sealed class Anonymizer(SipHash hash)
{
    /// <summary>What is known by its first bits, and how many of the bits stay; the first that holds an address counts.</summary>
    private static readonly (string Network, int Kept)[] Known =
    [
        ("0.0.0.0/8", 32), ("127.0.0.0/8", 32), ("224.0.0.0/3", 32), ("169.254.0.0/16", 16), ("10.0.0.0/8", 8), ("172.16.0.0/12", 12), ("192.168.0.0/16", 16), ("100.64.0.0/10", 10),
        ("::/64", 128), ("ff00::/8", 128), ("fe80::/10", 64), ("fc00::/7", 8), ("2000::/3", 3),
    ];

    private static readonly List<(IpPrefix Network, int Kept)> KnownNetworks = Parse();

    /// <summary>The text with other addresses.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same text otherwise.</returns>
    public string Replace(string text)
    {
        var result = new StringBuilder(text.Length);
        int at = 0;
        while (at < text.Length)
        {
            int end = at;
            bool isWord = at > 0 && char.IsAsciiLetterOrDigit(text[at - 1]);
            while (end < text.Length && (char.IsAsciiHexDigit(text[end]) || text[end] is '.' or ':'))
            {
                end++;
            }

            // The end of a sentence, or of a key: not of the address.
            string run = text[at..end];
            string word = run.EndsWith("::", StringComparison.Ordinal) ? run : run.TrimEnd('.', ':');
            result.Append(isWord ? run : ReplaceWord(word, LengthAt(text, at + word.Length)) + run[word.Length..]);
            if (end < text.Length)
            {
                result.Append(text[end++]);
            }

            at = end;
        }

        return result.ToString();
    }

    /// <summary>Another address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="length">How many of its bits are replaced: those of a prefix whose other bits are zero.</param>
    /// <returns>The other.</returns>
    public IpAddress Replace(IpAddress address, int length)
    {
        int kept = KnownNetworks.Find(known => known.Network.Family == address.Family && known.Network.Contains(address)).Kept;
        bool is6 = address.Family == Family.IPv6;
        ulong high = is6 ? address.High : address.Low << 32, low = is6 ? address.Low : 0;
        ulong newHigh = high, newLow = low;
        for (int bit = kept; bit < length; bit++)
        {
            // Whether the bit is inverted depends only on the bits before it.
            ulong beforeHigh = bit == 0 ? 0 : bit >= 64 ? high : high & (ulong.MaxValue << (64 - bit)), beforeLow = bit <= 64 ? 0 : low & (ulong.MaxValue << (128 - bit));
            ulong turn = hash.Of(beforeHigh ^ ((ulong)bit << 56), beforeLow ^ (ulong)address.Family) & 1;
            if (bit < 64)
            {
                newHigh ^= turn << (63 - bit);
            }
            else
            {
                newLow ^= turn << (127 - bit);
            }
        }

        return is6 ? new IpAddress(Family.IPv6, newHigh, newLow) : new IpAddress(Family.IPv4, 0, newHigh >> 32);
    }

    private string ReplaceWord(string word, int? length)
    {
        if (IpAddress.TryParse(word, out IpAddress address))
        {
            bool isNetwork = length is { } bits && bits <= address.Bits && new IpPrefix(address, bits).Address == address;
            return Replace(address, isNetwork ? length!.Value : address.Bits).ToString();
        }

        // ADDRESS:PORT of IPv4, and hardware addresses.
        int colon = word.LastIndexOf(':');
        return colon > 0 && word.Contains('.', StringComparison.Ordinal) && IpAddress.TryParse(word.AsSpan(0, colon), out address) ? Replace(address, address.Bits) + word[colon..]
            : word.Length == 17 && word.Split(':') is { Length: 6 } bytes && Array.TrueForAll(bytes, one => one.Length == 2) ? Hardware(word)
            : word;
    }

    /// <summary>Another hardware address, a locally administered one; the broadcast address stays.</summary>
    private string Hardware(string word)
    {
        ulong number = ulong.Parse(word.Replace(":", "", StringComparison.Ordinal), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        string text = ((hash.Of(number, 6) & 0xff_ffff_ffff) | 0x02_00_0000_0000).ToString("x12", CultureInfo.InvariantCulture);
        return number is 0 or 0xffff_ffff_ffff ? word : string.Join(':', Enumerable.Range(0, 6).Select(i => text.Substring(2 * i, 2)));
    }

    /// <summary>The length of a prefix whose slash is there; null for none.</summary>
    private static int? LengthAt(string text, int at)
    {
        int end = at + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return at < text.Length && text[at] == '/' && int.TryParse(text.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : null;
    }

    private static List<(IpPrefix Network, int Kept)> Parse()
    {
        List<(IpPrefix, int)> networks = [];
        foreach ((string network, int kept) in Known)
        {
            _ = IpPrefix.TryParse(network, out IpPrefix parsed);
            networks.Add((parsed, kept));
        }

        return networks;
    }
}
