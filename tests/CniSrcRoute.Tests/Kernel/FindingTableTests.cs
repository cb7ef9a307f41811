using System.Text.Json;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What `status` finds: every row is a node where a finding is true, and beside it one where it nearly is.</summary>
public sealed class FindingTableTests
{
    private const string None = "{}";

    /// <summary>The finding; configuration and script of the node where it is true, and of the one where it nearly is.</summary>
    public static TheoryData<string, string, string, string, string> Rows => new()
    {
        { "address-missing", Source("10.0.0.9"), "", Source("10.0.0.1"), "" },
        { "card-missing", Network("203.0.113.0/24", "eth9"), "", Network("203.0.113.0/24", "eth1"), "" },
        { "card-mismatch", Source("10.0.0.1", "\"card\": \"eth0\""), "", Source("10.0.0.1", "\"card\": \"eth1\""), "" },
        { "table-not-extended", Extend, Table, Extend, $"{Table}; ip rule add from 10.0.0.1 lookup 77" },
        {
            "extended-table-lacks-route", Extend, "ip route add default via 10.0.0.254 table 77; ip rule add from 10.0.0.1 lookup 77",
            Extend, $"{Table}; ip rule add from 10.0.0.1 lookup 77"
        },
        { "card-down", None, "ip link set eth1 down", None, "ip -n lan link set eth1 down" },
        { "no-carrier", None, "ip -n lan link set eth1 down", None, "ip -n lan link set eth1 down; ip -n lan link set eth1 up" },
        { "no-route", None, "ip route del 10.0.0.0/24 dev eth1", None, "ip route change 10.0.0.0/24 dev eth1" },
        {
            "route-taken", None, $"{Bootstrap}; ip route del 10.0.0.0/24 table 1001; ip route add 10.0.0.0/24 via 10.0.0.77 table 1001",
            None, $"{Bootstrap}; ip route add 10.0.7.0/24 via 10.0.0.77 table 1001"
        },
        { "arp-flux", None, Twin, None, $"{Twin}; echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore" },
        { "arp-flux", None, Twin, None, $"{Twin}; for card in eth1 eth2; do echo 1 >/proc/sys/net/ipv4/conf/$card/arp_ignore; done" },
        {
            "foreign-mark-rule", None, $"{Table}; ip rule add fwmark 0x1000/0x1000 lookup 77",
            None, $"{Table}; ip route add 10.254.1.0/24 dev cni0 table 77; ip route add 10.254.2.0/24 dev flannel.1 table 77; ip rule add fwmark 0x1000/0x1000 lookup 77"
        },
        { "foreign-rule", None, $"{Table}; ip rule add from 10.0.0.1 lookup 77", None, $"{Table}; ip rule add from 10.0.0.2 lookup 77" },
        { "foreign-rule", None, $"{Table}; ip rule add from 10.0.0.1 lookup 77", None, $"{Table}; ip rule add from 10.0.0.1 iif eth0 lookup 77" },
        { "mark-bits-shared", None, Marks("0x1"), None, Marks("meta mark or 0x100") },
        { "mask-too-small", """{ "marks": { "mask": "0x3" } }""", "ip address add 172.16.0.1/24 dev eth1", """{ "marks": { "mask": "0x7" } }""", "ip address add 172.16.0.1/24 dev eth1" },
        { "reverse-path-strict", Filter("false"), Strict, Filter("true"), Strict },
        { "single-subnet", None, "ip address del 10.0.0.1/24 dev eth1", None, "" },
        { "no-marks", """{ "marks": false }""", "", None, "" },
        { "no-gateway", None, "", Source("10.0.0.1", "\"gateway\": \"10.0.0.254\""), "" },
        { "gateway-is-own", Source("10.0.0.1", "\"gateway\": \"10.0.0.1\""), "", Source("10.0.0.1", "\"gateway\": \"10.0.0.2\""), "" },
        {
            "address-on-several-cards", None, "ip address add 198.51.100.9/32 dev eth0; ip address add 198.51.100.9/32 dev eth1",
            None, "ip address add 198.51.100.9/32 dev eth0; ip address add 198.51.100.9/32 dev lo"
        },
        { "card-without-address", None, "ip address flush dev eth1 scope global", None, "ip address flush dev eth1 scope global; ip link set eth1 down" },
        { "pods-unknown", None, "ip route add 10.254.3.0/24 via 192.168.1.103; rm /run/flannel/subnet.env", None, "ip route add 10.254.3.0/24 via 192.168.1.103" },
        { "ipvs", None, "ip link add kube-ipvs0 type bridge", None, "ip link add kube-bridge type bridge" },
        { "not-in-conflist", None, Conflist("bridge"), None, Conflist("bridge\" }, { \"type\": \"srcroute") },
        {
            "conflist-not-read", None, $"{Conflist("flannel\" }, { \"type\": \"srcroute")}; {Multus}00-multus.conflist",
            None, $"{Conflist("flannel\" }, { \"type\": \"srcroute")}; {Multus}90-multus.conflist"
        },
    };

    private static string Bootstrap => $"{Requirements.Binary} bootstrap >/run/log";

    private const string Extend = """{ "extend": [77] }""";
    private const string Table = "ip route add 10.0.0.0/24 dev eth1 table 77; ip route add default via 10.0.0.254 table 77";
    private const string Multus = """echo '{ "cniVersion": "1.0.0", "name": "several", "plugins": [{ "type": "multus" }] }' >/etc/cni/net.d/""";
    private const string Twin = "ip link add eth2 index 90 up type veth peer name eth2 index 190 netns lan; ip -n lan link set eth2 up; ip address add 10.0.0.2/24 dev eth2";
    private const string Strict = "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter";

    [KernelTheory]
    [MemberData(nameof(Rows))]
    public void It_is_told_where_it_is_true_and_not_where_it_nearly_is(string code, string config, string script, string nearlyConfig, string nearlyScript)
    {
        Assert.Contains(code, Findings(config, script));
        Assert.DoesNotContain(code, Findings(nearlyConfig, nearlyScript));
    }

    private static List<string> Findings(string config, string script)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure(config);
        node.Sh(script);
        Outcome status = node.Srcroute("status -o json");
        Assert.Equal("", status.Error);
        return [.. JsonDocument.Parse(status.Output).RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("code").GetString()!)];
    }

    private static string Source(string address, string more = "") => $$"""{ "sources": [{ "address": "{{address}}"{{(more.Length > 0 ? $", {more}" : "")}} }] }""";

    private static string Network(string network, string card) => $$"""{ "sources": [{ "network": "{{network}}", "card": "{{card}}" }] }""";

    private static string Filter(string sets) => $$"""{ "marks": { "setSrcValidMark": {{sets}} } }""";

    private static string Marks(string value) =>
        $"echo 'table inet other {{ chain mine {{ type filter hook forward priority mangle; meta mark set {value}; }}; }}' | nft -f -";

    private static string Conflist(string type) =>
        $$"""mkdir -p /etc/cni/net.d; echo '{ "cniVersion": "1.0.0", "name": "pods", "plugins": [{ "type": "{{type}}" }] }' >/etc/cni/net.d/10-flannel.conflist""";
}
