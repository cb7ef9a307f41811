using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Marks that rules of iptables-legacy write, which nf_tables does not show.</summary>
public sealed class LegacyMarkTests
{
    [LegacyTheory]
    [InlineData("iptables", "-t mangle -A PREROUTING -j MARK --set-mark 1", "table ip mangle, chain PREROUTING", "packet", "0x1")]
    [InlineData("iptables", "-t mangle -A FORWARD -p tcp --dport 80 -m mark --mark 0/0xff -j MARK --set-xmark 0x3/0x3", "table ip mangle, chain FORWARD", "packet", "0x3")]
    [InlineData("iptables", "-t raw -A OUTPUT -j MARK --xor-mark 0x50", "table ip raw, chain OUTPUT", "packet", "0x50")]
    [InlineData("iptables", "-t nat -A POSTROUTING -j MARK --and-mark 0xfffffff0", "table ip nat, chain POSTROUTING", "packet", "0xf")]
    [InlineData("iptables", "-t mangle -A INPUT -j CONNMARK --set-xmark 0x8/0x18", "table ip mangle, chain INPUT", "connection", "0x18")]
    [InlineData("iptables", "-t mangle -A OUTPUT -j CONNMARK --save-mark --nfmask 0x10 --ctmask 0x10", "table ip mangle, chain OUTPUT", "connection", "0x10")]
    [InlineData("iptables", "-t mangle -A PREROUTING -j CONNMARK --restore-mark", "table ip mangle, chain PREROUTING", "packet", "0x7f")]
    [InlineData("iptables", "-t mangle -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff00 --ctmask 0x60", "table ip mangle, chain PREROUTING", "packet", "0x60")]
    [InlineData("iptables", "-t mangle -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff00 --ctmask 0x6000 --right-shift-mark 8", "table ip mangle, chain PREROUTING", "packet", "0x60")]
    [InlineData("ip6tables", "-t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-xmark 0x1/0x1", "table ip6 mangle, chain PREROUTING", "packet", "0x1")]
    [InlineData("ip6tables", "-t raw -A PREROUTING -j CONNMARK --set-mark 7", "table ip6 raw, chain PREROUTING", "connection", "0x7f")]
    public void Who_writes_our_bits_is_reported(string program, string rule, string place, string mark, string bits)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        Assert.DoesNotContain("mark that are ours", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);

        node.Sh($"{program}-legacy {rule}");
        string sentence = $"a rule of iptables-legacy {place}, may set bits of the {mark} mark that are ours ({bits} of 0x7f); {(bits == "0x7f" ? "it sets the whole mark" : "give one of them other bits")}";
        Assert.Contains(sentence, node.Srcroute("status").Output, StringComparison.Ordinal);
        node.Sh($"{program}-legacy {rule.Replace("-A", "-D", StringComparison.Ordinal)}");
        Assert.DoesNotContain("mark that are ours", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [LegacyTheory]
    [InlineData("iptables")]
    [InlineData("ip6tables")]
    public void Who_leaves_our_bits_alone_is_not(string program)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();

        // kube-proxy's, Calico's, Tailscale's; and what reads marks alone.
        node.Sh($"""
            {program}-legacy -t nat -N KUBE-MARK-MASQ
            {program}-legacy -t nat -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
            {program}-legacy -t nat -A POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            {program}-legacy -t nat -A POSTROUTING -j MARK --xor-mark 0x4000
            {program}-legacy -t mangle -N cali-PREROUTING
            {program}-legacy -t mangle -A cali-PREROUTING -j MARK --set-xmark 0/0xffff0000
            {program}-legacy -t mangle -A FORWARD -j MARK --set-xmark 0x40000/0xff0000
            {program}-legacy -t mangle -A OUTPUT -j CONNMARK --save-mark --nfmask 0xff0000 --ctmask 0xff0000
            {program}-legacy -t mangle -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000
            {program}-legacy -t mangle -A PREROUTING -m mark --mark 0x7f -m connmark --mark 0x7f -j ACCEPT
            {program}-legacy -t mangle -A PREROUTING -p tcp -j TOS --set-tos 0x10
            {program}-legacy -t filter -P FORWARD DROP
            """);
        Assert.DoesNotContain("iptables-legacy", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [LegacyTheory]
    [InlineData("iptables", "ip")]
    [InlineData("ip6tables", "ip6")]
    public void Every_rule_is_told_with_its_own_chain(string program, string family)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"""
            {program}-legacy -t mangle -N twenty-eight-letters-or-more
            {program}-legacy -t mangle -A twenty-eight-letters-or-more -j MARK --set-xmark 0x1/0x1
            {program}-legacy -t mangle -N empty
            {program}-legacy -t mangle -N called
            {program}-legacy -t mangle -A called -j RETURN
            {program}-legacy -t mangle -A called -j MARK --set-xmark 0x2/0x2
            {program}-legacy -t mangle -A INPUT -j called
            {program}-legacy -t mangle -A INPUT -j MARK --set-xmark 0x4/0x4
            {program}-legacy -t mangle -A OUTPUT -g called
            {program}-legacy -t mangle -A POSTROUTING -j MARK --set-xmark 0x8/0x8
            """);
        Assert.Equal(
            [("POSTROUTING", "0x8"), ("INPUT", "0x4"), ("called", "0x2"), ("twenty-eight-letters-or-more", "0x1")],
            Regex.Matches(node.Srcroute("status").Output, $@"table {family} mangle, chain (\S+), .*\((\S+) of 0x7f\)").Select(match => (match.Groups[1].Value, match.Groups[2].Value)).OrderByDescending(pair => pair.Item2));
    }

