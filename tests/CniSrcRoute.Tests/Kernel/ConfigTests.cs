using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What the configuration can say, and what it does then.</summary>
public sealed class ConfigTests
{
    [KernelFact]
    public void Explicit_sources_get_their_card_gateway_table_and_routes()
    {
        using Node node = Topology.TwoCardsDual().WithFlannel();
        node.Configure("""
            {
              // Comments and trailing commas are allowed.
              "sources": [
                {
                  "address": "10.0.0.1", "card": "eth1", "gateway": "10.0.0.254", "table": 5000,
                  "routes": [
                    { "to": "172.16.0.0/12", "via": "10.0.0.9", "metric": 7, "mtu": 1400 },
                    { "to": "198.51.100.0/24" },
                  ],
                },
                { "address": "2001:db8:2::1", "gateway": "2001:db8:2::2", "table": "uplink6", "routes": [{ "to": "2001:db8:9::/48", "via": "2001:db8:2::9" }], },
              ],
              "discover": false, /* nothing else */
            }
            """);
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("""
            default via 10.0.0.254 dev eth1 proto srcroute
            10.0.0.0/24 dev eth1 proto srcroute scope link src 10.0.0.1
            throw 10.254.0.0/16 proto srcroute metric 4294967295
            10.254.1.0/24 dev cni0 proto srcroute scope link src 10.254.1.1 metric *
            10.254.2.0/24 via 10.254.2.0 dev flannel.1 proto srcroute metric * onlink
            172.16.0.0/12 via 10.0.0.9 dev eth1 proto srcroute metric 7 mtu 1400
            198.51.100.0/24 dev eth1 proto srcroute scope link
            """, node.Table("5000"));
        Assert.Equal("""
            2001:db8:2::/64 dev eth1 proto srcroute metric 256 pref medium
            2001:db8:9::/48 via 2001:db8:2::9 dev eth1 proto srcroute metric 1024 pref medium
            fe80::/64 dev eth1 proto srcroute metric 256 pref medium
            default via 2001:db8:2::2 dev eth1 proto srcroute metric 1024 pref medium
            """, node.Table6("uplink6"));
        Assert.Equal(18, node.Sh("ip rule; ip -6 rule").Split("proto srcroute").Length - 1);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_network_as_a_source_covers_every_address_in_it()
    {
        using Node node = Topology.TwoCards();
        node.Ip("address add 192.168.1.101/24 dev eth0");
        node.Configure("""{ "sources": [{ "network": "192.168.1.0/24" }] }""");
        node.Srcroute("bootstrap").Quietly();

        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.0/24"));
        Assert.Contains("from 192.168.1.0/24 iif lo lookup src-192.168.1.0/24 proto srcroute", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal(2, node.Sh("ip rule | grep 'from [0-9]'").Split("proto srcroute").Length - 1);
    }

    [KernelFact]
    public void Overlay_cards_and_networks_can_be_named_where_nobody_else_tells_them()
    {
        using Node node = Topology.TwoCardsDual();
        node.AddCard("pods0");
        node.AddCard("ordinary");
        node.Ip("""
            route add 10.244.1.0/24 dev pods0
            route add 10.99.0.0/24 dev ordinary
            route add 10.100.3.0/24 via 192.168.1.7
            route add fd00:99::/64 dev pods0
            """);
        node.Configure("""{ "overlay": { "cards": ["pods*"], "networks": ["10.100.0.0/16", "fd00:99::/48"] } }""");
        node.Srcroute("bootstrap").Quietly();

        string table = node.Table("src-10.0.0.1");
        Assert.Contains("10.244.1.0/24 dev pods0", table, StringComparison.Ordinal);
        Assert.Contains("10.100.3.0/24 via 192.168.1.7 dev eth0", table, StringComparison.Ordinal);
        Assert.Contains("throw 10.100.0.0/16", table, StringComparison.Ordinal);
        Assert.DoesNotContain("ordinary", table, StringComparison.Ordinal);
        Assert.Contains("fd00:99::/64 dev pods0", node.Table6("src-2001:db8:2::1"), StringComparison.Ordinal);
        Assert.Contains("throw fd00:99::/48", node.Table6("src-2001:db8:2::1"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Priority_and_the_first_table_can_be_chosen_and_changed_later()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("""{ "rulePriority": 1234, "tableBase": 70000 }""");
        node.Srcroute("sync").Quietly();
        Assert.Contains("1234:\tfrom 192.168.1.100 iif lo lookup src-192.168.1.100 proto srcroute", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.DoesNotContain("32765:", node.Sh("ip rule"), StringComparison.Ordinal);

        // Numbers stay while their sources are there.
        Assert.Equal(node.Table("1000"), node.Table("src-192.168.1.100"));
        node.Srcroute("teardown").Quietly();
        node.Srcroute("bootstrap").Quietly();
        Assert.Contains("default via 192.168.1.1 dev eth0", node.Table("70000"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_table_that_is_changed_in_the_config_is_moved()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("""{ "sources": [{ "address": "192.168.1.100", "table": 5000 }] }""");

        node.Srcroute("sync").Quietly();
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
        Assert.Contains("default via 192.168.1.1", node.Table("5000"), StringComparison.Ordinal);
        Assert.DoesNotContain("table 1000", node.Sh("ip route show table all"), StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_table_name_that_the_node_knows_is_that_table()
    {
        using Node node = Topology.TwoCards();
        node.Sh("mkdir -p /etc/iproute2/rt_tables.d; echo '321 uplink' >/etc/iproute2/rt_tables.d/site.conf");
        node.Configure("""{ "sources": [{ "address": "192.168.1.100", "table": "uplink" }] }""");

        node.Srcroute("bootstrap").Quietly();
        Assert.Contains("default via 192.168.1.1 dev eth0 proto srcroute", node.Table("321"), StringComparison.Ordinal);
        Assert.Contains("from 192.168.1.100 iif lo lookup uplink proto srcroute", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.DoesNotContain("321", node.Sh("cat /etc/iproute2/rt_tables.d/srcroute.conf"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Another_config_file_can_be_named()
    {
        using Node node = Topology.TwoCards();
        node.Write("/run/other.json", """{ "sources": [{ "address": "10.0.0.1" }], "discover": false }""");

        node.Srcroute("bootstrap --config /run/other.json").Quietly();
        Assert.DoesNotContain("from 192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Contains("from 10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
    }
}
