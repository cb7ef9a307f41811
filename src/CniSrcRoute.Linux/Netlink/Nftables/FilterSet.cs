using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>A set, or a map, of somebody else.</summary>
/// <param name="KeyLength">How long the keys are.</param>
/// <param name="Elements">Reads the elements: an empty key stands for all others, and the value is a verdict or does not matter.</param>
internal sealed record FilterSet(int KeyLength, Lazy<IReadOnlyList<NftElement>> Elements)
{
    /// <summary>Reads NFT_MSG_NEWSETELEM: each element as it is there, the ends of ranges among them.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out List<(NftElement Element, bool IsEnd)> elements)
    {
        elements = [];
        var list = new AttributeReader(new Fields(payload[Math.Min(4, payload.Length)..]).Nested(NFTA_SET_ELEM_LIST_ELEMENTS));
        while (list.Next())
        {
            var fields = new Fields(list.Value);
            OpaqueBytes key = fields.Data(NFTA_SET_ELEM_KEY);
            elements.Add((
                new NftElement(key, fields.Has(NFTA_SET_ELEM_KEY_END) ? fields.Data(NFTA_SET_ELEM_KEY_END) : key, ExpressionCodec.DecodeValue(new Fields(fields.Nested(NFTA_SET_ELEM_DATA)))),
                (fields.Number(NFTA_SET_ELEM_FLAGS) & NFT_SET_ELEM_INTERVAL_END) != 0));
        }

        return true;
    }

    /// <summary>Puts the elements of a set together.</summary>
    /// <param name="set">The set.</param>
    /// <param name="elements">All that was read of it.</param>
    public static IReadOnlyList<NftElement> Of(NftSet set, List<(NftElement Element, bool IsEnd)> elements)
    {
        // Of keys of several parts each has its end with it; of others the end is an element of its own.
        List<NftElement> whole = elements.FindAll(one => !one.IsEnd).ConvertAll(one => one.Element);
        List<NftElement> others = whole.FindAll(one => one.From.Span.IsEmpty);
        return !set.IsInterval || whole.Exists(one => one.From != one.To)
            ? whole
            : [.. SetCodec.Of(set, elements.FindAll(one => !one.Element.From.Span.IsEmpty)).Elements, .. others];
    }
}
