using System.Text.Json;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What `status` finds, each on a node where it is true and on one where it nearly is.</summary>
public sealed class FindingTests
{
    private const string NoMarks = """{ "marks": false }""";

    // What deckhouse, mwan3, Tailscale and others put ahead.
    [KernelTheory]
    [InlineData("rule add pref 100 from all lookup main")]
    [InlineData("rule add pref 100 from 10.0.0.1 lookup main")]
    [InlineData("route add default via 192.168.1.1 table 77\nrule add pref 100 iif lo lookup 77")]
    [InlineData("rule add pref 100 not fwmark 0x100/0x100 prohibit")]
    [InlineData("route add 0.0.0.0/1 via 192.168.1.1 table 77\nroute add 128.0.0.0/1 via 192.168.1.1 table 77\nrule add pref 100 lookup 77 suppress_prefixlength 0")]
    public void A_rule_that_takes_all_replies_of_a_source_is_an_error(string script)
    {
        using Node node = WithRouter(NoMarks);
        Assert.Contains("eth1", node.Sh("ip route get 198.51.100.77 from 10.0.0.1"), StringComparison.Ordinal);
        node.Ip(script);

        // The kernel itself says that it is true.
        Assert.DoesNotContain("eth1", node.Sh("ip route get 198.51.100.77 from 10.0.0.1 2>&1 || :"), StringComparison.Ordinal);
        Outcome status = node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.StartsWith("degraded", status.Output, StringComparison.Ordinal);
        JsonElement finding = Find(node, "replies-taken");
        Assert.Equal(("error", "\"marks\": true"), (Text(finding, "severity"), Text(finding, "cure")));
        Assert.Matches("takes the replies of (192.168.1.100, )?10.0.0.1: ", Text(finding, "sentence"));

        // And what it says cures it.
        node.Configure("{}");
        node.Srcroute("sync").Succeeded();
        Assert.Null(TryFind(node, "replies-taken"));
    }

    [KernelTheory]
    [InlineData("route add 100.64.0.0/10 via 192.168.1.1 table 52\nrule add pref 100 lookup 52", "100.64.0.1")]
    [InlineData("rule add pref 100 to 198.51.100.0/24 lookup main", "198.51.100.1")]
    [InlineData("route add default via 192.168.1.1 table 77\nrule add pref 100 ipproto tcp sport 443 lookup 77", "198.51.100.77")]
    public void One_that_takes_some_is_a_warning(string script, string example)
    {
        using Node node = WithRouter(NoMarks);
        node.Ip(script);
        JsonElement finding = Find(node, "replies-taken");
        Assert.Equal("warning", Text(finding, "severity"));
        Assert.Contains($"takes some replies of 10.0.0.1, such as to {example}: they leave by eth0, not eth1", Text(finding, "sentence"), StringComparison.Ordinal);
    }

    // strongSwan's table without a tunnel; a table that knows the source's own way; what cards of others bring; a rule behind.
    [KernelTheory]
    [InlineData(NoMarks, "rule add pref 220 lookup 220")]
    [InlineData(NoMarks, "route add default via 10.0.0.254 table 77\nrule add pref 100 from 10.0.0.1 lookup 77")]
    [InlineData(NoMarks, "rule add pref 100 iif eth1 lookup main")]
    [InlineData(NoMarks, "rule add pref 100 fwmark 0x80000/0xff0000 lookup main")]
    [InlineData(NoMarks, "rule add pref 32766 from all lookup main proto static")]
    [InlineData(NoMarks, "rule add pref 100 lookup main suppress_prefixlength 0")]
    [InlineData("{}", "rule add pref 100 from all lookup main")]
    [InlineData("{}", "route add 100.64.0.0/10 via 192.168.1.1 table 52\nrule add pref 5270 lookup 52")]
    public void One_that_takes_none_is_nothing(string config, string script)
    {
        using Node node = WithRouter(config);
        node.Ip(script);
        node.Srcroute("sync").Succeeded();
        Assert.Null(TryFind(node, "replies-taken"));
        Assert.StartsWith("healthy", node.Srcroute("status").Succeeded().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("", "", true)]
    [InlineData("/etc/systemd/networkd.conf.d/10-own.conf", "[Network]\nManageForeignRoutingPolicyRules = no\n", true)]
    [InlineData("/etc/systemd/networkd.conf.d/10-own.conf", "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n", false)]
    [InlineData("/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutingPolicyRules=false\nManageForeignRoutes=false\n", false)]
    [InlineData("/run/systemd/networkd.conf.d/99-last.conf", "[Network]\nManageForeignRoutes=yes\n", true)]
    public void Networkd_that_would_remove_our_rules_is_told(string file, string text, bool isTold)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        Assert.Null(TryFind(node, "networkd-unaware"));
        node.Sh("mkdir -p /run/systemd/netif /etc/systemd/networkd.conf.d /run/systemd/networkd.conf.d; : >/run/systemd/netif/state");
        if (file.StartsWith("/run", StringComparison.Ordinal))
        {
            node.Write("/etc/systemd/networkd.conf.d/10-own.conf", "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n");
        }

        if (file.Length > 0)
        {
            node.Write(file, text);
        }

        Assert.Equal(isTold, TryFind(node, "networkd-unaware") is not null);
    }

