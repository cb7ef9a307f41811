using System.Globalization;
using System.Text;

namespace CniSrcRoute;

/// <summary>What a rule selects by besides its source and the mark, in the words of ip-rule(8).</summary>
internal static class RuleSelectors
{
    /// <summary>Stands for what ip(8) of today has no word for, so that a shell takes no such command for the whole.</summary>
    private const string Unknown = " (and more)";

    /// <summary>Writes <see cref="Rule.Selectors"/>.</summary>
    /// <param name="selectors">The attributes.</param>
    /// <returns>For example " to 10.0.0.0/8 iif eth0", empty for none.</returns>
    public static string Format(OpaqueBytes selectors)
    {
        if (selectors.IsEmpty)
        {
            return "";
        }

        var rule = RuleAttributes.Of(selectors);
        var text = new StringBuilder();
        Word(text, "to", rule.To.IsSet ? rule.To : null);
        Word(text, "iif", Name(rule.IifBytes));
        Word(text, "oif", Name(rule.OifBytes));
        Word(text, "goto", rule.Goto);
        Word(text, "tun_id", rule.TunnelId == 0 ? null : rule.TunnelId);
        Word(text, "suppress_prefixlength", rule.SuppressPrefixLength);
        Word(text, "suppress_ifgroup", rule.SuppressGroup);
        text.Append(rule.IsL3mdev ? " l3mdev" : "");
        Word(text, "uidrange", rule.Users is { } users ? string.Create(CultureInfo.InvariantCulture, $"{users.First}-{users.Last}") : null);
        Word(text, "sport", Ports(rule.SourcePorts));
        Word(text, "dport", Ports(rule.DestinationPorts));
        Word(text, "ipproto", rule.Protocol == 0 ? null : rule.Protocol);
        Word(text, "realms", rule.Realms == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{rule.Realms >> 16}/{rule.Realms & 0xffff}"));
        Word(text, "tos", rule.Tos == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"0x{rule.Tos:x}"));
        Word(text, "dscp", rule.Dscp is { } dscp ? string.Create(CultureInfo.InvariantCulture, $"{dscp}{(rule.DscpMask == 63 ? "" : $"/{rule.DscpMask}")}") : null);
        return rule.HasUnknown ? text.Append(Unknown).ToString() : text.ToString();
    }

    private static string? Name(OpaqueBytes? card) => card is { } name ? ShellWord.Quote(name.Span) : null;

    private static string? Ports(PortRange? range) =>
        range is not { } ports ? null
        : ports.Mask == ushort.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{ports.First}-{ports.Last}")
        : string.Create(CultureInfo.InvariantCulture, $"{ports.First}/0x{ports.Mask:x}");

    private static void Word(StringBuilder text, string name, object? value)
    {
        if (value is not null)
        {
            text.Append(' ').Append(name).Append(' ').Append(CultureInfo.InvariantCulture, $"{value}");
        }
    }
}
