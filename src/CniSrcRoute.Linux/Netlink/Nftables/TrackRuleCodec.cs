using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;
using CniSrcRoute.Xtables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Reads rules of others that packets come to before they are tracked.</summary>
/// <param name="sets">Reads a set of the rule's table; null for one that is gone.</param>
internal sealed class TrackRuleCodec(Func<string, FilterSet?> sets)
{
    private readonly PacketRegisters _registers = new();
    private Family? _family;

    /// <summary>Reads a rule.</summary>
    /// <param name="payload">NFT_MSG_NEWRULE.</param>
    /// <returns>The rule.</returns>
    public TrackRule Decode(ReadOnlySpan<byte> payload)
    {
        _registers.Clear();
        _family = payload is [(byte)Family.IPv4 or (byte)Family.IPv6, ..] ? (Family)payload[0] : null;
        var draft = new TrackDraft();
        var elements = new AttributeReader(new Fields(payload[Math.Min(4, payload.Length)..]).Nested(NFTA_RULE_EXPRESSIONS));
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            Read(draft, element.Text(NFTA_EXPR_NAME), new Fields(element.Nested(NFTA_EXPR_DATA)));
        }

        return draft.ToRule();
    }

    private void Read(TrackDraft rule, string name, Fields data)
    {
        switch (name)
        {
            case "payload" when data.Has(NFTA_PAYLOAD_DREG):
                _registers.LoadPayload(
                    data.Number(NFTA_PAYLOAD_DREG), data.Number(NFTA_PAYLOAD_BASE), data.Number(NFTA_PAYLOAD_OFFSET), data.Number(NFTA_PAYLOAD_LEN), _family);
                break;
            case "meta" when data.Has(NFTA_META_DREG):
                (Origin origin, int length) = FilterRuleCodec.Meta(data.Number(NFTA_META_KEY));
                _registers.Load(data.Number(NFTA_META_DREG), origin, length);
                break;
            case "bitwise" when data.Number(NFTA_BITWISE_OP) == 0 && data.Data(NFTA_BITWISE_XOR).Span.IndexOfAnyExcept((byte)0) < 0:
                _registers.Mask(data.Number(NFTA_BITWISE_SREG), data.Number(NFTA_BITWISE_DREG), data.Data(NFTA_BITWISE_MASK).Span);
                break;
            case "cmp":
                (NftElement range, bool isNegated) = FilterRuleCodec.RangeOf(data.Number(NFTA_CMP_OP), data.Data(NFTA_CMP_DATA));
                Ask(rule, data.Number(NFTA_CMP_SREG), [range], isNegated);
                break;
            case "range":
                Ask(rule, data.Number(NFTA_RANGE_SREG), [new NftElement(data.Data(NFTA_RANGE_FROM_DATA), data.Data(NFTA_RANGE_TO_DATA), null)], data.Number(NFTA_RANGE_OP) != 0);
                break;
            case "lookup" when !data.Has(NFTA_LOOKUP_DREG) && sets(data.Text(NFTA_LOOKUP_SET)) is { } set:
                Ask(rule, data.Number(NFTA_LOOKUP_SREG), set.Elements.Value, (data.Number(NFTA_LOOKUP_FLAGS) & 1) != 0, set.KeyLength);
                break;
            case "match":
                TrackMatch.Read(rule, data.Text(NFTA_TARGET_NAME), data.Number(NFTA_TARGET_REV), data.Nested(NFTA_TARGET_INFO));
                break;
            case "target":
                TrackMatch.Target(rule, data.Text(NFTA_TARGET_NAME), data.Nested(NFTA_TARGET_INFO));
                break;
            case "notrack":
                rule.Do(TrackAction.Notrack);
                break;
            case "immediate" when ExpressionCodec.DecodeValue(new Fields(data.Nested(NFTA_IMMEDIATE_DATA))) is NftExpression.Verdict verdict:
                rule.Do(ActionOf(verdict.Code), verdict.Chain);
                break;
            case "counter" or "log" or "meta":
                break;
            case "limit" or "quota" or "connlimit" or "dynset":
                rule.AsksMore();
                break;
            case "lookup":
                // A map of verdicts, say: it may lead anywhere.
                rule.AsksMore();
                rule.Do(TrackAction.Drop);
                break;
            default:
                // It may have written a register.
                _registers.Clear();
                break;
        }
    }

    // enum nft_verdicts, and NF_ACCEPT.
    private static TrackAction ActionOf(int code) => code switch
    {
        -1 => TrackAction.None,
        -3 => TrackAction.Jump,
        -4 => TrackAction.Goto,
        -5 => TrackAction.Return,
        1 => TrackAction.Accept,
        _ => TrackAction.Drop,
    };

    private void Ask(TrackDraft rule, uint register, IReadOnlyList<NftElement> keys, bool isNegated, int length = 0)
    {
        length = length > 0 ? length : keys[0].From.Span.Length;
        TrackTest.Part[] key = _registers.Key(register, length);
        if (!isNegated && key is [{ Origin: Origin.Family, Mask: byte.MaxValue }] && keys is [{ From.Span: [(byte)Family.IPv4 or (byte)Family.IPv6] } one] && one.From == one.To)
        {
            _family = (Family)one.From.Span[0];
        }
        else if (!isNegated && key is [{ Origin: Origin.EtherType }, { Origin: Origin.EtherType }] && keys is [{ From.Span: [0x08, 0x00] or [0x86, 0xdd] } type])
        {
            _family = type.From.Span[0] == 8 ? Family.IPv4 : Family.IPv6;
        }

        rule.Add(key, keys, isNegated);
    }
}