    [LegacyTheory]
    [InlineData("mangle")]
    [InlineData("nat")]
    public void Many_rules_are_read_as_well(string table)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        string rules = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"-A POSTROUTING -d 10.0.{i / 250}.{i % 250} -j {(i == 19_999 ? "MARK --set-xmark 0x8/0x8" : "RETURN")}\n"));
        node.Start(["iptables-legacy-restore"], $"*{table}\n{rules}COMMIT\n").Finish().Succeeded();
        Assert.Contains($"table ip {table}, chain POSTROUTING, may set bits", node.Srcroute("status").Output, StringComparison.Ordinal);
    }

    [LegacyTheory]
    [InlineData("iptables")]
    [InlineData("ip6tables")]
    public void To_administer_the_network_is_enough(string program)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"{program}-legacy -t mangle -A PREROUTING -j MARK --set-mark 1");
        string[] alone = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", Requirements.Binary];
        Assert.Contains("a rule of iptables-legacy table", node.Start([.. alone, "status"]).Finish().Output, StringComparison.Ordinal);
    }

    [LegacyTheory]
    [InlineData("iptables")]
    [InlineData("ip6tables")]
    public void Who_may_not_read_which_tables_there_are_is_told_so(string program)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"{program}-legacy -t mangle -A PREROUTING -j MARK --set-mark 1; install -m 755 {Requirements.Binary} /run/anybodys");

        // The file of their names is root's, whatever capabilities another user has.
        string status = node.Start(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+net_admin", "--ambient-caps=+net_admin", "/run/anybodys", "status"]).Finish().Output;
        Assert.Contains("whether a rule of iptables-legacy sets bits of marks that are ours cannot be determined: ", status, StringComparison.Ordinal);
    }

    [KernelFact]
    public void No_table_is_made_by_asking()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Srcroute("status").Quietly();
        Assert.Equal("", node.Sh("cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null || :"));
    }

    [LegacyTheory]
    [InlineData("iptables", "raw")]
    [InlineData("ip6tables", "mangle")]
    public void No_other_table_is_made_beside_one_that_is_there(string program, string table)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"{program}-legacy -t {table} -S");
        node.Srcroute("status").Quietly();
        Assert.Equal($"{table}\n", node.Sh("cat /proc/net/ip_tables_names /proc/net/ip6_tables_names"));
    }

    [LegacyStraceTheory]
    [InlineData("EAGAIN", "1", true)]
    [InlineData("EAGAIN", "2", true)]
    [InlineData("EAGAIN", "1..5", true)]
    [InlineData("EAGAIN", "1+", false)]
    [InlineData("EPERM", "1", false)]
    [InlineData("ENOMEM", "2", false)]
    public void A_table_that_changes_is_read_again_and_one_that_cannot_be_read_is_told_of(string errno, string when, bool read)
    {
        using Node node = Topology.TwoCards().WithFlannel();

        // Nobody else reads the tables then, so that it is this reading that fails.
        node.Configure("""{ "udp": false }""");
        node.Srcroute("bootstrap").Quietly();
        node.Sh("iptables-legacy -t mangle -A PREROUTING -j MARK --set-mark 1");
        string status = node.Start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=getsockopt", "-e", $"inject=getsockopt:error={errno}:when={when}", Requirements.Binary, "status"]).Finish().Output;
        Assert.Equal(read, status.Contains("a rule of iptables-legacy table ip mangle, chain PREROUTING, may set bits", StringComparison.Ordinal));
        Assert.Equal(!read, status.Contains($"whether a rule of iptables-legacy sets bits of marks that are ours cannot be determined: getsockopt(mangle): {errno}: ", StringComparison.Ordinal));
    }
}
