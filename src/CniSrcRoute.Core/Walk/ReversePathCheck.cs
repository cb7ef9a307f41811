namespace CniSrcRoute.Walk;

/// <summary>Whether the kernel lets an IPv4 packet in: the reverse path check, rp_filter (RFC 3704; fib_validate_source of net/ipv4/fib_frontend.c).</summary>
/// <param name="fib">Looks the way back up.</param>
/// <param name="state">Knows the settings.</param>
public sealed class ReversePathCheck(Fib fib, NodeState state)
{
    /// <summary>Whether a packet that came in passes. Packets of IPv6 always do: the kernel itself does not check them.</summary>
    /// <param name="flow">The packet, with the device it came in by.</param>
    /// <param name="way">Its way.</param>
    /// <returns>
    /// False when it is dropped: its way back is by another device, or its source is the node itself. Null when that depends on a way out that is dead, which
    /// the kernel counts here, and of which nothing is known.
    /// </returns>
    public bool? Passes(Flow flow, Way way)
    {
        if (flow.Family == Family.IPv6 || fib.Cards.Find(flow.Iif) is not { } card)
        {
            return true;
        }

        int filter = Math.Max(card.Conf.RpFilter, state.AllCards.RpFilter);
        var back = new Flow
        {
            Destination = flow.Source,
            Source = way.Type == RouteType.Broadcast ? new IpAddress(Family.IPv4, 0, 0) : flow.Destination,
            Mark = card.Conf.SrcValidMark || state.AllCards.SrcValidMark ? flow.Mark : 0,
            Tos = flow.Tos,
            Protocol = flow.Protocol,
            SourcePort = flow.DestinationPort,
            DestinationPort = flow.SourcePort,
        };

        // What is handed on is looked up as if it came by the device it leaves by.
        bool? all = true;
        foreach (int iif in way.Leaves ? way.Hops.Select(hop => hop.Oif) : [Devices.Loopback])
        {
            bool? passes = Passes(back, iif, card, filter);
            all = passes == false || all == false ? false : passes;
        }

        return all;
    }

    private bool? Passes(Flow back, int iif, Link card, int filter)
    {
        Query query = new(back, fib.Cards, iif) { Vrf = fib.Cards.VrfOf(card.Index) };
        Way way = fib.Ask(query);
        bool hasAddress = fib.Cards.AddressesOf(card.Index).Any(address => address.Local.Family == Family.IPv4);
        return way.Type switch
        {
            RouteType.Unicast when way.Route!.Nexthops.Any(hop => hop.Oif == card.Index || fib.Cards.VrfOf(hop.Oif) == card.Index) => true,
            RouteType.Unicast when filter == 0 || (filter != 1 && hasAddress) => true,
            RouteType.Unicast => way.Route!.HasDeadNexthops ? null : false,
            RouteType.Local or RouteType.Broadcast or RouteType.Anycast or RouteType.Multicast => false,
            _ => filter == 0,
        };
    }
}
