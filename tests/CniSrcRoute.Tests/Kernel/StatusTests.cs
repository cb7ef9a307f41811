using System.Text.Json;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

public sealed class StatusTests
{
    [KernelFact]
    public void Dry_run_prints_the_plan_as_ip_commands_and_exits_2_then_0()
    {
        using Node node = Topology.TwoCards();
        string before = node.Snapshot();

        Outcome plan = node.Srcroute("sync --dry-run");
        Assert.Equal(2, plan.ExitStatus);
        Assert.Equal("""
            + names in /etc/iproute2/rt_tables.d/srcroute.conf
            + names in /etc/iproute2/rt_protos.d/srcroute.conf
            + ip route add 192.168.1.0/24 dev eth0 table 1000 protocol 206 scope link src 192.168.1.100
            + ip route add default via 192.168.1.1 dev eth0 table 1000 protocol 206
            + ip route add 10.0.0.0/24 dev eth1 table 1001 protocol 206 scope link src 10.0.0.1
            + ip rule add from all fwmark 0x40/0x7f lookup 254 priority 32764 protocol 206
            + ip rule add from all iif lo lookup 254 suppress_prefixlength 0 priority 32764 protocol 206
            + ip rule add from 192.168.1.100 iif lo lookup 1000 priority 32765 protocol 206
            + ip rule add from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206
            + ip rule add from all fwmark 0x20/0x7f lookup 1000 priority 501 protocol 206
            + ip rule add from all fwmark 0x60/0x7f lookup 1000 priority 501 protocol 206
            + ip rule add from all fwmark 0x21/0x7f lookup 1001 priority 501 protocol 206
            + ip rule add from all fwmark 0x61/0x7f lookup 1001 priority 501 protocol 206
            + ip rule add from all nop priority 502 protocol 206
            + ip rule add from all fwmark 0x0/0x7f goto 502 priority 500 protocol 206
            + ip rule add from all fwmark 0x40/0x40 iif lo goto 502 priority 500 protocol 206
            + ip rule add from all fwmark 0x20/0x7f iif eth0 goto 502 priority 500 protocol 206
            + ip rule add from all fwmark 0x21/0x7f iif eth1 goto 502 priority 500 protocol 206
            + nft -f - <<'END'

            """, plan.Output[..(plan.Output.IndexOf("<<'END'", StringComparison.Ordinal) + "<<'END'\n".Length)]);
        Assert.Equal(before, node.Snapshot());
        node.Srcroute("sync").Quietly();
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Dry_run_warns_of_what_sync_warns_of()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("""{ "marks": false }""");
        node.Ip("rule add from 192.168.1.100 lookup 77 priority 100\nlink set eth1 down");

        string warnings = node.Srcroute("sync --dry-run").Error;
        Assert.Contains("192.168.1.100: somebody else's rule", warnings, StringComparison.Ordinal);
        Assert.Contains("10.0.0.1 is not served", warnings, StringComparison.Ordinal);
        Assert.Equal(node.Srcroute("sync").Succeeded().Error, warnings);
    }

    [KernelFact]
    public void Status_for_machines_gives_every_finding_a_code_and_the_line_that_cures_it()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        node.Ip("link add name eth2 type veth peer name far2\naddress add 172.16.0.9/24 dev eth2");

