using System.Globalization;

namespace CniSrcRoute.Harm.Parts;

/// <summary>Pods here, another node in one of the LANs, and its pods: by VXLAN or by plain routes.</summary>
internal sealed class Overlay(Random random) : Part
{
    public const string Pod4 = "10.244.1.5", Pod6 = "fd00:244:1::5", RemotePod4 = "10.244.2.5", RemotePod6 = "fd00:244:2::5";

    private static readonly string[] Tunnels = ["flannel.1", "flannel.1", "vxlan.calico", "cilium_vxlan", "vxlan0"];
    private static readonly string[] Bridges = ["cni0", "cni0", "kube-bridge", "cbr0"];
    private static readonly string[] Veths = ["cali1f2e3d", "veth0a1b", "lxc4d5e", "azvpod1", "gkepod1", "eni01ab"];
    private static readonly string[] Protocols = ["bird", "boot", "17", "static"];

    private readonly int _lan = random.Next(3);
    private readonly bool _isTunnel = random.Next(3) > 0, _isBridge = random.Next(3) > 0, _masquerades = random.Next(3) > 0, _has6 = random.Next(2) == 0;
    private readonly string _tunnel = Tunnels[random.Next(Tunnels.Length)], _bridge = Bridges[random.Next(Bridges.Length)];
    private readonly string _veth = Veths[random.Next(Veths.Length)], _protocol = Protocols[random.Next(Protocols.Length)];
    private readonly bool _isBlackhole = random.Next(2) == 0;

    private bool IsFlannel => _isTunnel && _tunnel == "flannel.1";

    public override void Build(Draft draft)
    {
        AddPod(draft, draft.Node, "p1", Role.Pod, 1, _isBridge);
        draft.PodBridge = _isBridge ? _bridge : null;
        draft.PodCards.Add(_isBridge ? _bridge : _veth);
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { IsSubnet: true, Own4: { } own } uplink)
        {
            return;
        }

        Place node2 = draft.Add("node2", Role.Neighbour).Forwarding();
        string there = Lan.Ipv4(_lan, 60);
        draft.Plug(Lan.Name(_lan), node2, "eth0", [$"{there}/24", .. uplink.Own6 is null ? (string[])[] : [$"{Lan.Ipv6(_lan, 60)}/64"]]);
        node2.Ip(uplink.Via4 is null ? "" : $"route add default via {Lan.Ipv4(_lan, 1)}");
        AddPod(draft, node2, "q1", Role.RemotePod, 2, true);
        if (_isTunnel)
        {
            draft.PodCards.Add(_tunnel);
            AddTunnel(draft, draft.Node, 1, own, 2, there, uplink.Card);
            AddTunnel(draft, node2, 2, there, 1, own, "eth0");
        }
        else
        {
            draft.Node.Ip($"route add 10.244.2.0/24 via {there} dev {uplink.Card} proto {_protocol}");
            node2.Ip($"route add 10.244.1.0/24 via {own} dev eth0 onlink");
            if (_has6 && uplink.Own6 is { } own6)
            {
                draft.Node.Ip($"route add fd00:244:2::/64 via {Lan.Ipv6(_lan, 60)} dev {uplink.Card} proto {_protocol}");
                node2.Ip($"route add fd00:244:1::/64 via {own6} dev eth0");
            }
        }

        foreach (string way in draft.Uplinks.Values.Where(other => other.Number != _lan && other.Own4 is not null).Select(other => other.Own4!))
        {
            // As flannel's nodes reach a node's other addresses: straight to it, or not at all.
            node2.Ip($"route add {way} via {own} dev eth0 onlink");
        }

        if (IsFlannel)
        {
            draft.Files["/run/flannel/subnet.env"] =
                $"FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\n{(_has6 ? "FLANNEL_IPV6_NETWORK=fd00:244::/32\nFLANNEL_IPV6_SUBNET=fd00:244:1::1/64\n" : "")}FLANNEL_MTU=1450\nFLANNEL_IPMASQ=true";
        }

        if (_isBlackhole && !_isTunnel)
        {
            draft.Node.Ip($"route add blackhole 10.244.1.0/26 proto {_protocol}");
        }

