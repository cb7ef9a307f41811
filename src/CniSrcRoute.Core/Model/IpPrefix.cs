using System.Globalization;

namespace CniSrcRoute;

/// <summary>A network: an address whose bits beyond <see cref="Length"/> are zero. The default value is "no prefix".</summary>
public readonly record struct IpPrefix
{
    // Not an IpAddress: the length finds room beside the family, and a route holds two of these.
    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>Makes the network that holds an address.</summary>
    /// <param name="address">Any address in the network.</param>
    /// <param name="length">The prefix length: 0 to 32 or 128.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length does not fit the family.</exception>
    public IpPrefix(IpAddress address, int length)
    {
        if ((uint)length > (uint)address.Bits)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "longer than an address");
        }

        (Family, _high, _low) = address.Mask(length);
        Length = (byte)length;
    }

    /// <summary>The network's first address.</summary>
    public IpAddress Address => new(Family, _high, _low);

    /// <summary>The network's last address.</summary>
    public IpAddress Last
    {
        get
        {
            IpAddress mask = new IpAddress(Family, Family == Family.IPv6 ? ulong.MaxValue : 0, Family == Family.IPv6 ? ulong.MaxValue : uint.MaxValue).Mask(Length);
            return Family == Family.IPv6 ? new(Family, _high | ~mask.High, _low | ~mask.Low) : new(Family, 0, _low | (uint)~mask.Low);
        }
    }

    /// <summary>The number of leading bits that all addresses of the network share.</summary>
    public byte Length { get; }

    /// <summary>The family of the addresses.</summary>
    public Family Family { get; }

    /// <summary>Whether there is a prefix at all.</summary>
    public bool IsSet => Family != Family.None;

    /// <summary>Whether this is 0.0.0.0/0 or ::/0.</summary>
    public bool IsDefault => IsSet && Length == 0;

    /// <summary>Whether this is a single address: /32 or /128.</summary>
    public bool IsHost => IsSet && Length == Address.Bits;

    /// <summary>The order of networks: by their first addresses, and of those that begin with the same address the larger one first.</summary>
    /// <param name="one">A network.</param>
    /// <param name="other">Another.</param>
    /// <returns>Less than 0 when the first comes first, more when the other does.</returns>
    public static int Compare(IpPrefix one, IpPrefix other) =>
        IpAddress.Compare(one.Address, other.Address) is not 0 and var order ? order : one.Length - other.Length;

    /// <summary>The prefix of all addresses of a family.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <returns>0.0.0.0/0 or ::/0.</returns>
    public static IpPrefix Any(Family family) => new(new IpAddress(family, 0, 0), 0);

    /// <summary>The prefix of one address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>ADDRESS/32 or ADDRESS/128.</returns>
    public static IpPrefix Host(IpAddress address) => new(address, address.Bits);

    /// <summary>Reads ADDRESS/LENGTH, or a bare address as its /32 or /128.</summary>
    /// <param name="text">For example 10.254.0.0/16.</param>
    /// <param name="prefix">The prefix, bits beyond the length cleared, when the answer is true.</param>
    /// <returns>Whether the text is a prefix.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (!IpAddress.TryParse(slash < 0 ? text : text[..slash], out IpAddress address))
        {
            return false;
        }

        int length = address.Bits;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > address.Bits))
        {
            return false;
        }

        prefix = new IpPrefix(address, length);
        return true;
    }

    /// <summary>Whether an address lies in the network.</summary>
    /// <param name="address">An address of any family.</param>
    /// <returns>True when it does.</returns>
    public bool Contains(IpAddress address) => IsSet && address.Family == Family && address.Mask(Length) == Address;

    /// <summary>Whether all of another network lies in this one.</summary>
    /// <param name="other">A network of any family.</param>
    /// <returns>True when it does; a network contains itself.</returns>
    public bool Contains(IpPrefix other) => other.Length >= Length && Contains(other.Address);

    /// <summary>Whether the two networks share an address.</summary>
    /// <param name="other">A network of any family.</param>
    /// <returns>True when one contains the other.</returns>
    public bool Overlaps(IpPrefix other) => Contains(other) || other.Contains(this);

    /// <summary>The text as ip(8) writes it: "default", a bare address for a single one, ADDRESS/LENGTH otherwise.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => !IsSet ? "" : IsDefault ? "default" : IsHost ? Address.ToString() : $"{Address}/{Length}";
}
