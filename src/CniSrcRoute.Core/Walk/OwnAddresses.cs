namespace CniSrcRoute.Walk;

/// <summary>The addresses that are the node itself: those of its cards, and what its table local says besides.</summary>
internal sealed class OwnAddresses
{
    private readonly HashSet<IpAddress> _addresses = [];
    private readonly List<IpPrefix> _networks = [];

    /// <summary>Takes a node's state.</summary>
    /// <param name="state">The node, with its table local (<see cref="NodeState.Local"/>).</param>
    public OwnAddresses(NodeState state)
    {
        foreach (Address address in state.Addresses)
        {
            _addresses.Add(address.Local);
        }

        foreach (Route route in state.Local ?? [])
        {
            if (route.Type == RouteType.Local && !route.Destination.IsHost)
            {
                _networks.Add(route.Destination);
            }
            else if (route.Type == RouteType.Local)
            {
                _addresses.Add(route.Destination.Address);
            }
        }
    }

    /// <summary>Whether an address is the node's.</summary>
    public bool Contains(IpAddress address)
    {
        if (_addresses.Contains(address))
        {
            return true;
        }

        foreach (IpPrefix network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
