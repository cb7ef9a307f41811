using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Sets and their elements as messages: NFT_MSG_NEWSET, NFT_MSG_NEWSETELEM.</summary>
internal static class SetCodec
{
    /// <summary>How many elements go into one message: their list may have 64 KB, and an element with the longest name of a chain takes some 330 bytes.</summary>
    public const int MostElements = 128;

    /// <summary>A note for nft(8), which lists marks and indices turned round, and cards without names, where it is missing: NFTNL_UDATA_SET_KEYBYTEORDER, of 4 bytes: BYTEORDER_HOST_ENDIAN.</summary>
    private static readonly byte[] HostOrder = [0, 4, .. BitConverter.GetBytes(1)];

    /// <summary>Writes the payload of NFT_MSG_NEWSET.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="set">The set.</param>
    /// <param name="id">A number for the set that no other of the transaction has.</param>
    public static void Encode(ref MessageWriter writer, NftSet set, uint id)
    {
        writer.OurTable(NFTA_SET_TABLE);
        writer.NameAttribute(NFTA_SET_NAME, set.Name);
        writer.NetworkAttribute(NFTA_SET_FLAGS, (set.IsInterval ? (uint)NFT_SET_INTERVAL : 0) | (set.Value is null ? 0 : (uint)NFT_SET_MAP));
        writer.NetworkAttribute(NFTA_SET_KEY_TYPE, set.Key.Number);
        writer.NetworkAttribute(NFTA_SET_KEY_LEN, (uint)set.Key.Length);
        if (set.Value is { } value)
        {
            writer.NetworkAttribute(NFTA_SET_DATA_TYPE, value.Number);
            writer.NetworkAttribute(NFTA_SET_DATA_LEN, (uint)value.Length);
        }

        writer.NetworkAttribute(NFTA_SET_ID, id);
        if (set.Key == NftType.Mark || set.Key == NftType.Card || set.Key == NftType.CardIndex)
        {
            writer.Attribute(NFTA_SET_USERDATA, HostOrder);
        }
    }

    /// <summary>Writes the payload of NFT_MSG_NEWSETELEM.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="set">The set.</param>
    /// <param name="elements">At most <see cref="MostElements"/> of it.</param>
    public static void Encode(ref MessageWriter writer, NftSet set, IEnumerable<NftElement> elements)
    {
        writer.OurTable(NFTA_SET_ELEM_LIST_TABLE);
        writer.NameAttribute(NFTA_SET_ELEM_LIST_SET, set.Name);
        int list = writer.BeginNested(NLA_F_NESTED | NFTA_SET_ELEM_LIST_ELEMENTS);
        foreach (NftElement element in elements)
        {
            Encode(ref writer, element.From, element.Value, 0);

            // A range is two elements: where it begins, and the first key behind it, unless there is none.
            if (set.IsInterval && Next(element.To) is { } behind)
            {
                Encode(ref writer, behind, null, NFT_SET_ELEM_INTERVAL_END);
            }
        }

        writer.EndNested(list);
    }

    /// <summary>Reads NFT_MSG_NEWSET: the set without its elements.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out NftSet set)
    {
        var fields = new Fields(payload[Math.Min(4, payload.Length)..]);
        uint flags = fields.Number(NFTA_SET_FLAGS);
        set = new NftSet(
            fields.Text(NFTA_SET_NAME),
            new NftType(fields.Number(NFTA_SET_KEY_TYPE), (int)fields.Number(NFTA_SET_KEY_LEN)),
            (flags & NFT_SET_MAP) == 0 ? null : new NftType(fields.Number(NFTA_SET_DATA_TYPE), (int)fields.Number(NFTA_SET_DATA_LEN)),
            [])
        {
            IsInterval = (flags & NFT_SET_INTERVAL) != 0,
            OtherFlags = flags & ~(uint)(NFT_SET_INTERVAL | NFT_SET_MAP),
        };
        return true;
    }

