using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Expressions as attributes: NFTA_EXPR_NAME, NFTA_EXPR_DATA of &lt;linux/netfilter/nf_tables.h&gt;.</summary>
internal static partial class ExpressionCodec
{
    /// <summary>Reads NFTA_RULE_EXPRESSIONS.</summary>
    public static List<NftExpression> Decode(ReadOnlySpan<byte> list)
    {
        List<NftExpression> expressions = [];
        var elements = new AttributeReader(list);
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            string name = element.Text(NFTA_EXPR_NAME);
            expressions.Add(Decode(name, new Fields(element.Nested(NFTA_EXPR_DATA))) ?? new NftExpression.Unknown(name));
        }

        return expressions;
    }

    /// <summary>Reads a verdict or data: NFTA_DATA_VERDICT or NFTA_DATA_VALUE.</summary>
    /// <returns>The value; null for none.</returns>
    public static NftExpression? DecodeValue(Fields data)
    {
        var verdict = new Fields(data.Nested(NFTA_DATA_VERDICT));
        return data.Has(NFTA_DATA_VERDICT) ? new NftExpression.Verdict((int)verdict.Number(NFTA_VERDICT_CODE), verdict.Text(NFTA_VERDICT_CHAIN))
            : data.Has(NFTA_DATA_VALUE) ? new NftExpression.Immediate(new OpaqueBytes(data.Nested(NFTA_DATA_VALUE).ToArray()))
            : null;
    }

    /// <returns>The expression; null for one that is none of ours.</returns>
    private static NftExpression? Decode(string name, Fields data) => name switch
    {
        "ct" => DecodeKey(name, data, NFTA_CT_SREG),
        "meta" => DecodeKey(name, data, NFTA_META_SREG),
        "payload" when data.Number(NFTA_PAYLOAD_DREG) == NFT_REG_1 =>
            new NftExpression.Payload(data.Number(NFTA_PAYLOAD_BASE), data.Number(NFTA_PAYLOAD_OFFSET), data.Number(NFTA_PAYLOAD_LEN)),
        "socket" when data.Number(NFTA_SOCKET_DREG) == NFT_REG_1 => new NftExpression.Socket(data.Number(NFTA_SOCKET_KEY)),
        "fib" => new NftExpression.Fib(data.Number(NFTA_FIB_RESULT), data.Number(NFTA_FIB_FLAGS)),
        "bitwise" when data.Number(NFTA_BITWISE_OP) == 0 => new NftExpression.Bitwise(data.Data(NFTA_BITWISE_MASK), data.Data(NFTA_BITWISE_XOR)),
        "cmp" => new NftExpression.Compare(data.Number(NFTA_CMP_OP), data.Data(NFTA_CMP_DATA)),
        "lookup" when data.Number(NFTA_LOOKUP_SREG) == NFT_REG_1 => DecodeLookup(data),
        "nat" when IsPlain(data) => new NftExpression.Nat(data.Number(NFTA_NAT_TYPE), data.Number(NFTA_NAT_FAMILY)),
        "counter" => new NftExpression.Counter(data.Long(NFTA_COUNTER_PACKETS), data.Long(NFTA_COUNTER_BYTES)),
        "immediate" => DecodeValue(new Fields(data.Nested(NFTA_IMMEDIATE_DATA))),
        _ => null,
    };

    // "ct" and "meta" number their attributes alike but for the source register.
    private static NftExpression DecodeKey(string name, Fields data, int sourceRegister) =>
        data.Has(sourceRegister) ? new NftExpression.Store(name, data.Number(NFTA_CT_KEY))
        : new NftExpression.Load(
            name,
            data.Number(NFTA_CT_KEY),
            name == "ct" && data.Has(NFTA_CT_DIRECTION) ? data.Nested(NFTA_CT_DIRECTION)[0] : null,
            data.Number(NFTA_CT_DREG));

    private static NftExpression? DecodeLookup(Fields data) => data switch
    {
        _ when !data.Has(NFTA_LOOKUP_DREG) => new NftExpression.Lookup(data.Text(NFTA_LOOKUP_SET), data.Number(NFTA_LOOKUP_FLAGS)),
        _ when data.Number(NFTA_LOOKUP_FLAGS) == 0 => new NftExpression.Map(data.Text(NFTA_LOOKUP_SET), data.Number(NFTA_LOOKUP_DREG)),
        _ => null,
    };

    /// <summary>To the one address of register 1, and nothing of ports. The kernel tells the end of the range, and the flag for it, unasked.</summary>
    private static bool IsPlain(Fields data) =>
        data.Number(NFTA_NAT_REG_ADDR_MIN) == NFT_REG_1 && (!data.Has(NFTA_NAT_REG_ADDR_MAX) || data.Number(NFTA_NAT_REG_ADDR_MAX) == NFT_REG_1) &&
        !data.Has(NFTA_NAT_REG_PROTO_MIN) && (data.Number(NFTA_NAT_FLAGS) & ~(uint)NF_NAT_RANGE_MAP_IPS) == 0;
}