        if (_masquerades)
        {
            draft.Node.Nftables.Add("table ip pods { chain post { type nat hook postrouting priority srcnat + 1; ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade; }; }");
            draft.Node.Nftables.Add("table ip6 pods { chain post { type nat hook postrouting priority srcnat + 1; ip6 saddr fd00:244::/32 ip6 daddr != fd00:244::/32 masquerade; }; }");
        }
    }

    public override string ToString() =>
        $"pods {(_isBridge ? $"on {_bridge}" : $"behind {_veth}")}, another node in lan{_lan} {(_isTunnel ? $"by {_tunnel}" : $"by routes of proto {_protocol}{(_isBlackhole ? " and a blackhole" : "")}")}{(_has6 ? ", IPv6" : "")}{(_masquerades ? ", masqueraded" : "")}";

    private void AddPod(Draft draft, Place node, string name, Role role, int number, bool isBridge)
    {
        Place pod = draft.Add(name, role);
        string[] addresses = [$"10.244.{number}.5/{(isBridge ? 24 : 32)}", .. _has6 ? (string[])[$"fd00:244:{number}::5/{(isBridge ? 64 : 128)}"] : []];
        string host = isBridge ? $"veth{name}" : _veth;
        draft.Join(node, host, pod, "eth0", addresses);
        if (isBridge)
        {
            int index = draft.NextIndex();
            node.Ip($"link add {_bridge} index {index} address {draft.Hardware(node.Name, _bridge)} type bridge mcast_snooping 0");
            Draft.Raise(node, _bridge, index, [$"10.244.{number}.1/24", .. _has6 ? (string[])[$"fd00:244:{number}::1/64"] : []]);
            node.Ip($"link set {host} master {_bridge}");
            pod.Ip($"route add default via 10.244.{number}.1");
            pod.Ip(_has6 ? $"route add default via fd00:244:{number}::1" : "");
        }
        else
        {
            node.Ip($"address add fe80::1/64 dev {host} nodad\nroute add 10.244.{number}.5 dev {host} scope link");
            node.Ip(_has6 ? $"route add fd00:244:{number}::5 dev {host}" : "");
            node.Late[$"ipv4/conf/{host}/proxy_arp"] = "1";
            pod.Ip($"""
                route add 169.254.1.1 dev eth0 scope link
                neigh add 169.254.1.1 dev eth0 lladdr {draft.Hardware(node.Name, host)} nud permanent
                route add default via 169.254.1.1 dev eth0
                """);
            pod.Ip(_has6 ? "route add default via fe80::1 dev eth0" : "");
        }

        draft.Facts.Add($"pod {name}");
        draft.Facts.UnionWith(_has6 ? [$"pod {name} 6"] : []);
    }

    private void AddTunnel(Draft draft, Place node, int number, string own, int peer, string there, string card)
    {
        string hardware = draft.Hardware(node.Name, "tunnel"), peers = draft.Hardware(node.Name == "node" ? "node2" : "node", "tunnel");
        int index = draft.NextIndex();
        node.Ip($"link add {_tunnel} index {index} address {hardware} mtu 1450 type vxlan id {(IsFlannel ? 1 : 4096)} local {own} dev {card} dstport {(IsFlannel ? 8472 : 4789)} nolearning");
        Draft.Raise(node, _tunnel, index);
        node.Ip($"""
            address add 10.244.{number}.0/32 dev {_tunnel}
            neigh add 10.244.{peer}.0 lladdr {peers} dev {_tunnel} nud permanent
            route add 10.244.{peer}.0/24 via 10.244.{peer}.0 dev {_tunnel} onlink
            """);
        if (_has6)
        {
            node.Ip($"""
                address add fd00:244:{number}::/128 dev {_tunnel} nodad
                neigh add fd00:244:{peer}:: lladdr {peers} dev {_tunnel} nud permanent
                route add fd00:244:{peer}::/64 via fd00:244:{peer}:: dev {_tunnel} onlink
                """);
        }

        node.Tunnels.Add(string.Create(CultureInfo.InvariantCulture, $"fdb append {peers} dev {_tunnel} dst {there}"));
    }
}
