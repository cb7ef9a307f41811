using System.Runtime.InteropServices;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Finds out which bits of marks somebody else's rule may change.</summary>
internal static class MarkWriteCodec
{
    /// <summary>Reads a rule.</summary>
    /// <returns>False for a rule that writes no mark.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out MarkWrite write)
    {
        write = null!;
        if (payload.Length < 4)
        {
            return false;
        }

        var fields = new Fields(payload[4..]);
        MarkBits packet = default, connection = default;

        // What the register holds: a mark, or nothing known, of which some bits are kept and some turned then. A constant keeps none of anything.
        string? read = null;
        uint kept = 0, turned = 0;
        bool isIptables = false;
        var elements = new AttributeReader(fields.Nested(NFTA_RULE_EXPRESSIONS));
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            var data = new Fields(element.Nested(NFTA_EXPR_DATA));
            switch (element.Text(NFTA_EXPR_NAME))
            {
                case "bitwise" when data.Number(NFTA_BITWISE_OP) == 0:
                    uint mask = Number(data.Data(NFTA_BITWISE_MASK).Span, 0), xor = Number(data.Data(NFTA_BITWISE_XOR).Span, 0);
                    (kept, turned) = (kept & mask, (turned & mask) ^ xor);
                    break;
                case "meta" when data.Has(NFTA_META_SREG):
                    packet |= data.Number(NFTA_META_KEY) == NFT_META_MARK ? Written("meta") : default;
                    break;
                case "ct" when data.Has(NFTA_CT_SREG):
                    connection |= data.Number(NFTA_CT_KEY) == NFT_CT_MARK ? Written("ct") : default;
                    break;
                case ("meta" or "ct") and var name when data.Number(NFTA_META_KEY) == NFT_META_MARK:
                    (read, kept, turned) = (name, uint.MaxValue, 0);
                    break;
                case "immediate" when new Fields(data.Nested(NFTA_IMMEDIATE_DATA)).Has(NFTA_DATA_VALUE):
                    (read, kept, turned) = ("", 0, Number(data.Data(NFTA_IMMEDIATE_DATA).Span, 0));
                    break;
                case "target":
                    isIptables = true;
                    Target(data.Text(NFTA_TARGET_NAME), data.Number(NFTA_TARGET_REV), data.Nested(NFTA_TARGET_INFO), ref packet, ref connection);
                    break;
                case "cmp" or "counter":
                    break;
                default:
                    read = null;
                    break;
            }
        }

        if (packet.All + connection.All == 0)
        {
            return false;
        }

        write = new MarkWrite($"{NftWriting.FamilyName(payload[0])} {fields.Text(NFTA_RULE_TABLE)}", fields.Text(NFTA_RULE_CHAIN), packet, connection, isIptables);
        return true;

        // A mark that is read, changed and written back keeps the rest; what is taken from the other mark is all anew.
        MarkBits Written(string mark) =>
            read is null ? MarkBits.Any : read == mark || kept == 0 ? MarkBits.Of(kept, turned) : new MarkBits(turned, uint.MaxValue, kept);
    }

    /// <summary>
    /// Targets of iptables: struct xt_mark_tginfo2 (mark, mask), struct xt_connmark_tginfo1 (ctmark, ctmask, nfmask, mode), and tginfo2, which has two bytes
    /// of shifting ahead of the mode. What the one mask clears, the other lets the other mark's bits into (connmark_tg_shift() of net/netfilter/xt_connmark.c).
    /// </summary>
    internal static void Target(string name, uint revision, ReadOnlySpan<byte> info, ref MarkBits packet, ref MarkBits connection)
    {
        int mode = revision < 2 ? 12 : 14;
        uint mark = Number(info, 0), mask = Number(info, 4), packetMask = Number(info, 8);
        if (name == "MARK")
        {
            packet |= MarkBits.Of(~mask, mark);
        }
        else if (name == "CONNMARK" && info.Length > mode)
        {
            int shift = revision < 2 ? 0 : info[12] == D_SHIFT_RIGHT ? -info[13] : info[13];
            switch (info[mode])
            {
                case XT_CONNMARK_RESTORE:
                    packet |= Taken(packetMask, mask, shift);
                    break;
                case XT_CONNMARK_SAVE:
                    connection |= Taken(mask, packetMask, shift);
                    break;
                default:
                    connection |= shift == 0 ? MarkBits.Of(~mask, mark) : MarkBits.Any;
                    break;
            }
        }
    }

    /// <summary>What is shifted is another bit there, so it may be any.</summary>
    private static MarkBits Taken(uint cleared, uint taken, int shift) => new(shift == 0 ? 0 : Shifted(taken, shift), cleared, Shifted(taken, shift));

    private static uint Shifted(uint bits, int left) => left < 0 ? bits >> -left : bits << left;

    private static uint Number(ReadOnlySpan<byte> bytes, int offset) => bytes.Length >= offset + 4 ? MemoryMarshal.Read<uint>(bytes[offset..]) : 0;
}
