namespace CniSrcRoute.Watch;

/// <content>What the kernel's events say of it.</content>
public sealed partial class NodeModel
{
    /// <summary>Applies a route's event.</summary>
    /// <param name="received">The event.</param>
    /// <param name="before">The route that it replaced; null for none.</param>
    /// <returns>
    /// Whether anything has changed; null when the event does not say all that happened: a route beside another with its key, or a change of a multipath one.
    /// </returns>
    public bool? Apply(RouteEvent received, out Route? before)
    {
        before = null;
        Route route = received.Route;
        List<PlacedRoute> routes = At(route);
        bool? changed = Apply(routes, received, ref before);
        if (routes.Count == 0)
        {
            _routes.Remove(DestinationOf(route));
        }

        return changed;
    }

    /// <summary>Applies a rule's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(RuleEvent received)
    {
        if (received.Removed || _rules.Contains(received.Rule))
        {
            return received.Removed && _rules.Remove(received.Rule);
        }

        // In the order in which the kernel asks them: of one priority the latest is the last.
        Family family = received.Rule.Family;
        int next = _rules.FindIndex(other => other.Family == family && other.Priority > received.Rule.Priority);
        int last = _rules.FindLastIndex(other => other.Family == family);
        _rules.Insert(next >= 0 ? next : last >= 0 || family == Family.IPv4 ? last + 1 : _rules.Count, received.Rule);
        return true;
    }

    /// <summary>Forgets the routes to the neighbours on a device's link, for which the kernel may send no event when the device removes them.</summary>
    /// <param name="index">ifi_index.</param>
    public void ForgetNeighbours(int index)
    {
        foreach ((RouteKey destination, List<PlacedRoute> routes) in _routes)
        {
            if (destination.Destination.Address.IsLinkLocal &&
                routes.RemoveAll(placed => placed.Route.Nexthops is [var hop] && hop.Oif == index) > 0 && routes.Count == 0)
            {
                _routes.Remove(destination);
            }
        }
    }

    /// <summary>Applies a device's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>The device as it was; null when there was none.</returns>
    public Link? Apply(LinkEvent received)
    {
        int index = _links.FindIndex(link => link.Index == received.Link.Index);
        Link? known = index < 0 ? null : _links[index];
        if (known is not null && received.Removed)
        {
            _links.RemoveAt(index);
        }
        else if (known is not null)
        {
            _links[index] = received.Link with { Conf = known.Conf };
        }
        else if (!received.Removed)
        {
            int next = _links.FindIndex(link => link.Index > received.Link.Index);
            _links.Insert(next < 0 ? _links.Count : next, received.Link);
        }

        return known;
    }

    /// <summary>Applies an address's event.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(AddressEvent received)
    {
        Address address = received.Address;
        int known = _addresses.FindIndex(other => (other.Link, other.Local, other.Subnet) == (address.Link, address.Local, address.Subnet));
        bool changed = known < 0 ? !received.Removed : received.Removed || _addresses[known] != address;
        if (known >= 0 && received.Removed)
        {
            _addresses.RemoveAt(known);
        }
        else if (known >= 0)
        {
            _addresses[known] = address;
        }
        else if (!received.Removed)
        {
            int next = _addresses.FindIndex(other => AddressOrder.IsBefore(address, other));
            _addresses.Insert(next < 0 ? _addresses.Count : next, address);
        }

        return changed;
    }

    /// <summary>Applies an event of rp_filter.</summary>
    /// <param name="received">The event.</param>
    /// <returns>Whether anything has changed.</returns>
    public bool Apply(RpFilterEvent received)
    {
        int index = _links.FindIndex(link => link.Index == received.Link);
        byte known = received.Link is null ? _state.AllCards.RpFilter : index >= 0 ? _links[index].Conf.RpFilter : received.RpFilter;
        if (received.Link is null)
        {
            _state = _state with { AllCards = _state.AllCards with { RpFilter = received.RpFilter } };
        }
        else if (index >= 0)
        {
            _links[index] = _links[index] with { Conf = _links[index].Conf with { RpFilter = received.RpFilter } };
        }

        return known != received.RpFilter;
    }

    private static bool? Apply(List<PlacedRoute> routes, RouteEvent received, ref Route? before)
    {
        Route route = received.Route;
        int equal = routes.IndexOf(new PlacedRoute(received.Table, route));
        int same = routes.FindIndex(HasKey);

        // Between the hops of an IPv6 multipath route there may be a device route with its key, which no dump lists: the event may be about that one.
        bool hides = routes.Exists(other => HasKey(other) && other.Route is { Family: Family.IPv6, Nexthops.Count: > 1 });

        // IPv6 device routes with the same key exist side by side: fe80::/64 of every card.
        bool areApart = route.Family == Family.IPv6 && IsByDevice(route) && routes.TrueForAll(other => !HasKey(other) || IsByDevice(other.Route));
        if (received.Removed && (equal < 0 || hides))
        {
            return same < 0 || areApart ? false : null;
        }

        if (received.Removed)
        {
            routes.RemoveAt(equal);
            return true;
        }

        if (equal >= 0)
        {
            // The next hops of a nexthop object may have changed.
            routes[equal] = new PlacedRoute(received.Table, route);
            return route.NexthopId != 0;
        }

        if (same >= 0 && received.Replaces && !hides && routes.FindLastIndex(HasKey) == same)
        {
            before = routes[same].Route;
            routes[same] = new PlacedRoute(received.Table, route);
            return true;
        }

        if (same < 0 || (areApart && !received.Replaces))
        {
            routes.Add(new PlacedRoute(received.Table, route));
            return true;
        }

        return null;

        bool HasKey(PlacedRoute other) => other.Table == received.Table && other.Route.Key == route.Key;
    }

    private static bool IsByDevice(Route route) => route is { NexthopId: 0, Nexthops: [{ Gateway.IsSet: false }] };
}
