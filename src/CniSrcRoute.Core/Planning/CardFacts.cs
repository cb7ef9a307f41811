using System.IO.Enumeration;
using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Tells from what the kernel knows where a card leads: its kind, where the other end of a veth pair is, what ports a bridge has, and which routes leave by
/// it. Names decide where the kernel cannot tell: a port of a software switch looks like any card.
/// </summary>
internal sealed class CardFacts
{
    /// <summary>The names that pod networks give their devices.</summary>
    private static readonly string[] OverlayPatterns =
    [
        "cni*", "cbr*", "flannel*", "veth*", "cali*", "vxlan.calico", "wireguard.cali", "wg-v6.cali", "tunl0", "cilium*", "lxc*", "weave*", "kube-*",
        "nodelocaldns", "docker*", "podman*", "ovn*", "antrea-*", "genev_sys_*", "kilo*",
    ];

    /// <summary>The names of cards in a node that is a container itself, where a card is a veth as well.</summary>
    private static readonly string[] UplinkPatterns = ["eth*", "eno*", "enp*", "ens*", "enx*"];

    private readonly Config _config;
    private readonly NodeState _state;
    private readonly Dictionary<int, Link> _links = [];
    private readonly HashSet<int> _withDefault = [];
    private readonly HashSet<int> _withDefaultOfOthers = [];
    private readonly HashSet<int> _withRouter = [];
    private readonly HashSet<int> _withoutOwnWay = [];
    private readonly HashSet<int> _uplinkNetNs = [];
    private readonly HashSet<int> _withCable = [];

    /// <param name="config">Names overlay cards, or leaves it to be found out.</param>
    /// <param name="state">The node.</param>
    public CardFacts(Config config, NodeState state)
    {
        (_config, _state) = (config, state);
        foreach ((TableId table, List<Route> routes) in state.Tables)
        {
            ReadRoutes(routes, isMain: table.Number == TableId.Main);
        }

        foreach (Link link in state.Links)
        {
            _links[link.Index] = link;
            if (link.LowerNetNs is { } other && link.Kind == "veth" && _withDefault.Contains(link.Index) && !IsCalledOverlay(link))
            {
                _uplinkNetNs.Add(other);
            }
        }

        foreach (Link port in state.Links.Where(port => port.Master != 0 && IsCable(port)))
        {
            _withCable.Add(port.Master);
        }

        foreach (Link link in state.Links.Where(IsAlias))
        {
            _withoutOwnWay.Add(link.Index);
        }
    }

    /// <summary>Where a card leads.</summary>
    public CardRole RoleOf(Link link)
    {
        bool isCalled = IsCalledOverlay(link);
        CardRole usual = link.IsWithoutWire || link.Master != 0 ? CardRole.Nothing : CardRole.World;
        if (_config.Sources.Any(source => source.Card == link.Name))
        {
            return usual;
        }

        // A bridge with a cable in it is the LAN, whatever it is called and whatever else hangs on it.
        bool leadsToContainers = _config.OverlayCards is not null ? isCalled
            : link.Kind == "bridge" ? !_withCable.Contains(link.Index) && (isCalled || !_withDefault.Contains(link.Index))
            : isCalled || (link.IsTunnel || IsPodTunnel(link) ? !IsUplinkTunnel(link) : link.LeadsToOtherNetNs ? !IsUplink(link) : IsShim(link));
        return link.IsTunnel && !link.IsUp ? CardRole.Nothing : leadsToContainers ? CardRole.Containers : usual;
    }

    /// <summary>
    /// The card by whose routes a card is answered for: itself, but for a macvlan or ipvlan that holds single addresses and has no route of its own the card
    /// below (keepalived's use_vmac, an address by DHCP for a service).
    /// </summary>
    public Link WayOf(Link link) => _withoutOwnWay.Contains(link.Index) ? _links[link.Lower] : link;

    /// <summary>Whether routes by a card, defaults left aside, decide where it leads: a veth that may turn out to have a router behind it, a macvlan or ipvlan.</summary>
    public bool IsToldByRoutes(Link link) =>
        link.Kind is "macvlan" or "ipvlan" || (link.Kind == "veth" && !IsCalledOverlay(link) && !IsUplinkWithoutRouter(link));

