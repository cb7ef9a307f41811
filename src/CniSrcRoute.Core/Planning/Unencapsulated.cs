using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Notices pods of other nodes that are reached without a tunnel, by routes that nothing tells from a LAN's but their nearness to the node's own pods
/// (kube-router, Cilium's native routing, flannel's host-gw without its file).
/// </summary>
internal static class Unencapsulated
{
    // RTPROT_REDIRECT, RTPROT_RA and RTPROT_DHCP of <linux/rtnetlink.h>: what neighbours say is no way to pods.
    private const byte Redirect = 1;
    private const byte Advertised = 9;
    private const byte Dhcp = 16;

    /// <summary>What is to be told: a warning for each network that the configuration should name.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node.</param>
    /// <param name="desired">What was derived from the two.</param>
    public static IEnumerable<Finding> Of(Config config, NodeState state, DesiredState desired)
    {
        if (desired.Tables.Count == 0 || desired.OverlayNetworks.Count > 0)
        {
            yield break;
        }

        List<IpPrefix> pools = Pools(state, desired.OverlayCards);
        foreach (IpPrefix pool in pools)
        {
            Route? route = state.Main(pool.Family).FirstOrDefault(route => pool.Contains(route.Destination) && IsByRouter(route, desired));
            if (route is not null)
            {
                string cure = $"\"overlay\": {{ \"networks\": [\"{pool}\"] }}";
                yield return new Finding(
                    Severity.Warning,
                    FindingCode.PodsUnknown,
                    route.Destination.ToString(),
                    $"main's route to {route.Destination} by a router seems to lead to pods of another node, and is in no source table; " +
                    $"if it does, put {cure} into {config.File}",
                    cure);
            }
        }
    }

    private static bool IsByRouter(Route route, DesiredState desired) =>
        route is { Type: RouteType.Unicast, Protocol: not (Redirect or Advertised or Dhcp), Nexthops.Count: > 0 } &&
        route.Nexthops.All(hop => hop.Gateway.IsSet && !desired.OverlayCards.Any(card => card.Index == hop.Oif)) &&
        desired.Overlay?.IsOverlay(route) != true;

    /// <summary>The networks that pods of other nodes may well be in: those around what leads to pods here.</summary>
    /// <param name="state">The node.</param>
    /// <param name="overlayCards">The cards that lead to pods.</param>
    /// <returns>The networks.</returns>
    internal static List<IpPrefix> Pools(NodeState state, IReadOnlyList<Link> overlayCards)
    {
        List<IpPrefix> pools = [];
        foreach (IpPrefix own in new PodBlocks(state).Own)
        {
            Add(own);
        }

        HashSet<int> cards = [.. overlayCards.Where(card => !card.IsTunnel).Select(card => card.Index)];
        foreach (Address address in state.Addresses.Where(address => cards.Contains(address.Link) && !address.Local.IsLinkLocal))
        {
            Add(address.Subnet);
        }

        // Cards of pods that have a route of their own each have no address.
        foreach (Route route in state.Main(Family.IPv4).Concat(state.Main(Family.IPv6)))
        {
            if (route is { Type: RouteType.Unicast, Destination.IsHost: true, Nexthops: [{ Gateway.IsSet: false, Oif: var card }] } && cards.Contains(card))
            {
                Add(route.Destination);
            }
        }

        return pools;

        void Add(IpPrefix own)
        {
            if (!pools.Contains(PodBlocks.Pool(own)))
            {
                pools.Add(PodBlocks.Pool(own));
            }
        }
    }
}
