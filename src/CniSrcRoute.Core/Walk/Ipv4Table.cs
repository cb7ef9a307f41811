namespace CniSrcRoute.Walk;

/// <summary>Looks a packet up in an IPv4 table: fib_table_lookup of net/ipv4/fib_trie.c.</summary>
internal sealed class Ipv4Table(Devices devices, Ipv4Conf all)
{
    /// <summary>RT_SCOPE_HOST: the node itself, for which no carrier is needed.</summary>
    private const byte ScopeHost = 254;

    /// <summary>The route the kernel takes; null for none.</summary>
    public Match? Lookup(RouteIndex table, Query query)
    {
        IpAddress passed = default;
        for (int place = 0; place < table.Lengths; place++)
        {
            foreach (Route route in table.For(query.Flow.Destination, place) ?? [])
            {
                if (route.Destination.Address == passed)
                {
                    break;
                }

                if (route.Tos != 0 && route.Tos != (query.Flow.Tos & RuleMatch.LegacyTos))
                {
                    continue;
                }

                if (route.IsReject)
                {
                    return new Match(route, []);
                }

                if (Usable(route, query) is { Count: > 0 } hops)
                {
                    return new Match(route, hops);
                }

                // One leaf of the kernel's trie has the routes of all prefixes that begin with the same address, and a nexthop object by which the packet
                // cannot leave has it go on with another leaf ("goto miss").
                passed = route.NexthopId == 0 ? passed : route.Destination.Address;
            }
        }

        return null;
    }

    /// <summary>fib_lookup_good_nhc, for each way out. A sender that is bound to a device gets the first by it.</summary>
    private IReadOnlyList<Nexthop> Usable(Route route, Query query)
    {
        // Most routes have one way out, and it can be used: nothing is to be made for them.
        if (route.Nexthops is [var only] && IsUsable(only))
        {
            return route.Nexthops;
        }

        List<Nexthop> usable = [];
        foreach (Nexthop hop in route.Nexthops)
        {
            if (IsUsable(hop))
            {
                usable.Add(hop);
                if (query.Oif != 0)
                {
                    break;
                }
            }
        }

        return usable;

        bool IsUsable(Nexthop hop) => (route.Scope >= ScopeHost || !IsDown(hop, query)) && (query.Oif == 0 || query.Oif == hop.Oif);
    }

    private bool IsDown(Nexthop hop, Query query) =>
        !query.IgnoresLinkState && devices.Find(hop.Oif) is { HasCarrier: false } link &&
        (link.Conf.IgnoresRoutesWithLinkdown || all.IgnoresRoutesWithLinkdown);
}
