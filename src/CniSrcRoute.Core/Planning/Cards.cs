using System.IO.Enumeration;
using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Tells the cards that lead to pods and containers (overlay cards) from those by which the world reaches the node.</summary>
public sealed class Cards
{
    /// <summary>
    /// The names that pod networks give their devices: CNI's bridge and flannel's tunnels, the host ends of pods' veth pairs, and those of other
    /// container networks on the same node, whose replies are lost in a source table just as the pods' are.
    /// </summary>
    public static readonly IReadOnlyList<string> DefaultOverlayPatterns =
    [
        "cni*", "cbr*", "flannel*", "veth*", "cali*", "vxlan.calico", "tunl0", "cilium*", "lxc*", "weave*", "kube-*", "nodelocaldns", "docker*", "podman*",
    ];

    private readonly Config _config;
    private readonly Dictionary<int, Link> _byIndex = [];
    private readonly HashSet<int> _overlay = [];

    /// <summary>Sorts the node's cards.</summary>
    /// <param name="config">Names overlay cards, or leaves it to be found out.</param>
    /// <param name="state">The node.</param>
    public Cards(Config config, NodeState state)
    {
        _config = config;
        foreach (Link link in state.Links)
        {
            bool overlay = IsCalledOne(link) || (config.OverlayCards is null && IsOverlayByKind(link, state));
            Add(link, overlay && !IsOfSource(link));
        }
    }

    /// <summary>The overlay cards, in the kernel's order.</summary>
    public IReadOnlyList<Link> Overlay => [.. _byIndex.Values.Where(link => _overlay.Contains(link.Index))];

    /// <summary>The cards that lead elsewhere than to pods, in the kernel's order: of tunnels also those of which that is not sure.</summary>
    public IReadOnlyList<Link> Elsewhere => [.. _byIndex.Values.Where(link => IsExternal(link.Index) || (link.IsTunnel && !IsCalledOne(link)))];

    /// <summary>The card of an index.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>The card, null when there is none.</returns>
    public Link? Find(int index) => _byIndex.GetValueOrDefault(index);

    /// <summary>The card of a name.</summary>
    /// <param name="name">IFLA_IFNAME.</param>
    /// <returns>The card, null when there is none.</returns>
    public Link? Find(string name) => _byIndex.Values.FirstOrDefault(link => link.Name == name);

    /// <summary>Whether an index is that of an overlay card.</summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it is.</returns>
    public bool IsOverlay(int index) => _overlay.Contains(index);

    /// <summary>
    /// Whether the world can reach the node by the card: neither overlay, nor loopback, nor a port of another device, nor a dummy that only holds addresses.
    /// </summary>
    /// <param name="index">ifi_index.</param>
    /// <returns>True when it can.</returns>
    public bool IsExternal(int index) => !IsOverlay(index) && Find(index) is { IsLoopback: false, Master: 0, Kind: not "dummy" };

    // Docker's, libvirt's and other runtimes' bridges have names of their own making, but only containers and virtual machines as ports. A tunnel that
    // ends on the node is like them: who comes by it is to be answered by it whatever address it asked for, and no neighbour minds. Neither is the
    // node's way to the world, which a default route by it would make of either.
    private static bool IsContainerBridge(Link link, NodeState state) =>
        link.Kind == "bridge" && state.Links.All(port => port.Master != link.Index || port.Kind is "veth" or "tun");

    private static bool IsOverlayByKind(Link link, NodeState state) =>
        (link.IsTunnel || IsContainerBridge(link, state)) && !HasDefault(link, state.Main(Family.IPv4)) && !HasDefault(link, state.Main(Family.IPv6));

    private static bool HasDefault(Link link, IReadOnlyList<Route> main) =>
        main.Any(route => route.Destination.IsDefault && route.Nexthops.Any(hop => hop.Oif == link.Index));

    private void Add(Link link, bool overlay)
    {
        _byIndex[link.Index] = link;
        if (overlay)
        {
            _overlay.Add(link.Index);
        }
    }

    private bool IsCalledOne(Link link) =>
        (_config.OverlayCards ?? DefaultOverlayPatterns).Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, link.Name, ignoreCase: false));

    private bool IsOfSource(Link link) => _config.Sources.Any(source => source.Card == link.Name);
}
