using System.Runtime.InteropServices;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Finds out which bits of marks somebody else's rule may change.</summary>
internal static class MarkWriteCodec
{
    /// <summary>Reads a rule of any table.</summary>
    /// <returns>False for a rule that writes no mark.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out MarkWrite write)
    {
        write = null!;
        if (payload.Length < 4)
        {
            return false;
        }

        var fields = new Fields(payload[4..]);
        uint packet = 0, connection = 0, changed = 0;
        string read = "";
        bool isIptables = false;
        var elements = new AttributeReader(fields.Nested(NFTA_RULE_EXPRESSIONS));
        while (elements.Next())
        {
            var element = new Fields(elements.Value);
            var data = new Fields(element.Nested(NFTA_EXPR_DATA));
            switch (element.Text(NFTA_EXPR_NAME))
            {
                // A mark that is read, changed by mask and exclusive-or, and written back keeps the rest. From anywhere else comes any value.
                case "bitwise":
                    changed = ~Number(data.Data(NFTA_BITWISE_MASK).Span, 0) | Number(data.Data(NFTA_BITWISE_XOR).Span, 0);
                    break;
                case "meta" when data.Has(NFTA_META_SREG):
                    packet |= data.Number(NFTA_META_KEY) != NFT_META_MARK ? 0 : read == "meta" ? changed : uint.MaxValue;
                    break;
                case "ct" when data.Has(NFTA_CT_SREG):
                    connection |= data.Number(NFTA_CT_KEY) != NFT_CT_MARK ? 0 : read == "ct" ? changed : uint.MaxValue;
                    break;
                case "meta" or "ct" when data.Number(NFTA_META_KEY) == NFT_META_MARK:
                    (read, changed) = (element.Text(NFTA_EXPR_NAME), 0);
                    break;
                case "target":
                    isIptables = true;
                    Target(data.Text(NFTA_TARGET_NAME), data.Number(NFTA_TARGET_REV), data.Nested(NFTA_TARGET_INFO), ref packet, ref connection);
                    break;
                case "cmp" or "counter":
                    break;
                default:
                    read = "";
                    break;
            }
        }

        string family = payload[0] switch { NFPROTO_INET => "inet", 2 => "ip", 10 => "ip6", 7 => "bridge", _ => "other" };
        write = new MarkWrite($"{family} {fields.Text(NFTA_RULE_TABLE)}", fields.Text(NFTA_RULE_CHAIN), packet == 0, packet == 0 ? connection : packet, isIptables);
        return packet + connection != 0 && !(payload[0] == NFPROTO_INET && fields.Text(NFTA_RULE_TABLE) == NftTable.Name);
    }

    /// <summary>
    /// Targets of iptables: struct xt_mark_tginfo2 (mark, mask), struct xt_connmark_tginfo1 (ctmark, ctmask, nfmask, mode), and tginfo2, which has two bytes
    /// of shifting ahead of the mode. What the one mask clears, the other lets the other mark's bits into (connmark_tg_shift() of net/netfilter/xt_connmark.c).
    /// </summary>
    internal static void Target(string name, uint revision, ReadOnlySpan<byte> info, ref uint packet, ref uint connection)
    {
        int mode = revision < 2 ? 12 : 14;
        uint mark = Number(info, 0), mask = Number(info, 4), packetMask = Number(info, 8);
        if (name == "MARK")
        {
            packet |= mark | mask;
        }
        else if (name == "CONNMARK" && info.Length > mode)
        {
            int shift = revision < 2 ? 0 : info[12] == D_SHIFT_RIGHT ? -info[13] : info[13];
            switch (info[mode])
            {
                case XT_CONNMARK_RESTORE:
                    packet |= packetMask | Shifted(mask, shift);
                    break;
                case XT_CONNMARK_SAVE:
                    connection |= mask | Shifted(packetMask, shift);
                    break;
                default:
                    connection |= shift == 0 ? mark | mask : uint.MaxValue;
                    break;
            }
        }
    }

    private static uint Shifted(uint bits, int left) => left < 0 ? bits >> -left : bits << left;

    private static uint Number(ReadOnlySpan<byte> bytes, int offset) => bytes.Length >= offset + 4 ? MemoryMarshal.Read<uint>(bytes[offset..]) : 0;
}
