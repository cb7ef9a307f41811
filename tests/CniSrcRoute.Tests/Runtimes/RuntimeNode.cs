using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>A node with two cards and flannel's overlay, and all that the runtimes read and write, in memory of its own.</summary>
internal static class RuntimeNode
{
    // Remembers from whom to whom, and by which card, packets of the port left the node.
    private const string Witness = """
        table inet witness {
            set seen4 { typeof ip saddr . ip daddr . oifname; flags dynamic; size 1024; }
            set seen6 { typeof ip6 saddr . ip6 daddr . oifname; flags dynamic; size 1024; }
            chain leaving {
                type filter hook postrouting priority 300;
                meta l4proto { tcp, udp } th dport 7 jump remember
                meta l4proto { tcp, udp } th sport 7 jump remember
            }
            chain remember {
                add @seen4 { ip saddr . ip daddr . oifname }
                add @seen6 { ip6 saddr . ip6 daddr . oifname }
            }
        }
        """;

    /// <summary>Builds it. The program under test is in /opt/cni/bin.</summary>
    public static Node Create()
    {
        Assert.True(RuntimeTheoryAttribute.Missing is null, RuntimeTheoryAttribute.Missing);
        Node node = Topology.TwoCardsDual().WithOverlayDual();
        node.Ip("""
            route add default via 10.0.0.254 metric 100
            route add default via 2001:db8:2::2 metric 2048
            """);
        node.Sh($$"""
            ip -n lan address add 192.168.1.1/24 dev eth0
            ip -n lan address add 10.0.0.254/24 dev eth1
            mkdir /etc/iproute2/rt_tables.d /etc/iproute2/rt_protos.d
            # Neighbours are asked for from a link-local address: the bridge gets one by itself, as on other nodes.
            echo 0 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
            cp {{Requirements.Binary}} /run/srcroute-on-trial
            . {{Requirements.Runtimes}}
            furnish
            mv /run/srcroute-on-trial /opt/cni/bin/srcroute
            mkdir -p {{Runtime.Root}}/bin
            cp "$(command -v busybox)" {{Runtime.Root}}/bin
            for applet in sh sleep; do ln -s busybox {{Runtime.Root}}/bin/$applet; done
            """);
        node.Start(["nft", "-f", "-"], Witness).Finish().Quietly();
        return node;
    }

    /// <summary>Writes the conflist: the plugin of a chain, portmap, and srcroute behind.</summary>
    /// <param name="node">The node.</param>
    /// <param name="version">The list's cniVersion.</param>
    /// <param name="chain">"bridge" for IPv4, "dual" for both families, or "ptp", with its route for every pod.</param>
    public static void WriteConflist(this Node node, string version, string chain)
    {
        const string Range4 = """[{ "subnet": "10.254.1.0/24" }]""", Range6 = """[{ "subnet": "fd00:254:0:1::/64" }]""";
        (string ranges, string routes) = chain switch
        {
            "bridge" => (Range4, """{ "dst": "10.254.0.0/16" }"""),
            "dual" => ($"{Range4}, {Range6}", """{ "dst": "10.254.0.0/16" }, { "dst": "fd00:254::/48" }"""),
            _ => (Range4, """{ "dst": "0.0.0.0/0" }"""),
        };
        string first = chain == "ptp" ? "\"type\": \"ptp\"" : """ "type": "bridge", "bridge": "cni0", "isGateway": true, "isDefaultGateway": true, "hairpinMode": true""";
        node.Write("/etc/cni/net.d/10-cbr0.conflist", $$"""
            { "cniVersion": "{{version}}", "name": "cbr0", "plugins": [
              { {{first}}, "ipam": { "type": "host-local", "ranges": [{{ranges}}], "routes": [{{routes}}] } },
              { "type": "portmap", "capabilities": { "portMappings": true } },
              { "type": "srcroute" }
            ] }
            """);
    }

    /// <summary>Whom packets of port 7 have left the node for, a line each: source, destination and card. Forgets them then.</summary>
    public static string[] Seen(this Node node) => node.Sh("""
        for set in seen4 seen6; do
            nft -j list set inet witness $set | jq -r '.nftables[].set.elem // [] | .[].concat | join(" ")'
            nft flush set inet witness $set
        done
        """).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All that `teardown` has to leave as it was: routing, and the files in the program's reach.</summary>
    public static string SnapshotWithFiles(this Node node) =>
        node.Snapshot()
        // The lock is never removed: whoever waits for it would wait for a file that is gone.
        + node.Sh("find /etc/iproute2 /etc/srcroute /opt/cni /run/srcroute ! -path /run/srcroute/lock ! -path /run/srcroute 2>/dev/null | sort || :");
}
