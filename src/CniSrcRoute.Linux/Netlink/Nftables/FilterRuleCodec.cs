using System.Buffers.Binary;
using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;
using CniSrcRoute.Xtables;
using static CniSrcRoute.Interop.Constants;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Finds out what a rule of somebody else asks of UDP packets. What is not known here asks nothing.</summary>
/// <param name="sets">Reads a set of the rule's table; null for one that is gone.</param>
/// <param name="ofAnswers">Whether the rule is asked of answers, whose source stands for the destination then.</param>
internal sealed class FilterRuleCodec(Func<string, FilterSet?> sets, bool ofAnswers)
{
    private const int Equal = 0, Unequal = 1, Less = 2, LessOrEqual = 3, More = 4, Jump = -3, Goto = -4;
    private const byte Loopback = 1;

    private static readonly Origin[] Known =
        [Origin.Destination, Origin.Port, Origin.Protocol, Origin.Family, Origin.EtherType, Origin.CardName, Origin.CardIndex, Origin.Status];

    private static readonly Origin[] Unknown = [Origin.Other, Origin.Source, Origin.SourcePort, Origin.OutName, Origin.OutIndex];

    private readonly PacketRegisters _registers = new(ofAnswers);

    /// <summary>What `fib` asks that a translation changes: whether the address is one of the card.</summary>
    private readonly uint _ofCard = ofAnswers ? NFTA_FIB_F_SADDR | NFTA_FIB_F_OIF : (uint)(NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF);

    /// <summary>Reads a rule.</summary>
    /// <param name="payload">NFT_MSG_NEWRULE.</param>
    /// <param name="rule">The rule.</param>
    /// <returns>False for one that no UDP packet can match.</returns>
    public bool TryDecode(ReadOnlySpan<byte> payload, out FilterRule rule)
    {
        _registers.Clear();
        var draft = new FilterDraft(payload is [(byte)Family.IPv4 or (byte)Family.IPv6, ..] ? (Family)payload[0] : null, ofAnswers);
        var elements = new AttributeReader(new Fields(payload[Math.Min(4, payload.Length)..]).Nested(NFTA_RULE_EXPRESSIONS));
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            Read(draft, element.Text(NFTA_EXPR_NAME), new Fields(element.Nested(NFTA_EXPR_DATA)));
        }

