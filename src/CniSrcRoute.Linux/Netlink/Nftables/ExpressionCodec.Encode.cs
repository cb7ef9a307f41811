using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <content>Writing.</content>
internal static partial class ExpressionCodec
{
    /// <summary>Writes an expression as an element of NFTA_RULE_EXPRESSIONS.</summary>
    public static void Encode(ref MessageWriter writer, NftExpression expression)
    {
        int element = writer.BeginNested(NLA_F_NESTED | NFTA_LIST_ELEM);
        writer.NameAttribute(NFTA_EXPR_NAME, expression switch
        {
            NftExpression.Load load => load.Name,
            NftExpression.Store store => store.Name,
            NftExpression.Payload => "payload",
            NftExpression.Socket => "socket",
            NftExpression.Fib => "fib",
            NftExpression.Bitwise => "bitwise",
            NftExpression.Compare => "cmp",
            NftExpression.Lookup or NftExpression.Map => "lookup",
            NftExpression.Nat => "nat",
            NftExpression.Counter => "counter",
            _ => "immediate",
        });
        int data = writer.BeginNested(NLA_F_NESTED | NFTA_EXPR_DATA);
        switch (expression)
        {
            // "ct" and "meta" number their attributes alike but for the source register.
            case NftExpression.Load load:
                writer.NetworkAttribute(NFTA_CT_DREG, load.Register);
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
            case NftExpression.Payload payload:
                writer.NetworkAttribute(NFTA_PAYLOAD_DREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_PAYLOAD_BASE, payload.Base);
                writer.NetworkAttribute(NFTA_PAYLOAD_OFFSET, payload.Offset);
                writer.NetworkAttribute(NFTA_PAYLOAD_LEN, payload.Length);
                break;
            case NftExpression.Socket socket:
                writer.NetworkAttribute(NFTA_SOCKET_KEY, socket.Key);
                writer.NetworkAttribute(NFTA_SOCKET_DREG, NFT_REG_1);
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
            case NftExpression.Lookup lookup:
                writer.NameAttribute(NFTA_LOOKUP_SET, lookup.Set);
                writer.NetworkAttribute(NFTA_LOOKUP_SREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_LOOKUP_FLAGS, lookup.Flags);
                break;
            case NftExpression.Map map:
                writer.NameAttribute(NFTA_LOOKUP_SET, map.Set);
                writer.NetworkAttribute(NFTA_LOOKUP_SREG, NFT_REG_1);
                writer.NetworkAttribute(NFTA_LOOKUP_DREG, map.Register);
                break;
            case NftExpression.Nat nat:
                writer.NetworkAttribute(NFTA_NAT_TYPE, nat.Type);
                writer.NetworkAttribute(NFTA_NAT_FAMILY, nat.Family);
                writer.NetworkAttribute(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
                break;
            case NftExpression.Counter counter:
                writer.NetworkAttribute(NFTA_COUNTER_BYTES, counter.Bytes);
                writer.NetworkAttribute(NFTA_COUNTER_PACKETS, counter.Packets);
                break;
            case NftExpression.Immediate or NftExpression.Verdict:
                writer.NetworkAttribute(NFTA_IMMEDIATE_DREG, (uint)(expression is NftExpression.Verdict ? NFT_REG_VERDICT : NFT_REG_1));
                EncodeValue(ref writer, NFTA_IMMEDIATE_DATA, expression);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression, "not an expression of ours");
        }

        writer.EndNested(data);
        writer.EndNested(element);
    }

    /// <summary>Writes a verdict or data as nested attributes.</summary>
    public static void EncodeValue(ref MessageWriter writer, int type, NftExpression value)
    {
        int token = writer.BeginNested(NLA_F_NESTED | type);
        if (value is NftExpression.Verdict verdict)
        {
            int nested = writer.BeginNested(NLA_F_NESTED | NFTA_DATA_VERDICT);
            writer.NetworkAttribute(NFTA_VERDICT_CODE, (uint)verdict.Code);
            if (verdict.Chain.Length > 0)
            {
                writer.NameAttribute(NFTA_VERDICT_CHAIN, verdict.Chain);
            }

            writer.EndNested(nested);
        }
        else if (value is NftExpression.Immediate data)
        {
            writer.Attribute(NFTA_DATA_VALUE, data.Data.Span);
        }

        writer.EndNested(token);
    }

    private static void Data(ref MessageWriter writer, int type, OpaqueBytes value) => EncodeValue(ref writer, type, new NftExpression.Immediate(value));
}
