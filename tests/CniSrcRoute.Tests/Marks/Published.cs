using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Ports of the node that lead to pods, in the rules that Kubernetes' programs write for them.</summary>
internal static class Published
{
    /// <summary>hostPort of pod-a.</summary>
    public const int ByHostPort = 8080;

    /// <summary>NodePorts of pod-a: with externalTrafficPolicy Local, and Cluster, which masquerades.</summary>
    public const int Local = 30001, Cluster = 30002;

    /// <summary>A NodePort of pod-b, on the other node.</summary>
    public const int Elsewhere = 30003;

    /// <summary>NodePorts of a hostNetwork pod on this node, Cluster and Local, and of one on the other node.</summary>
    public const int HostNetwork = 30004, HostNetworkLocal = 30005, HostNetworkElsewhere = 30006;

    /// <summary>Ports of the external IPs, for pod-a: Cluster and Local.</summary>
    public const int External = 81, ExternalLocal = 82;

    private static readonly (int Port, bool Masquerade, string To4, string To6)[] NodePorts =
    [
        (Local, false, $"{Neighbourhood.PodA4}:80", $"[{Neighbourhood.PodA6}]:80"),
        (Cluster, true, $"{Neighbourhood.PodA4}:80", $"[{Neighbourhood.PodA6}]:80"),
        (Elsewhere, true, $"{Neighbourhood.PodB4}:80", $"[{Neighbourhood.PodB6}]:80"),
        (HostNetwork, true, "192.168.1.100:9080", "[2001:db8:1::100]:9080"),
        (HostNetworkLocal, false, "192.168.1.100:9080", "[2001:db8:1::100]:9080"),
        (HostNetworkElsewhere, true, "192.168.1.101:9080", "[2001:db8:1::101]:9080"),
    ];

    private static readonly (int Port, bool Masquerade)[] ExternalPorts = [(External, true), (ExternalLocal, false)];

    /// <summary>portmap's part of a conflist: hostPort of pod-a.</summary>
    public static readonly string Portmap = $$"""
        { "type": "portmap", "snat": true, "runtimeConfig": { "portMappings": [
            { "hostPort": {{ByHostPort}}, "containerPort": 80, "protocol": "tcp" }, { "hostPort": {{ByHostPort}}, "containerPort": 80, "protocol": "udp" }] } }
        """;

    /// <summary>kube-proxy's rules as it has them in iptables, and flannel's.</summary>
    /// <param name="node">The node.</param>
    /// <param name="variant">"nft" or "legacy".</param>
    public static void ByIptables(Node node, string variant)
    {
        foreach (bool is6 in (bool[])[false, true])
        {
            node.Start([$"ip{(is6 ? "6" : "")}tables-{variant}-restore", "--noflush"], Iptables(is6)).Finish().Succeeded();
        }
    }

    /// <summary>The same in nftables, with hostPort as portmap has it since its version 1.6.</summary>
    public static void ByNftables(Node node) =>
        node.Start(["nft", "-f", "-"], HostPortTable(false) + HostPortTable(true) + KubeProxyTables(false) + KubeProxyTables(true)).Finish().Succeeded();

    /// <summary>hostPort of pod-a as portmap has it since its version 1.6.</summary>
    public static string HostPortTable(bool is6)
    {
        string ip = is6 ? "ip6" : "ip";
        string pod = is6 ? Neighbourhood.PodA6 : Neighbourhood.PodA4;
        return $$"""
            table {{ip}} cni_hostport {
                chain hostports {
                    meta l4proto { tcp, udp } th dport {{ByHostPort}} dnat to {{(is6 ? $"[{pod}]" : pod)}}:80
                }
                chain input {
                    type nat hook prerouting priority -100;
                    fib daddr type local jump hostports
                }
                chain output {
                    type nat hook output priority -100;
                    fib daddr type local jump hostports
                }
                chain masquerading {
                    type nat hook postrouting priority 100;
                    {{ip}} saddr {{pod}} {{ip}} daddr {{pod}} masquerade
                }
            }

            """;
    }

