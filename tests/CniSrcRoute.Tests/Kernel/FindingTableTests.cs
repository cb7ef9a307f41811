using System.Reflection;
using System.Text.Json;
using CniSrcRoute.Planning;
using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Marks;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What is found on a node: every row is a node where a finding is true, and beside it one where it nearly is.</summary>
public sealed class FindingTableTests
{
    private const string None = "{}";

    /// <summary>What needs more than a script, and the test that has both nodes.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        [FindingCode.RepliesTaken] = nameof(FindingTests.One_that_takes_none_is_nothing),
        [FindingCode.NetworkdUnaware] = nameof(FindingTests.Networkd_that_would_remove_our_rules_is_told),
        [FindingCode.FirewalldDrops] = nameof(FindingTests.Firewalld_that_drops_requests_is_told),
        [FindingCode.StepRefused] = nameof(A_step_that_the_kernel_refuses_is_told_by_the_watcher),

        // Not every kernel has VLANs and bonds, or the tables of iptables-legacy.
        [FindingCode.CalledLikePods] = "CardKindTests.A_card_that_leads_to_pods_by_its_name_alone_is_named",
        [FindingCode.MarkBitsUnknown] = nameof(LegacyMarkTests.Who_may_not_read_which_tables_there_are_is_told_so),
        [FindingCode.OwnConnectionDiverted] = nameof(FirstWritingTests.A_connection_that_its_program_has_bound_to_a_card_keeps_to_it_and_is_no_obstacle),
        [FindingCode.ReplyDiverted] = nameof(FirstWritingTests.Of_an_ordinary_nodes_connections_not_a_word_is_said),
    };

    /// <summary>The finding; configuration and script of the node where it is true, and of the one where it nearly is.</summary>
    public static TheoryData<string, string, string, string, string> Rows => new()
    {
        { "address-missing", Source("10.0.0.9"), "", Source("10.0.0.1"), "" },
        { "card-missing", Network("203.0.113.0/24", "eth9"), "", Network("203.0.113.0/24", "eth1"), "" },
        { "card-mismatch", Source("10.0.0.1", "\"card\": \"eth0\""), "", Source("10.0.0.1", "\"card\": \"eth1\""), "" },
        { "table-taken", Source("10.0.0.1", "\"table\": \"mine\""), Named(254), Source("10.0.0.1", "\"table\": \"mine\""), Named(252) },
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
        { "replies-untracked", None, Untracked("prerouting"), None, Untracked("postrouting") },
        { "mask-too-small", """{ "marks": { "mask": "0x3" } }""", "ip address add 172.16.0.1/24 dev eth1", """{ "marks": { "mask": "0x7" } }""", "ip address add 172.16.0.1/24 dev eth1" },
        { "reverse-path-strict", Filter("false"), Strict, Filter("true"), Strict },
        { "sysctl-origin", Filter("false"), Strict, Filter("false"), $"{Strict}; echo 1 >/proc/sys/net/ipv4/conf/all/src_valid_mark" },
        { "single-subnet", None, "ip address del 10.0.0.1/24 dev eth1", None, "" },
        { "no-marks", """{ "marks": false }""", "", None, "" },
        { "no-gateway", None, "", Source("10.0.0.1", "\"gateway\": \"10.0.0.254\""), "" },
        { "gateway-is-own", Source("10.0.0.1", "\"gateway\": \"10.0.0.1\""), "", Source("10.0.0.1", "\"gateway\": \"10.0.0.2\""), "" },
        { "gateway-is-none", Source("10.0.0.1", "\"gateway\": \"10.0.0.255\""), "", Source("10.0.0.1", "\"gateway\": \"10.0.0.254\""), "" },
        {
            "address-on-several-cards", None, "ip address add 198.51.100.9/32 dev eth0; ip address add 198.51.100.9/32 dev eth1",
            None, "ip address add 198.51.100.9/32 dev eth0; ip address add 198.51.100.9/32 dev lo"
        },
        { "card-without-address", None, "ip address flush dev eth1 scope global", None, "ip address flush dev eth1 scope global; ip link set eth1 down" },
        { "pods-unknown", None, "ip route add 10.254.3.0/24 via 192.168.1.103; rm /run/flannel/subnet.env", None, "ip route add 10.254.3.0/24 via 192.168.1.103" },
        { "udp-firewall", None, "iptables-nft -A INPUT -d 10.0.0.1 -p udp -j DROP", None, "iptables-nft -A INPUT -d 10.0.0.1 -p tcp -j DROP" },
        { "udp-servers", None, Udp("0.0.0.0"), None, Udp("10.0.0.1") },
        { "file-not-trusted", None, $"{Bootstrap}; chmod 666 {Names}", None, $"{Bootstrap}; chmod 644 {Names}" },
        { "not-confirmed", None, Unconfirmed, None, $"{Unconfirmed}; {Bootstrap}" },
        { "replies-misdirected", None, $"{Bootstrap}; ip rule add lookup main priority 1; {Request}", None, $"{Bootstrap}; {Request}" },
        { "networkd-outdated", None, $"{Networkd}; touch -h -d '1 hour ago' {Started}", None, $"{Networkd}; ln -sfn 2 {Started}" },
        { "networkd-outdated", None, $"{Networkd}; touch -d '1 hour' {DropIn}", None, $"{Networkd}; touch -h -d '1 hour ago' {Started}; echo >{DropIn}" },
        { "ipvs", None, "ip link add kube-ipvs0 type bridge", None, "ip link add kube-bridge type bridge" },
        { "not-in-conflist", None, Conflist("bridge"), None, Conflist("bridge\" }, { \"type\": \"srcroute") },
        {
            "conflist-not-read", None, $"{Conflist("flannel\" }, { \"type\": \"srcroute")}; {Multus}00-multus.conflist",
            None, $"{Conflist("flannel\" }, { \"type\": \"srcroute")}; {Multus}90-multus.conflist"
        },
    };

    /// <summary>What others than `status` find, or of others than root: the finding, its words, and the scripts that make the node and ask.</summary>
    public static TheoryData<string, string, string, string> Told => new()
    {
        { "marks-unknown", Code("marks-unknown"), Ask("--bounding-set=-all --inh-caps=-all"), Ask("--bounding-set=-all,+net_admin --inh-caps=-all") },
        {
            "not-adopted", "10.0.0.1 is left alone, since its table would lack \"default via 10.0.0.254 dev eth1 table 77",
            $"{Table}; ip rule add from 10.0.0.1 lookup 77; {Requirements.Binary} adopt --dry-run",
            $"{Table}; ip route del default table 77; ip rule add from 10.0.0.1 lookup 77; {Requirements.Binary} adopt --dry-run"
        },
        { "pod-card-unknown", "10.77.0.5 is reached by eth1, which is not known", Add("eth1"), Add("cni0") },
    };

    private static string Untracked(string hook) => $"nft 'table ip z {{ chain p {{ type filter hook {hook} priority raw; notrack; }}; }}'";

    private static string Bootstrap => $"{Requirements.Binary} bootstrap >/run/log";

    private static string Unconfirmed => $"{Requirements.Binary} bootstrap --confirm 1 >/run/log || :";

    private const string Names = "/etc/iproute2/rt_tables.d/srcroute.conf";

    // A neighbour on eth1 asks by eth0, and is refused.
    private const string Request = """
        ip -n lan address add 10.0.0.100/24 dev eth1
        ip -n lan address add 192.168.1.1/24 dev eth0
        ip netns exec lan socat - TCP:192.168.1.100:9,bind=10.0.0.100 </dev/null 2>/run/log || grep refused /run/log
        """;

    // As systemd has it: a link that is made when the service starts.
    private const string Started = "/run/systemd/units/invocation:systemd-networkd.service", DropIn = "/etc/systemd/networkd.conf.d/srcroute.conf";

    private const string Networkd = $"""
        mkdir -p /run/systemd/netif /run/systemd/units /etc/systemd/networkd.conf.d
        : >/run/systemd/netif/state
        printf '[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n' >{DropIn}
        ln -s 1 {Started}
        """;

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

    [KernelTheory]
    [MemberData(nameof(Told))]
    public void Others_tell_of_it_where_it_is_true_and_not_where_it_nearly_is(string code, string words, string script, string nearlyScript)
    {
        Assert.NotEmpty(code);
        Assert.Contains(words, Said(script), StringComparison.Ordinal);
        Assert.DoesNotContain(words, Said(nearlyScript), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_step_that_the_kernel_refuses_is_told_by_the_watcher()
    {
        // main's route is older than what makes its router one: it would not be taken again.
        Assert.Contains(Watched("ip address del 192.168.7.2/24 dev eth0"), line => line.Contains("trouble code=step-refused ", StringComparison.Ordinal));
        Assert.DoesNotContain(Watched(":"), line => line.Contains("trouble code=step-refused ", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_finding_has_its_row()
    {
        IEnumerable<string> codes = typeof(FindingCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetValue(null)!);
        Assert.Equal(codes.Order(), [.. Rows.Select(row => (string)row[0]).Concat(Told.Select(row => (string)row[0])).Concat(Elsewhere.Keys).Distinct().Order()]);
    }

    private static string Said(string script)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh($"install -m 755 {Requirements.Binary} /run/anybodys");
        Outcome outcome = node.Start(["sh", "-euc", script]).Finish();
        return outcome.Output + outcome.Error;
    }

    private static string[] Watched(string script)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh($"ip address add 192.168.7.2/24 dev eth0; ip route add 10.254.8.0/24 via 192.168.7.1; {script}");
        using var watcher = Watcher.Start(node);
        return watcher.Lines;
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

    private static string Named(int table) => $"echo '{table} mine' >/etc/iproute2/rt_tables";

    private static string Udp(string address) => $"""
        socat -u UDP-RECV:8053,bind={address} - </dev/null >/dev/null 2>&1 &
        until grep -q :1F75 /proc/net/udp; do kill -0 $!; done
        """;

    private static string Code(string code) => $"\"code\": \"{code}\"";

    private static string Ask(string privileges) => $"{Bootstrap}; setpriv {privileges} /run/anybodys status -o json";

    private static string Add(string card) => $$"""
        ip route add 10.77.0.5 dev {{card}}
        echo '{{Calls.Input(Calls.Result("10.77.0.5/24"))}}' | CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=/run/netns/a CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin {{Requirements.Binary}}
        """;

    private static string Network(string network, string card) => $$"""{ "sources": [{ "network": "{{network}}", "card": "{{card}}" }] }""";

    private static string Filter(string sets) => $$"""{ "marks": { "setSrcValidMark": {{sets}} } }""";

    private static string Marks(string value) =>
        $"echo 'table inet other {{ chain mine {{ type filter hook forward priority mangle; meta mark set {value}; }}; }}' | nft -f -";

    private static string Conflist(string type) =>
        $$"""mkdir -p /etc/cni/net.d; echo '{ "cniVersion": "1.0.0", "name": "pods", "plugins": [{ "type": "{{type}}" }] }' >/etc/cni/net.d/10-flannel.conflist""";
}
