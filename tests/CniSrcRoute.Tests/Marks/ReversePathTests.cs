using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>A strict check of the reverse path that does not look at marks: what is lost by it, who is told, and what repairs it.</summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class ReversePathTests(Backends backends) : IClassFixture<Backends>
{
    private const string Command = "sysctl -w net.ipv4.conf.all.src_valid_mark=1";

    [KernelFact]
    public async Task Requests_are_lost_just_where_status_says_and_its_command_repairs_that()
    {
        Neighbourhood place = Strict("net.ipv4.conf.all.rp_filter=1");
        Outcome status = place.Node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.StartsWith("degraded", status.Output, StringComparison.Ordinal);
        Assert.Contains(
            "rp_filter of eth0, eth1 is strict: a request for a published port of a pod is dropped wherever main's route back to the client uses another card; " +
            $"repair it with: {Command}\n",
            status.Output,
            StringComparison.Ordinal);

        await place.AssertAnsweredAsync("pod-a", Published.Local, [.. Flow.Of(ipv6: false).Where(flow => flow.Way[..4] == flow.UsualWay[..4])]);
        Client[] lost =
            [.. Flow.Of(ipv6: false).Where(flow => flow.Way[..4] != flow.UsualWay[..4]).Select(flow => place.Open(flow.From, flow.To, Published.Local))];
        Assert.NotEmpty(lost);
        Assert.All(await Task.WhenAll(lost.Select(client => client.AskAsync(TimeSpan.FromSeconds(0.5)))), Assert.Null);
        await place.AssertAnsweredAsync("pod-a", Published.Local, Flow.Of(ipv6: true));

        place.Node.Sh(Command);
        await place.AssertAnsweredAsync("pod-a", Published.Local, Flow.Of(ipv6: false));
        Assert.StartsWith("healthy", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Status_for_machines_says_the_same()
    {
        Neighbourhood place = Strict("net.ipv4.conf.all.rp_filter=1");
        Outcome status = place.Node.Srcroute("status -o json");
        Assert.Equal(2, status.ExitStatus);
        using var report = JsonDocument.Parse(status.Output);
        Assert.False(report.RootElement.GetProperty("healthy").GetBoolean());
        JsonElement warning = Assert.Single(
            report.RootElement.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("severity").GetString() == "warning");
        Assert.Equal("reverse-path-strict", warning.GetProperty("code").GetString());
        Assert.Equal(Command, warning.GetProperty("cure").GetString());
        Assert.Contains(Command, warning.GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("all.rp_filter=1 comes from /etc/sysctl.d/50-strict.conf, line 2 (net.ipv4.conf.all.rp_filter = 1)", "/etc/sysctl.d/50-strict.conf", "# as the auditor wants it\nnet.ipv4.conf.all.rp_filter = 1\n")]
    [InlineData("all.rp_filter=1 comes from /etc/sysctl.conf, line 1 (net.ipv4.conf.all.rp_filter=1)", "/etc/sysctl.conf", "net.ipv4.conf.all.rp_filter=1\n")]
    [InlineData("eth0.rp_filter=1 comes from /run/sysctl.d/10-run.conf, line 1 (net/ipv4/conf/eth0/rp_filter=1)", "/run/sysctl.d/10-run.conf", "net/ipv4/conf/eth0/rp_filter=1\n")]
    [InlineData("eth0.rp_filter=1 comes from /etc/sysctl.d/90-all.conf, line 1 (-net.ipv4.conf.*.rp_filter=1)", "/etc/sysctl.d/90-all.conf", "-net.ipv4.conf.*.rp_filter=1\n")]
    [InlineData("eth1.rp_filter=1 comes from /etc/sysctl.d/90-all.conf, line 1 (net.ipv4.conf.eth[0-9].rp_filter=1)", "/etc/sysctl.d/90-all.conf", "net.ipv4.conf.eth[0-9].rp_filter=1\n")]
    [InlineData("eth1.rp_filter=1 comes from /etc/sysctl.d/90-all.conf, line 1 (net.ipv4.conf.e*h[!a-z02].rp*=1)", "/etc/sysctl.d/90-all.conf", "net.ipv4.conf.e*h[!a-z02].rp*=1\nnet.ipv4.conf.*h[^1].rp_filter=2\nnet.ipv4.*.rp_filter=2\nnet.*.rp_filter=2\nnet.ipv4.conf.eth1[.rp_filter=2\nnet.ipv4.conf.eth?1.rp_filter=2\n")]
    [InlineData("eth1.rp_filter=1 comes from /etc/sysctl.d/90-all.conf, line 1 (net.ipv4.conf.?th1.rp_filter=1)", "/etc/sysctl.d/90-all.conf", "net.ipv4.conf.?th1.rp_filter=1\nnet.ipv4.conf.default.rp_filter=2\n")]
    [InlineData("eth0.rp_filter=1 comes from /etc/sysctl.d/90-all.conf, line 1 (net.ipv4.conf.eth0.rp_filter=1)", "/etc/sysctl.d/90-all.conf", "net.ipv4.conf.eth0.rp_filter=1\nnet.ipv4.conf.*.rp_filter=2\n")]
    [InlineData("eth0.rp_filter=1 comes from /etc/sysctl.d/90-new.conf, line 3 (net.ipv4.conf.default.rp_filter=1)", "/etc/sysctl.d/90-new.conf", "\n; of new cards\nnet.ipv4.conf.default.rp_filter=1\n")]
    [InlineData("eth0.rp_filter=1 comes from /etc/sysctl.d/90-new.conf, line 3 (net.ipv4.conf.default.rp_filter=1)", "/etc/sysctl.d/90-new.conf", "-net.ipv4.conf.eth0.rp_filter\nnet.ipv4.conf.e*.rp_filter=2\nnet.ipv4.conf.default.rp_filter=1\n")]
    [InlineData("all.rp_filter=1 comes from none of the files of sysctl.d(5): something else set it", "/etc/sysctl.d/90-none.conf", "#net.ipv4.conf.all.rp_filter=1\nnet.ipv4.conf.all.rp_filter\nnet.ipv4.conf.allrp_filter=1\n")]
    public void The_line_that_makes_it_strict_is_named(string named, string file, string text)
    {
        Neighbourhood place = Strict("");
        place.Node.Sh($"mkdir -p {Path.GetDirectoryName(file)}");
        place.Node.Write(file, text);
        try
        {
            using var report = JsonDocument.Parse(place.Node.Srcroute("status -o json").Output);
            Assert.Contains($"net.ipv4.conf.{named}", report.RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("sentence").GetString()));
        }
        finally
        {
            place.Node.Sh($"rm {file}");
        }
    }

    [KernelFact]
    public void A_line_that_a_later_one_overrides_sets_nothing()
    {
        Neighbourhood place = Strict("");
        place.Node.Sh("""
            mkdir -p /run/sysctl.d
            echo net.ipv4.conf.all.rp_filter=1 >/etc/sysctl.d/10-a.conf
            echo net.ipv4.conf.all.rp_filter=1 >/run/sysctl.d/70-masked.conf
            : >/etc/sysctl.d/70-masked.conf
            echo net.ipv4.conf.all.rp_filter=2 >/run/sysctl.d/60-b.conf
            """);
        Assert.Contains(
            "  net.ipv4.conf.all.rp_filter=1 comes from none of the files of sysctl.d(5), of which /run/sysctl.d/60-b.conf, line 1 " +
            "(net.ipv4.conf.all.rp_filter=2) is read last: something else set it\n",
            place.Node.Srcroute("status").Output,
            StringComparison.Ordinal);
        place.Node.Sh("rm /run/sysctl.d/*");
    }

    [KernelTheory]
    [InlineData("/etc/sysctl.d/50-strict.conf", "comes from /etc/sysctl.d/50-strict.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0)", "echo net.ipv4.conf.all.src_valid_mark=1 >/etc/sysctl.d/99-srcroute.conf")]
    [InlineData("/etc/sysctl.conf", "comes from /etc/sysctl.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0)", "replace /etc/sysctl.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0), which is read last, by net.ipv4.conf.all.src_valid_mark=1")]
    [InlineData("/etc/sysctl.d/99-sysctl.conf", "comes from /etc/sysctl.d/99-sysctl.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0)", "replace /etc/sysctl.d/99-sysctl.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0), which is read last, by net.ipv4.conf.all.src_valid_mark=1")]
    [InlineData("/run/sysctl.d/99-vendor.conf", "comes from /run/sysctl.d/99-vendor.conf, line 1 (net.ipv4.conf.all.src_valid_mark=0)", "echo net.ipv4.conf.all.src_valid_mark=1 >/etc/sysctl.d/zz-srcroute.conf")]
    public void The_line_that_keeps_marks_from_being_looked_at_is_named_and_what_wins_over_it(string file, string named, string command)
    {
        Neighbourhood place = Strict("");
        place.Node.Sh($"mkdir -p /run/sysctl.d; echo net.ipv4.conf.all.src_valid_mark=0 >{file}");
        try
        {
            string status = place.Node.Srcroute("status").Output;
            Assert.Contains($"  net.ipv4.conf.all.src_valid_mark=0 {named}\n", status, StringComparison.Ordinal);
            Assert.Contains($"  to keep it after a reboot: {command}\n", status, StringComparison.Ordinal);
        }
        finally
        {
            place.Node.Sh($"rm {file}");
        }
    }

    [KernelTheory]
    [InlineData("net.ipv4.conf.*.src_valid_mark=0", "", false)]
    [InlineData("", "", false)]
    [InlineData("net.ipv4.conf.all.src_valid_mark=1", "net.ipv4.conf.*.src_valid_mark=0", true)]
    public void What_the_files_say_already_is_not_asked_for(string first, string last, bool said)
    {
        Neighbourhood place = Strict("");
        place.Node.Sh($"echo '{first}' >/etc/sysctl.d/98-first.conf; echo '{last}' >/etc/sysctl.d/99-z.conf");
        string status = place.Node.Srcroute("status").Output;
        Assert.Equal(!said, status.Contains("to keep it after a reboot: echo net.ipv4.conf.all.src_valid_mark=1 >/etc/sysctl.d/99-srcroute.conf\n", StringComparison.Ordinal));
        Assert.Equal(said, status.Contains("src_valid_mark=0 comes from none of the files of sysctl.d(5), of which /etc/sysctl.d/98-first.conf, line 1", StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task One_card_alone_may_be_strict_and_a_card_alone_may_look_at_marks()
    {
        Neighbourhood place = Strict("");
        place.SetReversePath(0);
        place.Node.Sh("echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter");
        Outcome status = place.Node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.Contains("rp_filter of eth1 is strict", status.Output, StringComparison.Ordinal);
        place.Node.Sh("echo 1 >/proc/sys/net/ipv4/conf/eth1/src_valid_mark");
        place.Node.Srcroute("sync").Quietly();
        place.Node.Srcroute("status").Quietly();
        await place.AssertAnsweredAsync("pod-a", Published.Local, Flow.Of(ipv6: false));
    }

    [KernelFact]
    public async Task It_is_set_and_set_back_unless_the_config_says_otherwise()
    {
        Neighbourhood place = Strict("");
        Assert.DoesNotContain("sysctl -w", place.Node.Srcroute("sync --dry-run").Output, StringComparison.Ordinal);
        Assert.Equal("0\n", place.Node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));

        place.Node.Sh("rm -f /etc/srcroute/config.json");
        Outcome plan = place.Node.Srcroute("sync --dry-run");
        Assert.Equal((2, $"~ {Command}\n"), (plan.ExitStatus, plan.Output));
        Assert.Equal(2, place.Node.Srcroute("status").ExitStatus);
        Assert.Equal("1 sysctl changed\n", place.Node.Srcroute("sync").Quietly().Output);
        place.Node.Srcroute("status").Quietly();
        await place.AssertAnsweredAsync("pod-a", Published.Local, Flow.Of(ipv6: false));

        place.SetReversePath(2, sourceValidMark: true);
        place.Node.Srcroute("sync").Quietly();
        Assert.Equal("0\n", place.Node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));
    }

    [KernelFact]
    public void What_cannot_be_set_is_said_and_not_tried()
    {
        Neighbourhood place = Strict("");
        place.Node.Sh("rm -f /etc/srcroute/config.json");
        string Run(string verb) => place.Node.Sh(
            $"unshare --mount sh -euc 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; {Requirements.Binary} {verb} 2>&1'");
        try
        {
            string words = $"repair it with: {Command} on the node itself, since /proc/sys is read-only here\n";
            string dry = Run("sync --dry-run");
            Assert.StartsWith("srcroute: warning: ", dry, StringComparison.Ordinal);
            Assert.EndsWith(words, dry, StringComparison.Ordinal);
            Assert.EndsWith("nothing to do\n", Run("sync"), StringComparison.Ordinal);
            string status = Run("status");
            Assert.StartsWith("healthy", status, StringComparison.Ordinal);
            Assert.Contains(words, status, StringComparison.Ordinal);
            Assert.Equal(2, place.Node.Srcroute("status").ExitStatus);
        }
        finally
        {
            place.Node.Sh("rm -f /etc/srcroute/config.json");
        }
    }

    [KernelFact]
    public void Where_the_check_is_loose_or_looks_at_marks_nothing_is_said()
    {
        Neighbourhood place = Strict("net.ipv4.conf.all.rp_filter=1");
        foreach ((int filter, bool mark) in ((int, bool)[])[(0, false), (2, false), (1, true)])
        {
            place.SetReversePath(filter, mark);
            place.Node.Srcroute("sync").Quietly();
            Assert.DoesNotContain("rp_filter", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        }
    }

    // A transparent proxy, or a second uplink for some: with the mark the check would ask their table, and drop what comes in.
    [KernelFact]
    public void It_is_not_set_where_a_rule_of_others_leads_what_comes_in_by_its_mark()
    {
        using var place = new Neighbourhood();
        place.SetReversePath(1);
        place.Node.Sh("""
            ip -n client route add 203.0.113.7 via 10.0.0.1
            ip route add default via 192.168.1.1 table 200
            ip rule add fwmark 0x200/0xff00 lookup 200 priority 1002
            nft 'table inet others { chain prerouting { type filter hook prerouting priority -150; iifname eth1 ip daddr 203.0.113.7 meta mark set 0x200; }; }'
            """);
        Assert.NotNull(Ask());

        place.Node.Srcroute("bootstrap").Succeeded();
        Assert.NotNull(Ask());
        Assert.Equal("0\n", place.Node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));
        Outcome status = place.Node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.Contains("is not set, since the filter would then ask rule 1002", status.Output, StringComparison.Ordinal);
        Assert.Contains("sysctl -w net.ipv4.conf.eth1.rp_filter=2", place.Node.Srcroute("status -o json").Output, StringComparison.Ordinal);

        place.Node.Configure("""{ "marks": { "setSrcValidMark": true } }""");
        place.Node.Srcroute("sync").Succeeded();
        Assert.Equal("1\n", place.Node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));

        string? Ask()
        {
            place.Forget();
            place.Node.Sh("ip netns exec client socat -u - UDP-SENDTO:203.0.113.7:4321 <<END\nx\nEND");
            return SpinWait.SpinUntil(() => place.Sent().Any(packet => packet.DestinationPort == 4321), TimeSpan.FromSeconds(5)) ? "sent on" : null;
        }
    }

    [KernelFact]
    public void It_is_left_alone_by_teardown_where_a_tunnel_has_come_to_need_it()
    {
        using Node node = Topology.TwoCards();
        node.Sh("echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter");
        node.Srcroute("bootstrap").Succeeded();
        Assert.Equal("1\n", node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));

        // As wg-quick does it; it sets the sysctl as well, which changes nothing any more.
        node.Sh("ip rule add not fwmark 51820 table 51820");
        node.Srcroute("teardown").Succeeded();
        Assert.Equal("1\n", node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));

        node.Sh("ip rule del not fwmark 51820 table 51820");
        node.Srcroute("teardown").Succeeded();
        Assert.Equal("0\n", node.Sh("cat /proc/sys/net/ipv4/conf/all/src_valid_mark"));
    }

    private Neighbourhood Strict(string sysctl)
    {
        Neighbourhood place = backends["nftables"];
        place.Node.Sh($"rm -f /etc/sysctl.d/*; printf '{sysctl}\\n' >/etc/sysctl.d/50-strict.conf");
        place.SetReversePath(1);
        place.Node.Configure("""{ "marks": { "setSrcValidMark": false } }""");
        place.Node.Srcroute("sync").Succeeded();
        return place;
    }
}
