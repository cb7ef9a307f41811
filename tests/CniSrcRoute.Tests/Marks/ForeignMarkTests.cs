using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Marks of others on packets and connections survive ours, and ours leave nothing behind on the wire's side of the node.</summary>
public sealed class ForeignMarkTests
{
    // kube-proxy's 0x4000 and 0x8000, portmap's 0x2000, Calico's and Cilium's upper half; on connections Tailscale's and others'.
    private const string Others = """
        table inet others {
            counter forwarded { }
            counter forwarded-whole { }
            counter left { }
            counter left-whole { }
            counter left-marked { }
            chain prerouting {
                type filter hook prerouting priority -150;
                meta mark set meta mark | 0xabcde000
                ct mark set ct mark | 0x00ff0000
            }
            chain forward {
                type filter hook forward priority 0;
                ct status dnat counter name forwarded
                ct status dnat meta mark & 0xffffff80 == 0xabcde000 ct mark & 0xffffff80 == 0x00ff0000 counter name forwarded-whole
            }
            chain postrouting {
                type filter hook postrouting priority 300;
                ct status dnat counter name left
                ct status dnat meta mark & 0xffffff80 == 0xabcde000 counter name left-whole
                meta l4proto { tcp, udp } meta mark & 0x7f != 0 counter name left-marked
            }
        }
        """;

    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task They_survive_ours_and_a_requests_mark_is_gone_behind_the_node(int filter)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Start(["nft", "-f", "-"], Others + "\n" + Published.HostPortTable(is6: false) + Published.HostPortTable(is6: true)).Finish().Succeeded();
        place.Node.Srcroute("bootstrap").Quietly();
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, [.. Flow.Of(ipv6: false), .. Flow.Of(ipv6: true)]);

        // Until nothing is on its way any more: they are not read all at once.
        string counters = "";
        Assert.True(SpinWait.SpinUntil(() => counters == (counters = place.Node.Sh("nft list counters table inet others")), Job.Patience), counters);
        int Count(string name) =>
            int.Parse(Regex.Match(counters, $@"counter {name} {{\s+packets (\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Count("forwarded") > 100, counters);
        Assert.Equal(Count("forwarded"), Count("forwarded-whole"));
        Assert.True(Count("left") > 100, counters);
        Assert.Equal(Count("left"), Count("left-whole"));

        // No tunnel is led by one.
        Assert.Equal(0, Count("left-marked"));
    }

    // As `-m mark --mark 0x100` does, and `meta mark 0x100`.
    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_filter_that_asks_for_a_whole_mark_lets_pass_what_it_did(int filter)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Sh($$"""
            nft 'table inet others {
                chain prerouting { type filter hook prerouting priority -150; meta mark set meta mark | 0x100; }
                chain input { type filter hook input priority 0; tcp dport {{Neighbourhood.HostPort}} meta mark != 0x100 drop; }
                chain forward { type filter hook forward priority 0; ct status dnat ct direction original meta mark != 0x100 drop; }
            }'
            """);
        await AssertAnsweredTwiceAsync(place);

        place.Node.Srcroute("bootstrap").Quietly();
        await AssertAnsweredTwiceAsync(place);
    }

    // NetBird's marks have some of our bits.
    [KernelTheory]
    [InlineData(0x1bd20)]
    [InlineData(0x1bd21)]
    [InlineData(0x1bd40)]
    public void What_others_mark_with_our_bits_among_theirs_keeps_its_mark(int mark)
    {
        using var place = new Neighbourhood();
        place.Node.Sh($$"""
            ip -n client route add 192.168.1.101 via {{Neighbourhood.Dmz4}}
            ip -n client route add 2001:db8:1::101 via {{Neighbourhood.Dmz6}}
            nft 'table inet others {
                counter whole { }
                chain prerouting { type filter hook prerouting priority -150; iifname eth1 udp dport 4321 meta mark set {{mark}}; }
                chain forward { type filter hook forward priority 0; meta mark {{mark}} counter name whole; }
            }'
            """);
        Assert.Equal(6, Count());
        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.Equal(12, Count());

        int Count()
        {
            foreach (string address in (string[])["192.168.1.101", "2001:db8:1::101"])
            {
                Send(place.Node.Network("client"), address, 4321, 3);
            }

            place.Node.Await("nft list counter inet others whole | grep -o 'packets [1-9][0-9]*'");
            string counted = "";
            Assert.True(SpinWait.SpinUntil(() => counted == (counted = place.Node.Sh("nft list counter inet others whole")), Job.Patience), counted);
            return int.Parse(Regex.Match(counted, "packets (\\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    // A VPN for one user, say, whose questions are translated to its own name server.
    [KernelTheory]
    [InlineData(0x1)]
    [InlineData(0x40)]
    [InlineData(0x100)]
    public void What_the_node_opens_and_others_mark_and_translate_asks_their_rule(int mark)
    {
        using var place = new Neighbourhood();
        place.Node.Sh($$"""
            ip route add default via 10.0.0.254 table 200
            ip rule add fwmark {{mark}} lookup 200
            nft 'table ip others {
                chain marked { type route hook output priority -150; ip daddr 192.0.2.53 meta mark set {{mark}}; }
                chain translated { type nat hook output priority -100; ip daddr 192.0.2.53 dnat to 203.0.113.7; }
            }'
            """);
        Assert.Equal(["eth1 fe"], WaysOfTranslated(place));
        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.Equal(["eth1 fe"], WaysOfTranslated(place));
    }

    // A program's traffic by its user, say, which a filter lets out by its mark.
    [KernelTheory]
    [InlineData(0x1)]
    [InlineData(0x41)]
    public void What_the_node_opens_and_others_mark_and_translate_keeps_its_mark(int mark)
    {
        using var place = new Neighbourhood();
        place.Node.Sh($$"""
            nft 'table ip others {
                chain marked { type route hook output priority -150; ip daddr 192.0.2.53 meta mark set {{mark}}; }
                chain translated { type nat hook output priority -100; ip daddr 192.0.2.53 dnat to 203.0.113.7; }
                chain filter { type filter hook output priority 0; ip daddr 203.0.113.7 meta mark != {{mark}} drop; }
            }'
            """);
        string[] before = WaysOfTranslated(place);
        Assert.NotEmpty(before);
        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.Equal(before, WaysOfTranslated(place));
    }

    // A first packet is looked at by other rules than those behind it.
    private static async Task AssertAnsweredTwiceAsync(Neighbourhood place)
    {
        foreach (string address in (string[])[Neighbourhood.Dmz4, Neighbourhood.Dmz6])
        {
            foreach (int port in (int[])[Neighbourhood.HostPort, Published.ByHostPort])
            {
                using Client client = place.Open("client", address, port);
                Assert.NotNull(await client.AskAsync());
                Assert.NotNull(await client.AskAsync());
            }
        }
    }

    /// <summary>The ways of what the node sends to an address that is translated.</summary>
    private static string[] WaysOfTranslated(Neighbourhood place)
    {
        place.Forget();
        Send(place.Node.Network(), "192.0.2.53", 5353, 3);
        return [.. place.Sent().Where(packet => packet.DestinationPort == 5353).Select(packet => packet.Way).Distinct()];
    }

    private static void Send(NetworkNamespace network, string address, int port, int count)
    {
        var to = new IPEndPoint(IPAddress.Parse(address), port);
        using Socket socket = network.In(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        for (int i = 0; i < count; i++)
        {
            _ = socket.SendTo([0], to);
        }
    }

    // Classes of tc by mark, as every handbook has them.
    [KernelTheory]
    [InlineData("POSTROUTING", Neighbourhood.HostPort)]
    [InlineData("POSTROUTING", Published.ByHostPort)]
    [InlineData("FORWARD", Published.ByHostPort)]
    public async Task A_mark_that_others_give_to_replies_reaches_the_card(string chain, int port)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh($$"""
            iptables-nft -t mangle -A {{chain}} -m conntrack --ctdir REPLY -j MARK --set-mark 10
            nft 'table inet seen { chain postrouting { type filter hook postrouting priority 300; oifname "eth*" ct direction reply meta mark != 10 counter; }; }'
            """);

        // The control: without us the gateway takes no reply that goes another way.
        Flow[] flows = Flow.Of(ipv6: false);
        await AskAsync(flows.Where(flow => flow.Way == flow.UsualWay));
        place.Node.Srcroute("bootstrap").Quietly();
        await AskAsync(flows);

        async Task AskAsync(IEnumerable<Flow> asked)
        {
            foreach (Flow flow in asked)
            {
                using Client client = place.Open(flow.From, flow.To, port);
                Assert.NotNull(await client.AskAsync());
            }

            Assert.Contains("counter packets 0 ", place.Node.Sh("nft list table inet seen"), StringComparison.Ordinal);
        }
    }

    // By IPv6, and where rp_filter is strict, requests have marks of ours until they are routed.
    [KernelTheory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task A_small_mark_by_which_a_firewall_lets_requests_in_is_left_to_it(bool ipv6, int filter)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.Node.Sh($$"""
            for card in all eth0 eth1; do echo {{filter}} >/proc/sys/net/ipv4/conf/$card/rp_filter; done
            ip{{(ipv6 ? "6" : "")}}tables-nft -t mangle -A PREROUTING -i eth+ -p tcp -j MARK --set-mark 1
            ip{{(ipv6 ? "6" : "")}}tables-nft -A INPUT -i eth+ -p tcp -m mark ! --mark 1 -j DROP
            """);

        // The control: from the links of the cards, whose requests a strict filter takes as well.
        await AskAsync();
        place.Node.Srcroute("bootstrap").Quietly();
        await AskAsync();

        async Task AskAsync()
        {
            foreach ((string from, string to) in ((string, string)[])[("client", ipv6 ? Neighbourhood.Dmz6 : Neighbourhood.Dmz4), ("node2", ipv6 ? Neighbourhood.Office6 : Neighbourhood.Office4)])
            {
                using Client client = place.Open(from, to, Neighbourhood.HostPort);
                Assert.NotNull(await client.AskAsync());
                Assert.NotNull(await client.AskAsync());
            }
        }
    }

    [KernelFact]
    public async Task A_rule_of_others_that_comes_for_a_mark_of_ours_has_us_take_another()
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh("ip route add 10.0.0.0/24 dev eth1 table 78; ip route add default via 10.0.0.254 table 78");
        using var watcher = Watch.Watcher.Start(place.Node);
        _ = watcher.Settle();
        string mark = Regex.Match(place.Node.Sh("ip rule"), "501:.*fwmark (0x[0-9a-f]+)/").Groups[1].Value;
        Assert.Contains(
            watcher.WorksOff($"ip rule add fwmark {mark}/0x7f lookup 78 priority 101"),
            line => line.StartsWith("repaired cause=\"somebody else made rule", StringComparison.Ordinal));
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, [.. Flow.Of(ipv6: false)]);
    }

    [KernelTheory]
    [InlineData("nft", """add rule inet others prerouting meta mark set 0x40 """, "inet others, chain prerouting", "packet mark that are ours (0x40 of 0x7f)", "0x7f000000")]
    [InlineData("nft", """add rule inet others late meta mark set 0x40 """, "inet others, chain late", "packet mark that are ours (0x7f of 0x7f)", "")]
    [InlineData("nft", """add rule inet others prerouting meta mark set 0xffffff7f """, "inet others, chain prerouting", "packet mark that are ours (0x7f of 0x7f)", "none left")]
    [InlineData("nft", """add rule inet others prerouting meta mark set meta mark | 0xfe000040 """, "inet others, chain prerouting", "packet mark that are ours (0x40 of 0x7f)", "0x7f0000")]
    [InlineData("nft", """add rule inet others prerouting ct mark set ct mark & 0xfffffffe """, "inet others, chain prerouting", "connection mark that are ours (0x1 of 0x7f)", "0x7f000000")]
    [InlineData("nft", """add rule inet others prerouting ct mark set meta mark """, "inet others, chain prerouting", "connection mark that are ours (0x7f of 0x7f)", "")]
    [InlineData("iptables-nft", "-t mangle -A PREROUTING -j MARK --set-xmark 0x3/0x3", "ip mangle, chain PREROUTING", "packet mark that are ours (0x3 of 0x7f)", "0x7f000000")]
    [InlineData("iptables-nft", "-t mangle -A PREROUTING -j CONNMARK --restore-mark", "ip mangle, chain PREROUTING", "packet mark that are ours (0x7f of 0x7f)", "")]
    [InlineData("iptables-nft", "-t mangle -A OUTPUT -j CONNMARK --save-mark --nfmask 0x10 --ctmask 0x10", "ip mangle, chain OUTPUT", "connection mark that are ours (0x10 of 0x7f)", "0x7f000000")]
    [InlineData("ip6tables-nft", "-t mangle -A PREROUTING -j MARK --set-mark 1", "ip6 mangle, chain PREROUTING", "packet mark that are ours (0x1 of 0x7f)", "0x7f000000")]
    public void Who_writes_our_bits_is_reported(string program, string rule, string chain, string bits, string mask)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("nft 'table inet others { chain prerouting { type filter hook prerouting priority -150; }; chain late { type filter hook prerouting priority 0; }; }'");
        string before = node.Srcroute("status").Quietly().Output;
        Assert.DoesNotContain("mark that are ours", before, StringComparison.Ordinal);

        node.Start([program, .. rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Finish().Succeeded();
        string status = node.Srcroute("status").Output;
        Assert.Contains($"a rule of nftables table {chain}, may set bits of the {bits}", status, StringComparison.Ordinal);
        Assert.Contains(
            mask.Length == 0 ? "; it sets the whole mark, so no other mask helps: have it keep our bits, by "
                : mask == "none left" ? "; others use so many bits that none are left for srcroute: have it keep our bits, by "
                : $"; give one of them other bits, srcroute by \"marks\": {{ \"mask\": \"{mask}\" }} in /etc/srcroute/config.json\n",
            status,
            StringComparison.Ordinal);
        Assert.StartsWith("healthy, 1 warning\n", status, StringComparison.Ordinal);
    }

    // As NetBird's 0x1bd21 has some of ours; a filter of somebody else's asks for all of it.
    [KernelTheory]
    [InlineData("ct direction original meta mark set 0x1bd21", "ct direction original meta mark != 0x1bd21 drop")]
    [InlineData("ct direction original meta mark set meta mark | 0x21", "ct direction original meta mark & 0xff != 0x21 drop")]
    public async Task The_mask_that_is_named_helps(string write, string filter)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Sh($$"""
            nft 'table inet others {
                chain prerouting { type filter hook prerouting priority -150; iifname eth0 {{write}}; }
                chain forward { type filter hook forward priority 0; iifname eth0 {{filter}}; }
            }'
            """);
        await AskAsync(Assert.NotNull);
        place.Node.Srcroute("bootstrap").Quietly();
        await AskAsync(Assert.Null);
        Match advice = Regex.Match(place.Node.Srcroute("status").Quietly().Output, "srcroute by (\"marks\": .*) in /etc/srcroute/config.json");
        Assert.True(advice.Success);

        place.Node.Configure($"{{ {advice.Groups[1].Value} }}");
        place.Node.Srcroute("sync").Quietly();
        Assert.DoesNotContain("mark that are ours", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        await AskAsync(Assert.NotNull);

        async Task AskAsync(Action<string?> assert)
        {
            using Client client = place.Open("node2", Neighbourhood.Office6, Published.ByHostPort);
            assert(await client.AskAsync(TimeSpan.FromSeconds(1)));
        }
    }

    // Behind ours it takes their mark from replies, whichever bits they are.
    [KernelTheory]
    [InlineData(0x7f)]
    [InlineData(0x7f000000)]
    public async Task Where_no_mask_is_said_to_help_none_does(int mask)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Configure($"{{ \"marks\": {{ \"mask\": \"0x{mask:x}\" }} }}");
        place.Node.Sh("nft 'table inet others { chain late { type filter hook prerouting priority 0; meta mark set 0x100; }; }'");
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Contains("so no other mask helps", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        using Client client = place.Open("client", Neighbourhood.Office4, Published.ByHostPort);
        _ = await client.AskAsync(TimeSpan.FromSeconds(1));
        Assert.StartsWith("eth1", Assert.Single(place.AwaitWaysTo(client)), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_recipe_that_keeps_whole_marks_is_reported_and_with_the_masks_of_the_report_all_is_well()
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.Node.Srcroute("bootstrap").Quietly();
        Flow[] flows = [.. Flow.Of(ipv6: false)];
        const string Recipe = """
            iptables-nft -t mangle -F
            iptables-nft -t mangle -A PREROUTING -j CONNMARK --restore-mark {0}
            iptables-nft -t mangle -A PREROUTING -i eth0 -m mark --mark 0/0xffffff80 -j MARK --set-xmark 0x100/{1}
            iptables-nft -t mangle -A PREROUTING -i eth1 -m mark --mark 0/0xffffff80 -j MARK --set-xmark 0x200/{1}
            iptables-nft -t mangle -A POSTROUTING -j CONNMARK --save-mark {0}
            """;
        place.Node.Sh(Recipe.Replace("{0}", "", StringComparison.Ordinal).Replace("{1}", "0xffffffff", StringComparison.Ordinal));
        string status = place.Node.Srcroute("status").Quietly().Output;

        // The rules of PREROUTING do the same harm, which is told once.
        Assert.StartsWith("healthy, 2 warnings\n", status, StringComparison.Ordinal);
        Match advice = Regex.Match(status, "packet mark .*--set-xmark VALUE/(\\S+), --restore-mark and --save-mark by (--nfmask \\S+ --ctmask \\w+)");
        Assert.True(advice.Success, status);

        place.Node.Sh(Recipe.Replace("{0}", advice.Groups[2].Value, StringComparison.Ordinal).Replace("{1}", advice.Groups[1].Value, StringComparison.Ordinal));
        Assert.StartsWith("healthy\n", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, flows);
        await place.AssertAnsweredAsync("pod-b", Published.Elsewhere, flows);
    }

    [KernelTheory]
    [InlineData("meta mark set meta mark | 0x4000")]
    [InlineData("meta mark set meta mark & 0xffff3fff")]
    [InlineData("ct mark set ct mark & 0x0000ffff | 0x00010000")]
    [InlineData("meta mark set meta mark & 0x7f | 0x100")]
    [InlineData("meta mark set 0x100")]
    [InlineData("ct mark set ct mark & 0x7f | 0x100")]
    [InlineData("meta priority set 7")]
    [InlineData("tcp dport 80 counter")]
    public void Who_leaves_our_bits_alone_is_not(string rule)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"nft 'table inet others {{ chain prerouting {{ type filter hook prerouting priority -150; {rule}; }}; }}'");
        Assert.DoesNotContain("mark that are ours", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("fwmark 0x40/0x40 lookup 77", "rule 100 \"from all fwmark 0x40/0x40 lookup 77\"")]
    public void A_rule_of_another_that_asks_for_our_bits_is_reported(string rule, string named)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh($"ip rule add {rule} priority 100");
        Assert.Contains(
            $"somebody else's {named} matches bits of the packet mark that are ours (mask 0x7f) and leaves too few",
            node.Srcroute("bootstrap").Succeeded().Error,
            StringComparison.Ordinal);
        Assert.Contains(named, node.Srcroute("status").Output, StringComparison.Ordinal);

        node.Configure("""{ "marks": { "mask": "0x7f000000" } }""");
        node.Sh("ip rule del priority 100; ip rule add fwmark 0x10/0xff lookup 77 priority 100");
        node.Srcroute("sync").Quietly();
        Assert.DoesNotContain("somebody else", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("fwmark 0x20", "0x21 0x22")]
    [InlineData("fwmark 0x21", "0x20 0x22")]
    [InlineData("fwmark 0x20/0x30", "0x30 0x31")]
    [InlineData("not fwmark 0xca61", "0x20 0x22")]
    public void No_mark_is_taken_that_a_rule_of_another_asks_for(string rule, string marks)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh($"ip rule add {rule} lookup 77 priority 100");
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal(
            marks,
            string.Join(
                ' ', node.Sh("ip -N rule show priority $(ip -N rule | grep -m1 'nop' | cut -d: -f1 | awk '{print $1-1}') | sed 's,.*fwmark \\(.*\\)/0x7f.*,\\1,' | grep -v '^0x[67]'").Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [KernelTheory]
    [InlineData("0x7f000000")]
    [InlineData("0x80000001")]
    [InlineData("0x1248")]
    public async Task Other_bits_do_as_well(string mask)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.SetReversePath(1, sourceValidMark: true);
        place.Node.Configure($$"""{ "marks": { "mask": "{{mask}}" } }""");
        Outcome boot = place.Node.Srcroute("bootstrap").Quietly();

        // Of two bits one is the node's own, and one is left for one table of each family: eth0's.
        bool all = mask != "0x80000001";
        Assert.Equal(!all, boot.Output.Contains("get no mark", StringComparison.Ordinal));
        Flow[] flows = [.. Flow.Of(ipv6: false).Concat(Flow.Of(ipv6: true)).Where(flow => all || flow.To is Neighbourhood.Office4 or Neighbourhood.Office6)];
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, flows);
        await place.AssertAnsweredAsync("pod-b", Published.Elsewhere, flows);
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
    }
}