        using var report = JsonDocument.Parse(node.Srcroute("status -o json").Output);
        JsonElement[] findings = [.. report.RootElement.GetProperty("findings").EnumerateArray()];
        JsonElement down = findings.Single(finding => finding.GetProperty("code").GetString() == "card-down");
        Assert.Equal("error", down.GetProperty("severity").GetString());
        Assert.Equal("172.16.0.9", down.GetProperty("subject").GetString());
        Assert.Equal("172.16.0.9 is not served: its card eth2 is down", down.GetProperty("sentence").GetString());
        JsonElement gateway = findings.Single(finding => finding.GetProperty("code").GetString() == "no-gateway");
        Assert.Equal("note", gateway.GetProperty("severity").GetString());
        node.Configure($"{{ {gateway.GetProperty("cure").GetString()!.Replace("ROUTER", "10.0.0.254", StringComparison.Ordinal)} }}");
        node.Srcroute("sync").Succeeded();
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.7", "10.0.0.1"));
    }

    [KernelFact]
    public void The_printed_plan_is_understood_by_ip_and_nft_and_does_the_same()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip("""
            nexthop add id 7 via 192.168.1.10 dev eth0
            route add 10.254.4.0/24 nexthop via 192.168.1.8 dev eth0 nexthop via 192.168.1.9 dev eth0 weight 3
            route add blackhole 203.0.113.0/24
            route add 198.51.100.0/24 via 192.168.1.3 mtu lock 1400 advmss 1300 initcwnd 20 rtt 40 rttvar 20 cwnd lock 10 ssthresh 9 reordering 5 hoplimit 9
            route add 198.51.101.0/24 via 192.168.1.3 rto_min 200 initrwnd 5 quickack 1 window 1000 features ecn congctl lock cubic fastopen_no_cookie 1
            route add 198.51.102.0/24 via 192.168.1.3 realm 5/16 src 192.168.1.100 protocol 33
            route add 10.254.6.0/24 dev cni0 tos 0x10
            route add 10.254.6.0/24 dev cni0 tos 0x1c realm 70000
            route add 10.254.7.0/24 dev cni0 scope 200
            route add 10.254.8.0/24 via inet6 2001:db8:1::7 dev eth0
            route add 10.254.9.0/24 nexthop via 192.168.1.8 dev eth0 realm 7 onlink nexthop dev cni0 weight 256
            route add 10.254.10.0/24 nhid 7
            route add fd00:254:0:6::/64 via 2001:db8:1::7 dev eth0 pref high hoplimit 9
            route add fd00:254:0:7::/64 from fd00:254:0:1::/64 dev cni0 pref low
            route add fd00:254:0:4::/64 nexthop via 2001:db8:1::8 dev eth0 nexthop via 2001:db8:1::9 dev eth0 weight 3
            """);
        node.Paste();

        // Only the names are left to write.
        Assert.EndsWith("names written\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
        node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public void Status_shows_every_source_with_card_gateway_table_and_rule()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        Outcome before = node.Srcroute("status");
        Assert.Equal(2, before.ExitStatus);
        Assert.StartsWith("not set up yet", before.Output, StringComparison.Ordinal);

        node.Srcroute("bootstrap").Quietly();
        Assert.StartsWith("""
            healthy

            SOURCE         CARD  GATEWAY      TABLE  NAME               RULE   MARK  ROUTES  COPIES  STATE
            192.168.1.100  eth0  192.168.1.1  1000   src-192.168.1.100  32765  0x20  2       2       ok
            10.0.0.1       eth1  -            1001   src-10.0.0.1       32765  0x21  1       2       ok

            pods: networks 10.254.0.0/16; cards cni0, flannel.1
            """, node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Pods_cards_are_counted_and_for_machines_named()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("""
            for i in 1 2 3; do
                ip link add veth1$i up type veth peer name pod1$i netns lan
                ip -n lan link set pod1$i up
                ip route add 10.254.1.1$i dev veth1$i scope host
            done
            """);
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal(
            "pods: networks 10.254.0.0/16; cards cni0, flannel.1, 4 pods' cards",
            Assert.Single(node.Srcroute("status").Quietly().Output.Split('\n'), line => line.StartsWith("pods: ", StringComparison.Ordinal)));
        using var document = JsonDocument.Parse(node.Srcroute("status -o json").Quietly().Output);
        Assert.Equal(
            ["cni0", "flannel.1", "veth0", "veth11", "veth12", "veth13"],
            document.RootElement.GetProperty("overlay").GetProperty("cards").EnumerateArray().Select(card => card.GetString()!).Order());
    }

    [KernelFact]
    public void A_conflist_that_does_not_name_the_plugin_is_told()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.WithPlugin().Sh("mkdir -p /etc/cni/net.d");
        node.Write("/etc/cni/net.d/10-flannel.conflist", """{ "name": "cbr0", "cniVersion": "0.3.1", "plugins": [{ "type": "flannel" }] }""");
        node.Srcroute("bootstrap").Quietly();
        string said = node.Srcroute("status").Quietly().Output;
        Assert.StartsWith("healthy, 1 warning\n", said, StringComparison.Ordinal);
        Assert.Contains("/etc/cni/net.d/10-flannel.conflist does not name the plugin, so nothing adds routes for new pods; `srcroute conflist add`", said, StringComparison.Ordinal);
        node.Srcroute("conflist add").Quietly();
        Assert.StartsWith("healthy\n", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void IPVS_is_told_by_its_device()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        Assert.DoesNotContain("IPVS", node.Srcroute("status").Output, StringComparison.Ordinal);
        node.Ip("link add kube-ipvs0 type bridge");
        Assert.Contains("kube-proxy runs in IPVS mode", node.Srcroute("status").Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Status_for_machines_is_JSON_that_tells_what_is_missing()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        using (var healthy = JsonDocument.Parse(node.Srcroute("status -o json").Quietly().Output))
        {
            Assert.True(healthy.RootElement.GetProperty("healthy").GetBoolean());
            Assert.Empty(healthy.RootElement.GetProperty("drift").EnumerateArray());
        }

        node.Ip("rule del from 10.0.0.1 iif lo lookup 1001 priority 32765");
        Outcome status = node.Srcroute("status -o json");
        Assert.Equal(2, status.ExitStatus);
        using var report = JsonDocument.Parse(status.Output);
        Assert.False(report.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Equal(
            "+ ip rule add from 10.0.0.1 iif lo lookup 1001 priority 32765 protocol 206",
            Assert.Single(report.RootElement.GetProperty("drift").EnumerateArray()).GetString());
        JsonElement source = report.RootElement.GetProperty("sources")[1];
        Assert.Equal("10.0.0.1", source.GetProperty("source").GetString());
        Assert.Equal("eth1", source.GetProperty("card").GetString());
        Assert.Equal(1001, source.GetProperty("table").GetInt32());
        Assert.False(source.GetProperty("rule").GetBoolean());
        Assert.Equal("drift", source.GetProperty("state").GetString());
        Assert.Equal(
            ["cni0", "flannel.1", "veth0"],
            report.RootElement.GetProperty("overlay").GetProperty("cards").EnumerateArray().Select(card => card.GetString()!).Order());
    }

    [KernelFact]
    public void A_card_without_a_gateway_is_noted_and_the_config_line_of_the_note_gives_it_one()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        string note = node.Srcroute("status").Quietly().Output;
        Assert.Contains(
            "10.0.0.1: card eth1 has no gateway of its own: replies to clients beyond 10.0.0.0/24 follow main's default route by another card; " +
            "to change that, put \"sources\": [{ \"address\": \"10.0.0.1\", \"gateway\": \"ROUTER\" }] into /etc/srcroute/config.json",
            note, StringComparison.Ordinal);
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "10.0.0.1"));

        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
        node.Srcroute("sync").Quietly();
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.7", "10.0.0.1"));
        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("203.0.113.7", "192.168.1.100"));
        Assert.DoesNotContain("no gateway", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }
}
