using System.Text;

namespace CniSrcRoute.Nftables;

/// <summary>A set of keys, or a map from keys to values: one look-up, however many there are.</summary>
/// <param name="Name">NFTA_SET_NAME.</param>
/// <param name="Key">What the keys are.</param>
/// <param name="Value">What a map has for each; null for a set.</param>
/// <param name="Elements">The elements, by key.</param>
public sealed record NftSet(string Name, NftType Key, NftType? Value, IReadOnlyList<NftElement> Elements)
{
    /// <summary>Whether an element may be a range of keys (NFT_SET_INTERVAL).</summary>
    public bool IsInterval { get; init; }

    /// <summary>NFT_SET_ flags that ours have not: of anonymous sets, of those with times to live.</summary>
    public uint OtherFlags { get; init; }

    /// <summary>A set, or map, of single keys.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">What the keys are.</param>
    /// <param name="value">What a map has for each; null for a set.</param>
    /// <param name="elements">Its elements in any order, one a key.</param>
    /// <returns>The set.</returns>
    public static NftSet Of(string name, NftType key, NftType? value, IEnumerable<NftElement> elements) => new(name, key, value, Sorted(elements));

    /// <summary>A set of all addresses of some networks.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="family">The family of the networks.</param>
    /// <param name="networks">The networks in any order; they may contain one another.</param>
    /// <returns>The set.</returns>
    public static NftSet Of(string name, Family family, IEnumerable<IpPrefix> networks)
    {
        List<IpPrefix> distinct = [.. networks.Distinct()];
        List<IpPrefix> outer = distinct.FindAll(one => !distinct.Exists(other => other != one && other.Contains(one)));
        return OfRanges(name, NftType.Address(family), null, Sorted(outer.ConvertAll(one => new NftElement(one))));
    }

    /// <summary>A set, or map, of ranges of keys.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">What the keys are.</param>
    /// <param name="value">What a map has for each; null for a set.</param>
    /// <param name="ranges">Its elements in order, none in another.</param>
    /// <returns>The set.</returns>
    public static NftSet OfRanges(string name, NftType key, NftType? value, IReadOnlyList<NftElement> ranges) => new(name, key, value, ranges) { IsInterval = true };

    /// <summary>Whether two sets are the same.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when they are.</returns>
    public bool IsLike(NftSet other) => this with { Elements = [] } == other with { Elements = [] } && Elements.SequenceEqual(other.Elements);

    /// <summary>The set as nft(8) reads it.</summary>
    /// <returns>Lines, with one for the end of the last.</returns>
    public override string ToString()
    {
        var text = new StringBuilder($"  {(Value is null ? "set" : "map")} {Name} {{\n    type {Key}");
        _ = Value is null ? text : text.Append(" : ").Append(Value);
        text.Append(IsInterval ? ";\n    flags interval;\n" : ";\n");
        if (Elements.Count > 0)
        {
            text.Append("    elements = {\n      ").AppendJoin(",\n      ", Elements.Select(element => element.Format(this))).Append("\n    }\n");
        }

        return text.Append("  }\n").ToString();
    }

    /// <summary>Puts elements in the order in which two sets are compared: by their first keys.</summary>
    /// <param name="elements">In any order.</param>
    /// <returns>The elements.</returns>
    public static NftElement[] Sorted(IEnumerable<NftElement> elements)
    {
        NftElement[] sorted = [.. elements];
        Array.Sort(sorted, (one, other) => one.From.Span.SequenceCompareTo(other.From.Span));
        return sorted;
    }
}
