using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Finds rules of others that drop all that comes to them, or what has no way back by its card.</summary>
internal static class DroppingRuleCodec
{
    /// <summary>Flags of `fib` (NFTA_FIB_F_): by the source, looked up with the mark, to be by the device that the packet came in by.</summary>
    private const uint Source = 1, Mark = 4, Iif = 8;

    /// <summary>Flags of struct xt_rpfilter_info.</summary>
    private const uint Loose = 1, ValidMark = 2, Invert = 8;
    private const uint Drop = 0;

    /// <summary>Reads a rule.</summary>
    /// <returns>False for one that lets packets go on, or drops only particular ones.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out DroppingRule rule)
    {
        rule = null!;
        if (payload.Length < 4)
        {
            return false;
        }

        var fields = new Fields(payload[4..]);
        bool drops = false, isForSome = false, asksFamily = false, asksBack = false;
        Family? family = null;
        NftExpression.Fib? check = null;
        var elements = new AttributeReader(fields.Nested(NFTA_RULE_EXPRESSIONS));
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            var data = new Fields(element.Nested(NFTA_EXPR_DATA));
            switch (element.Text(NFTA_EXPR_NAME))
            {
                case "counter" or "log":
                    break;
                case "meta" when data.Number(NFTA_META_KEY) == NFT_META_NFPROTO && !data.Has(NFTA_META_SREG):
                    asksFamily = true;
                    break;
                case "cmp" when asksFamily && data.Data(NFTA_CMP_DATA).Span is [(byte)Family.IPv4 or (byte)Family.IPv6] and [var asked] && data.Number(NFTA_CMP_OP) == 0:
                    (asksFamily, family) = (false, (Family)asked);
                    break;
                case "fib" when (data.Number(NFTA_FIB_FLAGS) & Source) != 0 && data.Number(NFTA_FIB_RESULT) == NFT_FIB_RESULT_OIF:
                    (asksBack, check) = (true, new NftExpression.Fib(NFT_FIB_RESULT_OIF, data.Number(NFTA_FIB_FLAGS)));
                    break;
                case "cmp" when asksBack && data.Data(NFTA_CMP_DATA).Span.IndexOfAnyExcept((byte)0) < 0 && data.Number(NFTA_CMP_OP) == 0:
                    asksBack = false;
                    break;
                case "match" when data.Text(NFTA_TARGET_NAME) == "rpfilter" && data.Nested(NFTA_TARGET_INFO) is [var flags, ..] && (flags & Invert) != 0:
                    check = new NftExpression.Fib(NFT_FIB_RESULT_OIF, Source | ((flags & ValidMark) != 0 ? Mark : 0) | ((flags & Loose) != 0 ? 0 : Iif));
                    break;
                case "immediate" when new Fields(new Fields(data.Nested(NFTA_IMMEDIATE_DATA)).Nested(NFTA_DATA_VERDICT)) is var verdict && verdict.Has(NFTA_VERDICT_CODE):
                    drops = verdict.Number(NFTA_VERDICT_CODE) == Drop;
                    break;
                case "reject":
                case "target" when data.Text(NFTA_TARGET_NAME) == "REJECT":
                    drops = true;
                    break;
                default:
                    isForSome = true;
                    break;
            }
        }

        check = asksBack ? null : check;
        isForSome |= asksFamily || asksBack;
        if (!drops || (isForSome && check is null))
        {
            return false;
        }

        rule = new DroppingRule($"{NftWriting.FamilyName(payload[0])} {fields.Text(NFTA_RULE_TABLE)}", fields.Text(NFTA_RULE_CHAIN), family, check, isForSome);
        return true;
    }
}
