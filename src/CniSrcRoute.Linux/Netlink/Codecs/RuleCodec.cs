using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Wire;

namespace CniSrcRoute.Netlink.Codecs;

/// <summary>Rules as messages: struct fib_rule_hdr and its attributes (&lt;linux/fib_rules.h&gt;).</summary>
internal static class RuleCodec
{
    private static ReadOnlySpan<byte> Padding => [0, 0, 0];

    /// <summary>Reads a rule of RTM_NEWRULE.</summary>
    /// <returns>False for a message cut short and for families without addresses (multicast routing).</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Rule rule)
    {
        rule = null!;
        if (!MemoryMarshal.TryRead(payload, out RtMsg header) || (Family)header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return false;
        }

        var family = (Family)header.Family;
        uint table = header.Table, priority = 0, mark = 0, markMask = 0;
        IpAddress from = default;
        byte protocol = 0;
        var selectors = new List<byte>();
        if (header.Tos != 0 || header.DestinationLength != 0)
        {
            selectors.AddRange([header.Tos, header.DestinationLength, 0, 0]);
        }

        var attributes = new AttributeReader(payload[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Constants.FRA_TABLE:
                    table = attributes.UInt32;
                    break;
                case Constants.FRA_PRIORITY:
                    priority = attributes.UInt32;
                    break;
                case Constants.FRA_SRC:
                    from = IpAddress.FromBytes(attributes.Value);
                    break;
                case Constants.FRA_FWMARK:
                    mark = attributes.UInt32;
                    break;
                case Constants.FRA_FWMASK:
                    markMask = attributes.UInt32;
                    break;
                case Constants.FRA_PROTOCOL:
                    protocol = attributes.Byte;
                    break;
                case Constants.FRA_SUPPRESS_PREFIXLEN when attributes.UInt32 == uint.MaxValue:
                    // Listed with every rule; -1 suppresses nothing.
                    break;
                default:
                    selectors.AddRange(attributes.Raw);
                    selectors.AddRange(Padding[..(AttributeReader.Align(attributes.Raw.Length) - attributes.Raw.Length)]);
                    break;
            }
        }

        if (header.SourceLength > IpAddress.BitsOf(family) || (from.IsSet && from.Family != family))
        {
            return false;
        }

        rule = new Rule
        {
            Family = family,
            Priority = priority,
            From = header.SourceLength == 0 ? default : new IpPrefix(from, header.SourceLength),
            Mark = mark,
            MarkMask = markMask,
            Table = header.Type == Constants.FR_ACT_TO_TBL ? table : 0,
            Action = header.Type,
            Protocol = protocol,
            Flags = header.Flags & Constants.FIB_RULE_INVERT,
            Selectors = new OpaqueBytes([.. selectors]),
        };
        return true;
    }

    /// <summary>
    /// Writes a rule as the payload of RTM_NEWRULE, RTM_DELRULE. Priority and protocol always go along: without them the kernel takes any that matches.
    /// </summary>
    public static void Encode(ref MessageWriter writer, Rule rule)
    {
        ReadOnlySpan<byte> selectors = rule.Selectors.Span;
        bool hasHeader = selectors.Length >= 4 && MemoryMarshal.Read<ushort>(selectors[2..]) == 0;
        writer.Write(new RtMsg
        {
            Family = (byte)rule.Family,
            DestinationLength = hasHeader ? selectors[1] : (byte)0,
            SourceLength = rule.From.Length,
            Tos = hasHeader ? selectors[0] : (byte)0,
            Table = rule.Table < 256 ? (byte)rule.Table : (byte)Constants.RT_TABLE_COMPAT,
            Type = rule.Action,
            Flags = rule.Flags,
        });
        if (rule.Table != 0)
        {
            writer.Attribute(Constants.FRA_TABLE, rule.Table);
        }

        writer.Attribute(Constants.FRA_PRIORITY, rule.Priority);
        if (rule.From.IsSet)
        {
            writer.Attribute(Constants.FRA_SRC, rule.From.Address);
        }

        if (rule.MarkMask != 0)
        {
            writer.Attribute(Constants.FRA_FWMARK, rule.Mark);
            writer.Attribute(Constants.FRA_FWMASK, rule.MarkMask);
        }

        writer.Attribute(Constants.FRA_PROTOCOL, [rule.Protocol]);
        writer.Write(hasHeader ? selectors[4..] : selectors);
    }
}
