namespace CniSrcRoute.Nftables;

/// <summary>An element of a set or map.</summary>
/// <param name="From">The key, or the first of a range.</param>
/// <param name="To">The last of the range; the same for a single key.</param>
/// <param name="Value">
/// What a map has for it: <see cref="NftExpression.Verdict"/> or <see cref="NftExpression.Immediate"/>; null in a set. <see cref="NftExpression.Unknown"/> says
/// that the element has something of others: a counter, a time to live.
/// </param>
public sealed record NftElement(OpaqueBytes From, OpaqueBytes To, NftExpression? Value)
{
    /// <summary>An element for one key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What a map has for it.</param>
    public NftElement(OpaqueBytes key, NftExpression? value = null)
        : this(key, key, value)
    {
    }

    /// <summary>An element for all addresses of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="value">What a map has for it.</param>
    public NftElement(IpPrefix network, NftExpression? value = null)
        : this(NftData.Address(network.Address), NftData.Address(network.Last), value)
    {
    }

    /// <summary>The element as nft(8) writes it.</summary>
    /// <param name="set">Where it is in.</param>
    /// <returns>For example "10.0.0.0-10.0.0.255 : goto eth0".</returns>
    public string Format(NftSet set)
    {
        string key = set.Key.Format(From) + (From == To ? "" : $"-{set.Key.Format(To)}");
        return Value switch
        {
            null => key,
            NftExpression.Immediate data => $"{key} : {set.Value?.Format(data.Data)}",
            _ => $"{key} : {Value}",
        };
    }
}
