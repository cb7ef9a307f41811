namespace CniSrcRoute.Planning;

/// <summary>
/// The pods' networks of other nodes as Calico's bird makes them where there is no tunnel: as many addresses as the node's own block, which is in main as a
/// blackhole, out of the same pool.
/// </summary>
internal sealed class PodBlocks
{
    /// <summary>RTPROT_BIRD of &lt;linux/rtnetlink.h&gt;.</summary>
    private const byte Bird = 12;

    /// <summary>What Calico's own agent makes routes with (felix, `DeviceRouteProtocol`).</summary>
    private const byte Felix = 80;

    private readonly List<IpPrefix> _own = [];

    /// <param name="state">The node.</param>
    public PodBlocks(NodeState state)
    {
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            foreach (Route route in state.Main(family))
            {
                if (IsOwn(route))
                {
                    _own.Add(route.Destination);
                }
            }
        }
    }

    /// <summary>The node's own blocks.</summary>
    public IReadOnlyList<IpPrefix> Own => _own;

    /// <summary>Whether a route of main is that for a block of the node's own.</summary>
    public static bool IsOwn(Route route) =>
        route is { Type: RouteType.Blackhole, Protocol: Bird or Felix } && route.Destination.Length > PoolLength(route.Family);

    /// <summary>Whether a route of main leads to a block of another node.</summary>
    public bool Contain(Route route) => route is { Type: RouteType.Unicast, Protocol: Bird or Felix } && route.Nexthops.All(hop => hop.Gateway.IsSet) &&
        _own.Exists(own => own.Length == route.Destination.Length && IsOfPool(own, route.Destination));

    /// <summary>Whether two networks may well be of one pool.</summary>
    public static bool IsOfPool(IpPrefix own, IpPrefix other) => Pool(own).Contains(other);

    /// <summary>The smallest pool that people give their pods, around one network of it: a /16, or in IPv6 a /48.</summary>
    public static IpPrefix Pool(IpPrefix own) => new(own.Address, Math.Min(PoolLength(own.Family), own.Length));

    private static int PoolLength(Family family) => family == Family.IPv4 ? 16 : 48;
}
