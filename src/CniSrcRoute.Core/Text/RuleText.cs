using System.Globalization;
using System.Text;

namespace CniSrcRoute;

/// <summary>Writes rules in the words of ip-rule(8), and in the order in which it shows them.</summary>
internal static class RuleText
{
    /// <summary>Stands for what ip(8) of today has no word for, so that a shell takes no such command for the whole.</summary>
    private const string Unknown = " (and more)";

    /// <summary>Writes all of a rule but its priority and its protocol.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="table">What the table it looks up is called.</param>
    /// <returns>For example "from all to 10.0.0.0/8 iif eth0 lookup main".</returns>
    public static string Format(Rule rule, string table)
    {
        var attributes = RuleAttributes.Of(rule.Selectors);
        var text = new StringBuilder(rule.Flags != 0 ? "not from " : "from ");
        text.Append(rule.From.IsSet ? rule.From.ToString() : "all");
        AppendSelectors(text, rule, attributes);
        Word(text, "lookup", rule is { Action: Rule.ActionLookup, Table: not 0 } ? table : null);
        Word(text, "suppress_prefixlength", attributes.SuppressPrefixLength);
        Word(text, "suppress_ifgroup", attributes.SuppressGroup);
        Word(text, "realms", attributes.Realms == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{attributes.Realms >> 16}/{attributes.Realms & 0xffff}"));
        Word(text, "goto", attributes.Goto);
        text.Append(attributes.HasUnknown ? Unknown : "");
        text.Append(rule.Action switch
        {
            Rule.ActionNop => " nop",
            (byte)RouteType.Blackhole or (byte)RouteType.Unreachable or (byte)RouteType.Prohibit => $" {((RouteType)rule.Action).ToString().ToLowerInvariant()}",
            _ => "",
        });
        return text.ToString();
    }

    private static void AppendSelectors(StringBuilder text, Rule rule, RuleAttributes attributes)
    {
        Word(text, "to", attributes.To.IsSet ? attributes.To : null);
        Word(text, "tos", attributes.Tos == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"0x{attributes.Tos:x}"));
        Word(text, "fwmark", rule.MarkMask switch
        {
            0 => null,
            uint.MaxValue => string.Create(CultureInfo.InvariantCulture, $"0x{rule.Mark:x}"),
            var mask => string.Create(CultureInfo.InvariantCulture, $"0x{rule.Mark:x}/0x{mask:x}"),
        });
        Word(text, "iif", Name(attributes.IifBytes));
        Word(text, "oif", Name(attributes.OifBytes));
        text.Append(attributes.IsL3mdev ? " l3mdev" : "");
        Word(text, "uidrange", attributes.Users is { } users ? string.Create(CultureInfo.InvariantCulture, $"{users.First}-{users.Last}") : null);
        Word(text, "ipproto", attributes.Protocol switch { 0 => null, 1 => "icmp", 6 => "tcp", 17 => "udp", 132 => "sctp", var number => number });
        Word(text, "sport", Ports(attributes.SourcePorts));
        Word(text, "dport", Ports(attributes.DestinationPorts));
        Word(text, "dscp", attributes.Dscp is { } dscp ? string.Create(CultureInfo.InvariantCulture, $"{dscp}{(attributes.DscpMask == 63 ? "" : $"/{attributes.DscpMask}")}") : null);
        Word(text, "tun_id", attributes.TunnelId == 0 ? null : attributes.TunnelId);
    }

    private static string? Name(OpaqueBytes? card) => card is { } name ? ShellWord.Quote(name.Span) : null;

    private static string? Ports(PortRange? range) =>
        range is not { } ports ? null
        : ports.Mask != ushort.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{ports.First}/0x{ports.Mask:x}")
        : ports.First == ports.Last ? string.Create(CultureInfo.InvariantCulture, $"{ports.First}")
        : string.Create(CultureInfo.InvariantCulture, $"{ports.First}-{ports.Last}");

    private static void Word(StringBuilder text, string name, object? value)
    {
        if (value is not null)
        {
            text.Append(' ').Append(name).Append(' ').Append(CultureInfo.InvariantCulture, $"{value}");
        }
    }
}
