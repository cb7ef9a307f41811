namespace CniSrcRoute.Walk;

/// <summary>The source that the kernel gives an IPv4 packet that has none: fib_result_prefsrc and inet_select_addr of net/ipv4.</summary>
internal sealed class Ipv4Source(Devices devices)
{
    private const byte ScopeHost = 254;

    /// <summary>The source of a packet that takes a way out of a route.</summary>
    public IpAddress Of(Route route, Nexthop hop, int vrf)
    {
        if (vrf != 0 && devices.VrfOf(hop.Oif) != vrf)
        {
            return Select(vrf, default, Route.ScopeLink);
        }

        return route.PrefSrc.IsSet ? route.PrefSrc : Select(hop.Oif, hop.Gateway.Family == Family.IPv4 ? hop.Gateway : default, route.Scope);
    }

    /// <summary>An address of a device, in the subnet of a neighbour if there is one; or else any of another device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="neighbour">The neighbour; none for any.</param>
    /// <param name="scope">The widest scope that is not too narrow (RT_SCOPE_).</param>
    public IpAddress Select(int device, IpAddress neighbour, byte scope)
    {
        IpAddress first = default;
        foreach (Address address in Primary(device))
        {
            if (Math.Min(address.Scope, ScopeHost) > scope)
            {
                continue;
            }

            if (!neighbour.IsSet || address.Subnet.Contains(neighbour))
            {
                return address.Local;
            }

            first = first.IsSet ? first : address.Local;
        }

        if (first.IsSet)
        {
            return first;
        }

        int vrf = devices.VrfOf(device);
        IEnumerable<int> others = devices.All.Where(other => devices.VrfOf(other) == vrf);
        foreach (int other in vrf == 0 ? others : others.Prepend(vrf))
        {
            foreach (Address address in Primary(other))
            {
                if (address.Scope != Route.ScopeLink && address.Scope <= scope)
                {
                    return address.Local;
                }
            }
        }

        return default;
    }

    private IEnumerable<Address> Primary(int device) =>
        devices.AddressesOf(device).Where(address => address.Local.Family == Family.IPv4 && (address.Flags & Address.FlagSecondary) == 0);
}
