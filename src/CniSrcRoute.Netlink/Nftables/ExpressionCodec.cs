using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Netlink.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Expressions as attributes: NFTA_EXPR_NAME, NFTA_EXPR_DATA of &lt;linux/netfilter/nf_tables.h&gt;. All of them use register 1.</summary>
internal static class ExpressionCodec
{
    /// <summary>Writes an expression as an element of NFTA_RULE_EXPRESSIONS.</summary>
    public static void Encode(ref MessageWriter writer, NftExpression expression)
    {
        int element = writer.BeginNested(NLA_F_NESTED | NFTA_LIST_ELEM);
        writer.NameAttribute(NFTA_EXPR_NAME, expression switch
        {
            NftExpression.Load load => load.Name,
            NftExpression.Store store => store.Name,
            NftExpression.Fib => "fib",
            NftExpression.Bitwise => "bitwise",
            NftExpression.Compare => "cmp",
            _ => "immediate",
        });
        int data = writer.BeginNested(NLA_F_NESTED | NFTA_EXPR_DATA);
        switch (expression)
        {
            // "ct" and "meta" number their attributes alike but for the source register.
            case NftExpression.Load load:
                writer.NetworkAttribute(NFTA_CT_DREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_CT_KEY, load.Key);
                if (load.Direction is { } direction)
                {
                    writer.Attribute(NFTA_CT_DIRECTION, [direction]);
                }

                break;
            case NftExpression.Store store:
                writer.NetworkAttribute(NFTA_CT_KEY, store.Key);
                writer.NetworkAttribute(store.Name == "ct" ? NFTA_CT_SREG : NFTA_META_SREG, NFT_REG_1);
                break;
            case NftExpression.Fib fib:
                writer.NetworkAttribute(NFTA_FIB_DREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_FIB_RESULT, fib.Result);
                writer.NetworkAttribute(NFTA_FIB_FLAGS, fib.Flags);
                break;
            case NftExpression.Bitwise bitwise:
                writer.NetworkAttribute(NFTA_BITWISE_SREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_BITWISE_DREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_BITWISE_LEN, (uint)bitwise.Mask.Span.Length);
                Data(ref writer, NFTA_BITWISE_MASK, bitwise.Mask);
                Data(ref writer, NFTA_BITWISE_XOR, bitwise.Xor);
                break;
            case NftExpression.Compare compare:
                writer.NetworkAttribute(NFTA_CMP_SREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_CMP_OP, compare.Operation);
                Data(ref writer, NFTA_CMP_DATA, compare.Data);
                break;
            case NftExpression.Verdict verdict:
                writer.NetworkAttribute(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
                int immediate = writer.BeginNested(NLA_F_NESTED | NFTA_IMMEDIATE_DATA);
                int nested = writer.BeginNested(NLA_F_NESTED | NFTA_DATA_VERDICT);
                writer.NetworkAttribute(NFTA_VERDICT_CODE, (uint)verdict.Code);
                if (verdict.Chain.Length > 0)
                {
                    writer.NameAttribute(NFTA_VERDICT_CHAIN, verdict.Chain);
                }

                writer.EndNested(nested);
                writer.EndNested(immediate);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression, "not an expression of ours");
        }

        writer.EndNested(data);
        writer.EndNested(element);
    }

    /// <summary>Reads NFTA_RULE_EXPRESSIONS.</summary>
    public static List<NftExpression> Decode(ReadOnlySpan<byte> list)
    {
        List<NftExpression> expressions = [];
        var elements = new AttributeReader(list);
        while (elements.Next())
        {
            string name = "";
            ReadOnlySpan<byte> data = default;
            var parts = new AttributeReader(elements.Value);
            while (parts.Next())
            {
                if (parts.Type == NFTA_EXPR_NAME)
                {
                    name = parts.Text;
                }
                else if (parts.Type == NFTA_EXPR_DATA)
                {
                    data = parts.Value;
                }
            }

            expressions.Add(name switch
            {
                "ct" => DecodeKey(name, new Fields(data), NFTA_CT_SREG),
                "meta" => DecodeKey(name, new Fields(data), NFTA_META_SREG),
                "fib" => new NftExpression.Fib(new Fields(data).Number(NFTA_FIB_RESULT), new Fields(data).Number(NFTA_FIB_FLAGS)),
                "bitwise" when new Fields(data).Number(NFTA_BITWISE_OP) == 0 =>
                    new NftExpression.Bitwise(new Fields(data).Data(NFTA_BITWISE_MASK), new Fields(data).Data(NFTA_BITWISE_XOR)),
                "cmp" => new NftExpression.Compare(new Fields(data).Number(NFTA_CMP_OP), new Fields(data).Data(NFTA_CMP_DATA)),
                "immediate" => DecodeVerdict(new Fields(new Fields(data).Nested(NFTA_IMMEDIATE_DATA))),
                _ => new NftExpression.Unknown(name),
            });
        }

        return expressions;
    }

    private static NftExpression DecodeKey(string name, Fields fields, int sourceRegister) =>
        fields.Has(sourceRegister) ? new NftExpression.Store(name, fields.Number(NFTA_CT_KEY))
        : new NftExpression.Load(name, fields.Number(NFTA_CT_KEY), name == "ct" && fields.Has(NFTA_CT_DIRECTION) ? fields.Nested(NFTA_CT_DIRECTION)[0] : null);

    private static NftExpression DecodeVerdict(Fields data)
    {
        if (!data.Has(NFTA_DATA_VERDICT))
        {
            return new NftExpression.Unknown("immediate");
        }

        var verdict = new Fields(data.Nested(NFTA_DATA_VERDICT));
        return new NftExpression.Verdict((int)verdict.Number(NFTA_VERDICT_CODE), verdict.Text(NFTA_VERDICT_CHAIN));
    }

    private static void Data(ref MessageWriter writer, int type, OpaqueBytes value)
    {
        int token = writer.BeginNested(NLA_F_NESTED | type);
        writer.Attribute(NFTA_DATA_VALUE, value.Span);
        writer.EndNested(token);
    }
}
