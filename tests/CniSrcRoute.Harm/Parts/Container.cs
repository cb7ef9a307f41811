using System.Globalization;

namespace CniSrcRoute.Harm.Parts;

/// <summary>A container on the node that is no pod: Docker's, LXC's, systemd-nspawn's, podman's, of libvirt, or of a pods' network that gives each a route.</summary>
internal sealed class Container(int number, Random random) : Part
{
    private static readonly string[] Bridges = ["docker0", "lxcbr0", "br-3f1c", "virbr0", "podman0", "mybridge"];
    private static readonly string[] Veths = ["ve-db", "vb-web", "azv1f3a", "gke12ab", "cali0a4166", "lxc9b21", "veth77aa", "eni5c2e", "net1", "tap12"];

    private readonly int _style = random.Next(4);
    private readonly string _bridge = Bridges[random.Next(Bridges.Length)];
    private readonly string _veth = Veths[random.Next(Veths.Length)];
    private readonly int _lan = random.Next(3);
    private readonly bool _masquerades = random.Next(2) == 0, _has6 = random.Next(2) == 0;

    private string Name => string.Create(CultureInfo.InvariantCulture, $"c{number}");

    public override void Build(Draft draft)
    {
        switch (_style)
        {
            case 0:
                OnBridge(draft);
                break;
            case 1:
                OnVeth(draft);
                break;
            case 2:
                Routed(draft);
                break;
            default:
                OnMacvlan(draft);
                break;
        }
    }

    public override string ToString() => _style switch
    {
        0 => $"{Name}: a container on the bridge {_bridge}{(_masquerades ? ", masqueraded" : "")}",
        1 => $"{Name}: a container behind the veth {_veth}, which has an address",
        2 => $"{Name}: a container with a route of its own to the veth {_veth}",
        _ => $"{Name}: a container on a macvlan of the card in lan{_lan}, and a shim for it",
    };

    private void OnBridge(Draft draft)
    {
        if (!draft.Facts.Add(_bridge))
        {
            return;
        }

        draft.PodCards.Add(_bridge);
        int index = draft.NextIndex();
        draft.Node.Ip($"link add {_bridge} index {index} address {draft.Hardware("node", _bridge)} type bridge mcast_snooping 0");
        Draft.Raise(draft.Node, _bridge, index, [$"172.17.{number}.1/24", .. _has6 ? (string[])[$"fd00:17:{number}::1/64"] : []]);
        Place container = draft.Add(Name, Role.Pod);
        draft.Join(draft.Node, $"v{Name}", container, "eth0", [$"172.17.{number}.2/24", .. _has6 ? (string[])[$"fd00:17:{number}::2/64"] : []]);
        draft.Node.Ip($"link set v{Name} master {_bridge}");
        container.Ip($"route add default via 172.17.{number}.1");
        container.Ip(_has6 ? $"route add default via fd00:17:{number}::1" : "");
        if (_masquerades)
        {
            draft.Node.Nftables.Add($"table ip {Name} {{ chain post {{ type nat hook postrouting priority srcnat; ip saddr 172.17.{number}.0/24 oifname != {_bridge} masquerade; }}; }}");
        }
    }

    private void OnVeth(Draft draft)
    {
        if (!draft.Facts.Add(_veth))
        {
            return;
        }

        draft.PodCards.Add(_veth);
        Place container = draft.Add(Name, Role.Pod);
        draft.Join(draft.Node, _veth, container, "host0", $"192.168.{77 + number}.2/28");
        Draft.Address(draft.Node, _veth, $"192.168.{77 + number}.1/28");
        container.Ip($"route add default via 192.168.{77 + number}.1");
    }

    private void Routed(Draft draft)
    {
        if (!draft.Facts.Add(_veth))
        {
            return;
        }

        draft.PodCards.Add(_veth);
        Place container = draft.Add(Name, Role.Pod);
        string own = $"10.244.1.{200 + number}";
        draft.Join(draft.Node, _veth, container, "eth0", [$"{own}/32", .. _has6 ? (string[])[$"fd00:244:1::{200 + number}/128"] : []]);
        draft.Node.Ip($"address add fe80::1/64 dev {_veth} nodad\nroute add {own} dev {_veth} scope link");
        container.Ip($"""
            route add 169.254.1.1 dev eth0 scope link
            neigh add 169.254.1.1 dev eth0 lladdr {draft.Hardware("node", _veth)} nud permanent
            route add default via 169.254.1.1 dev eth0
            """);
        draft.Node.Late[$"ipv4/conf/{_veth}/proxy_arp"] = "1";
        if (_has6)
        {
            draft.Node.Ip($"route add fd00:244:1::{200 + number} dev {_veth}");
            container.Ip("route add default via fe80::1 dev eth0");
        }
    }

    private void OnMacvlan(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is not { IsSubnet: true, Own4: not null } uplink || !draft.Facts.Add($"macvlan {_lan}"))
        {
            return;
        }

        draft.PodCards.Add($"shim{number}");
        Place container = draft.Add(Name, Role.Pod);
        int index = draft.NextIndex(), shim = draft.NextIndex();
        string host = Lan.Ipv4(_lan, 210 + number);
        draft.Node.Ip($"""
            link add mv{Name} index {index} link {uplink.Card} address {draft.Hardware(Name, "eth0")} type macvlan mode bridge
            link set mv{Name} netns {Name} name eth0
            link add shim{number} index {shim} link {uplink.Card} address {draft.Hardware("node", "shim")} type macvlan mode bridge
            """);
        // Else both cards answer who asks for either address, and the quicker one is another each time.
        foreach (string card in (string[])[uplink.Card, $"shim{number}"])
        {
            draft.Node.Late[$"ipv4/conf/{card}/arp_ignore"] = "1";
            draft.Node.Late[$"ipv4/conf/{card}/arp_announce"] = "2";
        }

        Draft.Raise(container, "eth0", index, $"{host}/24");
        Draft.Raise(draft.Node, $"shim{number}", shim, $"{Lan.Ipv4(_lan, 200 + number)}/32");
        draft.Node.Ip($"route add {host} dev shim{number}");
        container.Ip(uplink.Via4 is null ? "" : $"route add default via {Lan.Ipv4(_lan, 1)}");
    }
}