    /// <summary>Reads NFT_MSG_NEWSETELEM: each element as it is there, the ends of ranges among them.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out List<(NftElement Element, bool IsEnd)> elements)
    {
        elements = [];
        var list = new AttributeReader(new Fields(payload[Math.Min(4, payload.Length)..]).Nested(NFTA_SET_ELEM_LIST_ELEMENTS));
        while (list.Next())
        {
            var fields = new Fields(list.Value);
            bool isOurs = true;
            var attributes = new AttributeReader(list.Value);
            while (attributes.Next())
            {
                // What nft(8) notes down for itself changes nothing.
                isOurs &= attributes.Type is NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_DATA or NFTA_SET_ELEM_FLAGS or NFTA_SET_ELEM_USERDATA;
            }

            NftExpression? value = ExpressionCodec.DecodeValue(new Fields(fields.Nested(NFTA_SET_ELEM_DATA)));
            uint flags = fields.Number(NFTA_SET_ELEM_FLAGS);
            bool isEnd = flags == NFT_SET_ELEM_INTERVAL_END;
            isOurs &= flags == 0 || isEnd;
            elements.Add((new NftElement(fields.Data(NFTA_SET_ELEM_KEY), isOurs ? value : new NftExpression.Unknown("element")), isEnd));
        }

        return true;
    }

    /// <summary>Puts the elements of a set together, whatever order the kernel has them in.</summary>
    /// <param name="set">The set, whose elements are not looked at.</param>
    /// <param name="elements">All that was read of it.</param>
    /// <returns>The set with the elements.</returns>
    public static NftSet Of(NftSet set, List<(NftElement Element, bool IsEnd)> elements)
    {
        if (!set.IsInterval)
        {
            return set with { Elements = NftSet.Sorted(elements.Select(element => element.Element)) };
        }

        elements.Sort((one, other) => one.Element.From.Span.SequenceCompareTo(other.Element.From.Span) is not 0 and var order
            ? order
            : other.IsEnd.CompareTo(one.IsEnd));
        List<NftElement> ranges = [];
        for (int i = 0; i < elements.Count; i++)
        {
            if (!elements[i].IsEnd)
            {
                NftElement first = elements[i].Element;
                ranges.Add(first with { To = i + 1 < elements.Count ? Previous(elements[i + 1].Element.From) : Last(first.From) });
            }
        }

        return set with { Elements = ranges };
    }

    private static void Encode(ref MessageWriter writer, OpaqueBytes key, NftExpression? value, uint flags)
    {
        int element = writer.BeginNested(NLA_F_NESTED | NFTA_LIST_ELEM);
        ExpressionCodec.EncodeValue(ref writer, NFTA_SET_ELEM_KEY, new NftExpression.Immediate(key));
        if (value is not null)
        {
            ExpressionCodec.EncodeValue(ref writer, NFTA_SET_ELEM_DATA, value);
        }

        if (flags != 0)
        {
            writer.NetworkAttribute(NFTA_SET_ELEM_FLAGS, flags);
        }

        writer.EndNested(element);
    }

    /// <summary>The key behind a key; null behind the last.</summary>
    private static OpaqueBytes? Next(OpaqueBytes key)
    {
        byte[] bytes = key.Span.ToArray();
        int digit = bytes.Length - 1;
        while (digit >= 0 && ++bytes[digit] == 0)
        {
            digit--;
        }

        return digit < 0 ? null : new OpaqueBytes(bytes);
    }

    private static OpaqueBytes Previous(OpaqueBytes key)
    {
        byte[] bytes = key.Span.ToArray();
        for (int digit = bytes.Length - 1; digit >= 0 && bytes[digit]-- == 0; digit--)
        {
            // The borrow goes on.
        }

        return new OpaqueBytes(bytes);
    }

    private static OpaqueBytes Last(OpaqueBytes key)
    {
        byte[] bytes = new byte[key.Span.Length];
        bytes.AsSpan().Fill(byte.MaxValue);
        return new OpaqueBytes(bytes);
    }
}