    [KernelTheory]
    [InlineData(NoMarks, "IPv6_rpfilter=yes\n", true)]
    [InlineData(NoMarks, "# IPv6_rpfilter=no\n", true)]
    [InlineData(NoMarks, "IPv6_rpfilter=loose\n", false)]
    [InlineData(NoMarks, "IPv6_rpfilter = No\n", false)]
    [InlineData("{}", "IPv6_rpfilter=yes\n", false)]
    public void Firewalld_that_drops_requests_is_told(string config, string text, bool isTold)
    {
        using Node node = Topology.TwoCardsDual();
        node.Configure(config);
        node.Srcroute("bootstrap").Succeeded();
        node.Sh("rm -f /etc/firewalld; mkdir -p /etc/firewalld");
        node.Write("/etc/firewalld/firewalld.conf", text);
        Assert.Null(TryFind(node, "firewalld-drops"));
        using Job firewalld = node.Start(["sh", "-c", "echo $$ >/run/firewalld.pid; echo runs >&2; exec sleep infinity"], awaited: "runs");
        JsonElement? told = TryFind(node, "firewalld-drops");
        Assert.Equal(isTold, told is not null);
        if (told is { } finding)
        {
            // Main's default is by eth0: what comes in by eth1 is dropped.
            Assert.Contains("2001:db8:2::1 by eth1", Text(finding, "sentence"), StringComparison.Ordinal);
            const string Restart = " && systemctl restart firewalld";
            string cure = Text(finding, "cure");
            Assert.EndsWith(Restart, cure, StringComparison.Ordinal);
            node.Sh(cure.Replace(Restart, "", StringComparison.Ordinal));
            Assert.Null(TryFind(node, "firewalld-drops"));
        }
    }

    [KernelFact]
    public void Nothing_set_up_yet_is_no_drift()
    {
        using Node node = Topology.TwoCards();
        Outcome status = node.Srcroute("status");
        Assert.Equal(2, status.ExitStatus);
        Assert.StartsWith("not set up yet: `srcroute bootstrap` would make", status.Output, StringComparison.Ordinal);
        Assert.Contains("  not set up\n", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("drift", status.Output, StringComparison.Ordinal);
        using (var report = JsonDocument.Parse(node.Srcroute("status -o json").Output))
        {
            Assert.All(report.RootElement.GetProperty("sources").EnumerateArray(), source => Assert.Equal("not set up", source.GetProperty("state").GetString()));
        }

        node.Srcroute("bootstrap").Quietly();
        node.Ip("rule del from 10.0.0.1");
        Assert.StartsWith("drift", node.Srcroute("status").Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void What_is_the_same_for_many_sources_is_said_once()
    {
        using Node node = Topology.TwoCards();
        node.Sh("for i in 2 3 4 5; do ip address add 10.0.$i.1/24 dev eth1; done");
        node.Srcroute("bootstrap").Quietly();
        string said = node.Srcroute("status").Quietly().Output;
        Assert.Contains("(the same for 10.0.2.1, 10.0.3.1, 10.0.4.1, 10.0.5.1)", Assert.Single(said.Split('\n'), line => line.Contains("no gateway of its own", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(5, Findings(node).Count(finding => Text(finding, "code") == "no-gateway"));
    }

    [KernelTheory]
    [InlineData(3, "(the same for storage3, vlanb)")]
    [InlineData(2, "")]
    public void What_is_the_same_for_many_cards_is_said_once(int cards, string others)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string[] names = ["eth2", "storage3", "vlanb"];
        foreach (string name in names.Take(cards))
        {
            node.AddCard(name);
        }

        node.Srcroute("bootstrap").Quietly();
        string[] said = [.. node.Srcroute("status").Quietly().Output.Split('\n').Where(line => line.Contains(" has no address", StringComparison.Ordinal))];
        Assert.Equal(others.Length > 0 ? 1 : cards, said.Length);
        Assert.Contains("card eth2 has no address", said[0], StringComparison.Ordinal);
        Assert.EndsWith(others, said[0], StringComparison.Ordinal);
        Assert.Equal(names.Take(cards), Findings(node).Where(finding => Text(finding, "code") == "card-without-address").Select(finding => Text(finding, "subject")));
    }

    private static Node WithRouter(string config)
    {
        Node node = Topology.TwoCards();
        node.Ip("route add default via 10.0.0.254 metric 200");
        node.Configure(config);
        node.Srcroute("bootstrap").Succeeded();
        return node;
    }

    private static JsonElement Find(Node node, string code) => Assert.NotNull(TryFind(node, code));

    private static JsonElement? TryFind(Node node, string code) =>
        Findings(node).Where(finding => Text(finding, "code") == code).Select(finding => (JsonElement?)finding).SingleOrDefault();

    private static JsonElement[] Findings(Node node) =>
        [.. JsonDocument.Parse(node.Srcroute("status -o json").Output).RootElement.GetProperty("findings").EnumerateArray()];

    private static string Text(JsonElement finding, string key) => finding.GetProperty(key).GetString()!;
}
