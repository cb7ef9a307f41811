namespace CniSrcRoute.Walk;

/// <summary>Whether a rule is for a packet: fib_rule_match of net/core/fib_rules.c, fib4_rule_match and fib6_rule_match.</summary>
internal sealed class RuleMatch(Devices devices)
{
    /// <summary>INET_DSCP_LEGACY_TOS_MASK: the bits of the type of service that IPv4 compares with a rule's or route's.</summary>
    public const byte LegacyTos = 0x1c;

    /// <summary>The first selector that the packet does not fit, of a rule that is not inverted.</summary>
    public Selector Fails(Rule rule, RuleAttributes attributes, Query query)
    {
        Flow flow = query.Flow;
        return
            !Fits(attributes.Iif, query.Iif, query.Vrf) ? Selector.Iif
            : !Fits(attributes.Oif, query.Oif, query.Vrf) ? Selector.Oif
            : ((rule.Mark ^ flow.Mark) & rule.MarkMask) != 0 ? Selector.Mark
            : attributes.TunnelId != 0 ? Selector.Tunnel
            : attributes.IsL3mdev && query.Vrf == 0 ? Selector.L3mdev
            : attributes.Users is { } users && (flow.User < users.First || flow.User > users.Last) ? Selector.User
            : attributes.To.IsSet && !attributes.To.Contains(flow.Destination) ? Selector.To
            : rule.From.IsSet && !rule.From.Contains(SourceOf(flow)) ? Selector.From
            : !FitsTos(rule.Family, attributes, flow.Tos) ? Selector.Tos
            : attributes.Protocol != 0 && attributes.Protocol != flow.Protocol ? Selector.Protocol
            : attributes.SourcePorts is { } source && !source.Contains(flow.SourcePort) ? Selector.SourcePort
            : attributes.DestinationPorts is { } destination && !destination.Contains(flow.DestinationPort) ? Selector.DestinationPort
            : attributes.HasUnknown ? Selector.Unknown
            : Selector.None;
    }

    /// <summary>No source is 0.0.0.0 to IPv4, and nothing to IPv6.</summary>
    private static IpAddress SourceOf(Flow flow) => flow.Source.IsSet || flow.Family == Family.IPv6 ? flow.Source : new IpAddress(Family.IPv4, 0, 0);

    /// <summary>The name of a VRF selects all of its ports (Linux 6.14 and later; before, for no packet at all).</summary>
    private bool Fits(string? name, int device, int vrf) =>
        name is null || (devices.Index(name) is var index && index == (devices.IsVrf(index) ? vrf : device));

    private static bool FitsTos(Family family, RuleAttributes attributes, byte tos)
    {
        if (attributes.Dscp is { } dscp && ((dscp ^ (tos >> 2)) & attributes.DscpMask) != 0)
        {
            return false;
        }

        int compared = family == Family.IPv4 ? tos & LegacyTos : tos & 0xfc;
        return attributes.Tos == 0 || (attributes.Tos & 0xfc) == compared;
    }
}