    private static bool IsCalled(Link link, IReadOnlyList<string> patterns) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, link.Name, ignoreCase: false));

    private bool IsCalledOverlay(Link link) => IsCalled(link, _config.OverlayCards ?? OverlayPatterns);

    private void ReadRoutes(List<Route> routes, bool isMain)
    {
        foreach (Route route in routes)
        {
            if (route.Type != RouteType.Unicast || !(isMain || (route.IsDefaultLike && route.Protocol != Ownership.Protocol)))
            {
                continue;
            }

            foreach (Nexthop hop in route.Nexthops)
            {
                if (route.IsDefaultLike)
                {
                    (isMain ? _withDefault : _withDefaultOfOthers).Add(hop.Oif);
                }
                else if (isMain && hop.Gateway.IsSet)
                {
                    _withRouter.Add(hop.Oif);
                }
            }
        }
    }

    /// <summary>A veth is a card of the node, which is a container then, where there is a router behind it, or its other end is beside that of such a card.</summary>
    private bool IsUplink(Link veth) => _withRouter.Contains(veth.Index) || IsUplinkWithoutRouter(veth);

    private bool IsUplinkWithoutRouter(Link veth) =>
        _withDefault.Contains(veth.Index) ||
        (veth.LowerNetNs is { } other && _uplinkNetNs.Contains(other)) ||
        IsCalled(veth, UplinkPatterns);

    /// <summary>A port of a bridge that leads further than to containers (veth) and virtual machines (tun).</summary>
    private bool IsCable(Link port) => port.Kind switch
    {
        "tun" => false,
        "veth" => !IsCalledOverlay(port) && IsUplink(port),
        // Weave's and others' own tunnels are ports of their own bridges.
        "vxlan" or "geneve" => !_state.Links.Any(bridge => bridge.Index == port.Master && IsCalledOverlay(bridge)),
        _ => true,
    };

    /// <summary>
    /// A tunnel that ends on the node leads to a private network as a bridge leads to containers. It is a way to the world where a default leaves by it, also in
    /// a table of somebody else, or where it holds a public address.
    /// </summary>
    private bool IsUplinkTunnel(Link tunnel) =>
        _withDefault.Contains(tunnel.Index) ||
        _withDefaultOfOthers.Contains(tunnel.Index) ||
        _state.Addresses.Any(address => address.Link == tunnel.Index && address.Scope == Address.ScopeUniverse && !address.Local.IsPrivate);

    /// <summary>A VXLAN or Geneve that is no LAN of several nodes, since it has no subnet on it: main has single routes to the other nodes' pods by it.</summary>
    private bool IsPodTunnel(Link link) => link is { Kind: "vxlan" or "geneve", Master: 0 } && HoldsSingleAddresses(link);

    /// <summary>A macvlan or ipvlan by which the node reaches the containers that hang on the same card: main has routes to parts of the card's subnet by it.</summary>
    private bool IsShim(Link link) => IsOnCard(link) && HasRoutes(link) && HoldsSingleAddresses(link) && Routes(link).All(route =>
        _state.Addresses.Any(address => address.Link == link.Lower && address.Subnet.Contains(route.Destination) && address.Subnet != route.Destination));

    private bool IsAlias(Link link) => IsOnCard(link) && HoldsSingleAddresses(link) && !HasRoutes(link);

    private bool IsOnCard(Link link) => link.Kind is "macvlan" or "ipvlan" && link.LowerNetNs is null && _links.ContainsKey(link.Lower);

    private bool HasRoutes(Link link) => Routes(link).Any();

    private IEnumerable<Route> Routes(Link link) => _state.Main(Family.IPv4).Concat(_state.Main(Family.IPv6))
        .Where(route => !IsOwnAddress(route) && !route.Destination.Address.IsLinkLocal && route.LeavesBy(link.Index));

    /// <summary>In IPv6 the kernel makes a route for every single address of a card.</summary>
    private bool IsOwnAddress(Route route) => route.Destination.IsHost && _state.Addresses.Any(address => address.Local == route.Destination.Address);

    private bool HoldsSingleAddresses(Link link) =>
        _state.Addresses.All(address => address.Link != link.Index || address.Local.IsLinkLocal || address.Subnet.IsHost);
}