    private static string Iptables(bool is6)
    {
        string network = is6 ? "fd00:254::/48" : "10.254.0.0/16";
        string own = is6 ? "fd00:254:0:1::/64" : "10.254.1.0/24";
        string multicast = is6 ? "ff00::/8" : "224.0.0.0/4";
        string[] protocols = ["tcp", "udp"];
        var services = from protocol in protocols
                       from port in NodePorts
                       select $"""
                           -A KUBE-NODEPORTS -p {protocol} --dport {port.Port} -j KUBE-EXT-{port.Port}-{protocol}
                           {(port.Masquerade ? $"-A KUBE-EXT-{port.Port}-{protocol} -j KUBE-MARK-MASQ" : "")}
                           -A KUBE-EXT-{port.Port}-{protocol} -p {protocol} -j DNAT --to-destination {(is6 ? port.To6 : port.To4)}
                           """;
        var externals = from protocol in protocols
                        from port in ExternalPorts
                        from address in is6
                            ? [Neighbourhood.External6, Neighbourhood.ExternalDmz6]
                            : (string[])[Neighbourhood.External4, Neighbourhood.ExternalDmz4]
                        select $"-A KUBE-SERVICES -d {address} -p {protocol} --dport {port.Port} -j KUBE-EXT-{(port.Masquerade ? Cluster : Local)}-{protocol}";
        var chains = from protocol in protocols
                     from port in NodePorts
                     select $":KUBE-EXT-{port.Port}-{protocol} - [0:0]";
        return $"""
            *nat
            :KUBE-SERVICES - [0:0]
            :KUBE-NODEPORTS - [0:0]
            :KUBE-MARK-MASQ - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :FLANNEL-POSTRTG - [0:0]
            {string.Join('\n', chains)}
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
            -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
            -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
            -A KUBE-POSTROUTING -j MASQUERADE --random-fully
            {string.Join('\n', externals)}
            -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
            {string.Join('\n', services)}
            -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN
            -A FLANNEL-POSTRTG -s {own} -d {network} -j RETURN
            -A FLANNEL-POSTRTG -s {network} -d {own} -j RETURN
            -A FLANNEL-POSTRTG ! -s {network} -d {own} -j RETURN
            -A FLANNEL-POSTRTG -s {network} ! -d {multicast} -j MASQUERADE --random-fully
            -A FLANNEL-POSTRTG ! -s {network} -d {network} -j MASQUERADE --random-fully
            COMMIT
            *filter
            :KUBE-FORWARD - [0:0]
            -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
            -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
            -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
            -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            COMMIT

            """.Replace("\n\n", "\n", StringComparison.Ordinal);
    }

    private static string KubeProxyTables(bool is6)
    {
        string ip = is6 ? "ip6" : "ip";
        string network = is6 ? "fd00:254::/48" : "10.254.0.0/16";
        string own = is6 ? "fd00:254:0:1::/64" : "10.254.1.0/24";
        string externals = string.Join(
            ", ", is6 ? [Neighbourhood.External6, Neighbourhood.ExternalDmz6] : (string[])[Neighbourhood.External4, Neighbourhood.ExternalDmz4]);
        var chains = NodePorts.Select(port => $$"""
                chain external-{{port.Port}} {
                    {{(port.Masquerade ? "jump mark-for-masquerade" : "")}}
                    meta l4proto { tcp, udp } dnat to {{(is6 ? port.To6 : port.To4)}}
                }
            """);
        var ports = NodePorts.SelectMany(port =>
            (string[])[$"tcp . {port.Port} : goto external-{port.Port}", $"udp . {port.Port} : goto external-{port.Port}"]);
        return $$"""
            table {{ip}} kube-proxy {
                map service-nodeports {
                    type inet_proto . inet_service : verdict
                    elements = { {{string.Join(", ", ports)}} }
                }
                chain mark-for-masquerade {
                    meta mark set meta mark | 0x4000
                }
            {{string.Join("\n", chains)}}
                chain services {
                    {{ip}} daddr { {{externals}} } meta l4proto { tcp, udp } th dport {{External}} goto external-{{Cluster}}
                    {{ip}} daddr { {{externals}} } meta l4proto { tcp, udp } th dport {{ExternalLocal}} goto external-{{Local}}
                    fib daddr type local meta l4proto . th dport vmap @service-nodeports
                }
                chain nat-prerouting {
                    type nat hook prerouting priority dstnat;
                    jump services
                }
                chain nat-output {
                    type nat hook output priority -100;
                    jump services
                }
                chain masquerading {
                    meta mark & 0x4000 == 0 return
                    meta mark set meta mark ^ 0x4000
                    masquerade fully-random
                }
                chain nat-postrouting {
                    type nat hook postrouting priority srcnat;
                    jump masquerading
                }
            }
            table {{ip}} flannel {
                chain postrtg {
                    type nat hook postrouting priority srcnat;
                    meta mark & 0x4000 == 0x4000 return
                    {{ip}} saddr {{own}} {{ip}} daddr {{network}} return
                    {{ip}} saddr {{network}} {{ip}} daddr {{own}} return
                    {{ip}} saddr != {{own}} {{ip}} daddr {{own}} return
                    {{ip}} saddr {{network}} {{ip}} daddr != {{(is6 ? "ff00::/8" : "224.0.0.0/4")}} masquerade fully-random
                    {{ip}} saddr != {{network}} {{ip}} daddr {{network}} masquerade fully-random
                }
            }

            """;
    }
}