        rule = draft.ToRule()!;
        return rule is not null;
    }

    private void Read(FilterDraft rule, string name, Fields data)
    {
        switch (name)
        {
            case "payload" when data.Has(NFTA_PAYLOAD_DREG):
                _registers.LoadPayload(
                    data.Number(NFTA_PAYLOAD_DREG), data.Number(NFTA_PAYLOAD_BASE), data.Number(NFTA_PAYLOAD_OFFSET), data.Number(NFTA_PAYLOAD_LEN), rule.Family);
                break;
            case "meta" when data.Has(NFTA_META_DREG):
                (Origin origin, int length) = Meta(data.Number(NFTA_META_KEY));
                _registers.Load(data.Number(NFTA_META_DREG), origin, length);
                break;
            case "ct" when data.Has(NFTA_CT_DREG):
                _registers.Load(data.Number(NFTA_CT_DREG), data.Number(NFTA_CT_KEY) == NFT_CT_STATUS ? Origin.Status : Origin.Other, 4);
                break;
            case "fib":
                _registers.Load(data.Number(NFTA_FIB_DREG), Origin.Other, 4);
                if ((data.Number(NFTA_FIB_FLAGS) & _ofCard) == _ofCard)
                {
                    rule.AsksCard();
                }

                break;
            case "bitwise" when data.Number(NFTA_BITWISE_OP) == 0:
                _registers.Mask(data.Number(NFTA_BITWISE_SREG), data.Number(NFTA_BITWISE_DREG), data.Data(NFTA_BITWISE_MASK).Span);
                break;
            case "cmp":
                Compare(rule, data.Number(NFTA_CMP_SREG), data.Number(NFTA_CMP_OP), data.Data(NFTA_CMP_DATA));
                break;
            case "range":
                Ask(rule, data.Number(NFTA_RANGE_SREG), [new NftElement(data.Data(NFTA_RANGE_FROM_DATA), data.Data(NFTA_RANGE_TO_DATA), null)], data.Number(NFTA_RANGE_OP) != 0);
                break;
            case "lookup":
                LookUp(rule, data);
                break;
            case "match":
                FilterMatch.Read(rule, data.Text(NFTA_TARGET_NAME), data.Number(NFTA_TARGET_REV), data.Nested(NFTA_TARGET_INFO));
                break;
            case "immediate" when ExpressionCodec.DecodeValue(new Fields(data.Nested(NFTA_IMMEDIATE_DATA))) is NftExpression.Verdict verdict:
                Take(rule, verdict);
                break;
            case "counter" or "limit" or "quota" or "connlimit" or "log" or "target" or "meta" or "ct":
                break;
            default:
                // It may have written a register.
                _registers.Clear();
                break;
        }
    }

    internal static (Origin Origin, int Length) Meta(uint key) => key switch
    {
        NFT_META_NFPROTO => (Origin.Family, 1),
        NFT_META_L4PROTO => (Origin.Protocol, 1),
        NFT_META_PROTOCOL => (Origin.EtherType, 2),
        NFT_META_IIF => (Origin.CardIndex, 4),
        NFT_META_IIFNAME => (Origin.CardName, 16),
        NFT_META_OIF => (Origin.OutIndex, 4),
        NFT_META_OIFNAME => (Origin.OutName, 16),
        _ => (Origin.Other, 16),
    };

    private static void Take(FilterDraft rule, NftExpression.Verdict verdict)
    {
        if (verdict.Code is Jump or Goto)
        {
            rule.Jump(verdict.Chain, verdict.Code == Goto);
        }
        else
        {
            rule.Decides();
        }
    }

    private void LookUp(FilterDraft rule, Fields data)
    {
        uint register = data.Number(NFTA_LOOKUP_SREG);
        bool isMap = data.Has(NFTA_LOOKUP_DREG), leads = isMap && data.Number(NFTA_LOOKUP_DREG) == NFT_REG_VERDICT;
        if (sets(data.Text(NFTA_LOOKUP_SET)) is not { } set)
        {
            return;
        }

        // Long lists of sources are not read.
        if (leads || Known.Any(origin => _registers.Has(register, set.KeyLength, origin)))
        {
            foreach (NftElement element in Ask(rule, register, set.Elements.Value, (data.Number(NFTA_LOOKUP_FLAGS) & 1) != 0, set.KeyLength))
            {
                if (leads && element.Value is NftExpression.Verdict verdict)
                {
                    Take(rule, verdict);
                }
            }
        }

        if (isMap && !leads)
        {
            _registers.Load(data.Number(NFTA_LOOKUP_DREG), Origin.Other, 16);
        }
    }

    private void Compare(FilterDraft rule, uint register, uint operation, OpaqueBytes data)
    {
        (NftElement range, bool isNegated) = RangeOf(operation, data);
        Ask(rule, register, [range], isNegated);
    }

    /// <summary>What a comparison is true for, or for all but that.</summary>
    internal static (NftElement Range, bool IsNegated) RangeOf(uint operation, OpaqueBytes data)
    {
        byte[] least = new byte[data.Span.Length], most = new byte[data.Span.Length];
        Array.Fill(most, byte.MaxValue);
        NftElement range = operation switch
        {
            Less => new NftElement(data, new OpaqueBytes(most), null),
            LessOrEqual => new NftElement(new OpaqueBytes(least), data, null),
            More => new NftElement(new OpaqueBytes(least), data, null),
            Equal or Unequal => new NftElement(data),
            _ => new NftElement(data, new OpaqueBytes(most), null),
        };
        return (range, operation is Unequal or Less or More);
    }

    /// <summary>The rule is for packets whose key is among some, or for those whose key is not.</summary>
    /// <returns>The keys that a UDP packet may have.</returns>
    private List<NftElement> Ask(FilterDraft rule, uint register, IReadOnlyList<NftElement> keys, bool isNegated, int length = 0)
    {
        length = length > 0 ? length : keys[0].From.Span.Length;
        bool isMixed = Known.Count(Has) != 1 || Unknown.Any(Has);
        List<NftElement> some = [.. keys.Where(MayBe)];
        if (_registers.Sees(register, length, Origin.Status, 0, IPS_DST_NAT))
        {
            rule.AsksTranslation();
        }

        if (Has(Origin.Destination) && rule.Family is { } family)
        {
            rule.Add(new DestinationTest([.. some.Where(key => !IsRest(key)).Select(key => PartOf(key, family))], isNegated && !isMixed));
        }
        else if (!keys.Any(IsRest) && !(isNegated && isMixed))
        {
            Restrict();
        }

        return some;

        bool Has(Origin origin) => _registers.Has(register, length, origin);

        static bool IsRest(NftElement key) => key.From.Span.IsEmpty;

        void Field(NftElement key, Origin origin, Span<byte> from, Span<byte> to) => _registers.Field(register, key.From.Span, key.To.Span, origin, from, to);

        bool MayBe(NftElement key)
        {
            Span<byte> from = stackalloc byte[1], to = stackalloc byte[1];
            Field(key, Origin.Protocol, from, to);
            return IsRest(key) || (from[0] <= IPPROTO_UDP && IPPROTO_UDP <= to[0]);
        }

        DestinationTest.Part PartOf(NftElement key, Family family)
        {
            int size = IpAddress.BitsOf(family) / 8;
            Span<byte> from = stackalloc byte[16], to = stackalloc byte[16];
            Field(key, Origin.Destination, from[..size], to[..size]);
            return new DestinationTest.Part(IpAddress.FromBytes(from[..size]), IpAddress.FromBytes(to[..size]), PortsOf(key));
        }

        PortSpan PortsOf(NftElement key)
        {
            Span<byte> from = stackalloc byte[2], to = stackalloc byte[2];
            Field(key, Origin.Port, from, to);
            return new PortSpan(BinaryPrimitives.ReadUInt16BigEndian(from), BinaryPrimitives.ReadUInt16BigEndian(to));
        }

        void Restrict()
        {
            if (Has(Origin.Protocol) && some.Count == 0 != isNegated)
            {
                rule.IsForOthers();
            }
            else if (Has(Origin.Port))
            {
                List<PortSpan> ports = PortSpan.Merged(some.Select(PortsOf));
                rule.Restrict(isNegated ? PortSpan.Others(ports) : ports);
            }

            Span<byte> from = stackalloc byte[2], to = stackalloc byte[2];
            if (Has(Origin.Family) && some is [var asked])
            {
                Field(asked, Origin.Family, from[..1], to[..1]);
                rule.Restrict(from[0] == (byte)Family.IPv4 == isNegated ? Family.IPv6 : Family.IPv4);
            }
            else if (Has(Origin.EtherType) && some is [var type])
            {
                Field(type, Origin.EtherType, from, to);
                rule.Restrict(BinaryPrimitives.ReadUInt16BigEndian(from) == ETH_P_IP == isNegated ? Family.IPv6 : Family.IPv4);
            }

            // What the node asks itself is never translated.
            if (!isNegated && !isMixed && some.Count > 0 && some.TrueForAll(key =>
                Has(Origin.CardName) ? key.From.Span.StartsWith("lo\0"u8) : Has(Origin.CardIndex) && key.From.Span is [Loopback, 0, 0, 0]))
            {
                rule.IsForOthers();
            }
        }
    }
}
