using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>When the nftables table is there and when not, and the numbers in it.</summary>
public sealed partial class TableLifeTests
{
    [KernelFact]
    public void It_comes_with_the_second_card_and_goes_with_the_sources()
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();
        Assert.NotEqual("", Ruleset.Ours(node));
        node.Configure("""{ "discover": false }""");
        node.Srcroute("sync").Quietly();
        Assert.Equal(("", ""), (Ruleset.All(node), Ruleset.MarkRules(node)));
    }

    [KernelFact]
    public void Marks_keep_their_tables_when_cards_and_addresses_come_and_go()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        Dictionary<string, string> marks = Marks(node);
        Assert.Equal(10, marks.Count);

        // The first in every list, so that counting anew would give it the first number.
        AssertKept("ip address add 10.0.0.7/24 dev eth1; ip address add 192.168.1.5/24 dev eth0; ip address add 2001:db8:1::5/64 dev eth0 nodad");
        node.Configure("""{ "sources": [{ "address": "10.0.0.7", "table": 7 }] }""");
        AssertKept("");
        node.Sh(
            "rm /etc/srcroute/config.json; ip address del 10.0.0.7/24 dev eth1; " +
            "ip address del 192.168.1.5/24 dev eth0; ip address del 2001:db8:1::5/64 dev eth0");
        AssertKept("");

        node.Sh("ip link set eth1 down");
        node.Srcroute("sync").Succeeded();
        Assert.Equal(
            marks.Where(mark => mark.Value == "main" || mark.Value.EndsWith("100", StringComparison.Ordinal)).Select(mark => mark.ToString()).Order(),
            Marks(node).Select(mark => mark.ToString()).Order());
        AssertKept("ip link set eth1 up; ip address replace 2001:db8:2::1/64 dev eth1 nodad");

        void AssertKept(string change)
        {
            node.Sh(change);
            node.Srcroute("sync").Quietly();
            Dictionary<string, string> now = Marks(node);
            Assert.All(marks, mark => Assert.Equal(mark.Value, now.GetValueOrDefault(mark.Key)));
            node.Srcroute("status").Quietly();
        }
    }

    [KernelFact]
    public void The_mark_of_a_source_that_is_not_served_is_not_for_others()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("ip link set eth1 down");
        node.Srcroute("sync").Succeeded();

        // Connections that came by eth1 may live; the new card stands before it in the kernel's list.
        node.Sh("ip link add eth2 index 9 up type veth peer name eth2 netns lan; ip -n lan link set eth2 up; ip address add 172.16.7.1/24 dev eth2");
        node.Srcroute("sync").Succeeded();
        Assert.NotEqual("src-172.16.7.1", Marks(node).GetValueOrDefault("-4 0x21/0x7f"));
        node.Sh("ip link set eth1 up");
        node.Srcroute("sync").Quietly();
        Assert.Equal("src-10.0.0.1", Marks(node).GetValueOrDefault("-4 0x21/0x7f"));
    }

    [KernelFact]
    public void Sources_beyond_the_masks_marks_are_served_without_and_status_says_so()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Ip(string.Join('\n', Enumerable.Range(101, 5).Select(i => $"address add 192.168.1.{i}/24 dev eth0")));
        node.Configure("""{ "marks": { "mask": "0x30" } }""");

        // The first card's other addresses are led by its one mark.
        const string Note = "connections to 1 sources get no mark, so their replies go by their address alone: the mask 0x30 has marks for 1; " +
            "give it more bits: \"marks\": { \"mask\": \"0x...\" } in /etc/srcroute/config.json\n";
        Assert.Contains(Note, node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        Assert.Contains(Note, node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(7, node.Sh("ip rule | grep '^32765:.*from [0-9]'").Split("32765:").Length - 1);
        Assert.Equal(2, node.Sh("ip rule").Split("501:").Length - 1);

        node.Configure("""{ "marks": { "mask": "0x70" } }""");
        Assert.DoesNotContain("get no mark", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);

        // Two rules for each card: its addresses share a mark.
        Assert.Equal(4, node.Sh("ip rule").Split("501:").Length - 1);
        Assert.Contains("src-10.0.0.1 ", node.Sh("ip rule show priority 501"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void However_many_addresses_a_card_has_they_share_its_mark()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Ip(string.Join(
            '\n',
            Enumerable.Range(2, 61).SelectMany(i => (string[])[$"address add 10.0.{i}.1/24 dev eth1", $"address add 2001:db8:5:{i}::1/64 dev eth0 nodad"])));
        Assert.EndsWith(", 1 table of nftables added\n", node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);

        // For each card and family two rules, and one for what the node itself opens.
        Assert.Equal(10, Marks(node).Count);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        node.Sh("nft flush table inet srcroute");
        node.Srcroute("sync").Quietly();
        node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public void Many_more_sources_are_served_with_any_mask()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Ip(string.Join('\n', Enumerable.Range(1, 400).Select(i => $"address add 10.{1 + (i / 200)}.{i % 200}.1/24 dev eth1")));
        node.Configure("""{ "marks": { "mask": "0x7fff0000" } }""");
        Assert.EndsWith(", 1 table of nftables added\n", node.Srcroute("bootstrap").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void Switched_off_nothing_of_it_is_left_and_status_says_what_is_not_covered()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("""{ "marks": false }""");

        string[] plan = node.Srcroute("sync --dry-run").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("- nft delete table inet srcroute", plan[0]);
        Assert.Equal(18, plan.Count(line => line.StartsWith("- ip ", StringComparison.Ordinal) && line.Contains("fwmark", StringComparison.Ordinal)));
        Assert.Equal(21, plan.Length);
        node.Srcroute("sync").Quietly();
        Assert.Equal(("", ""), (Ruleset.All(node), Ruleset.MarkRules(node)));
        Assert.Contains(
            "connections are not marked by the card they came in by: \"marks\" is false in /etc/srcroute/config.json; replies go by their address alone",
            node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);

        node.Sh("rm /etc/srcroute/config.json");
        node.Srcroute("sync").Quietly();
        Assert.NotEqual("", Ruleset.Ours(node));
    }

    [KernelFact]
    public void Another_mask_or_priority_takes_the_place_of_the_old_one()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        node.Configure("""{ "marks": { "mask": "0xf0" }, "rulePriority": 20000 }""");
        node.Srcroute("sync").Quietly();
        Assert.Equal(
            ["501: from all fwmark 0x40/0xf0", "501: from all fwmark 0xc0/0xf0", "501: from all fwmark 0x50/0xf0", "501: from all fwmark 0xd0/0xf0", "19999: from all fwmark 0x80/0xf0"],
            node.Sh("ip -N rule | grep 'fwmark.*lookup'")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => Regex.Replace(line, @"\s+", " "))
                .Select(line => line[..line.IndexOf(" lookup", StringComparison.Ordinal)]));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
        node.Srcroute("teardown").Quietly();
        Assert.Equal(("", ""), (Ruleset.All(node), Ruleset.MarkRules(node)));
    }

    [KernelTheory]
    [InlineData("\"0x1\"")]
    [InlineData("\"0x0\"")]
    [InlineData("\"0x\"")]
    [InlineData("\"7f\"")]
    [InlineData("\"0x1ffffffff\"")]
    [InlineData("\"0x7f \"")]
    [InlineData("127")]
    [InlineData("null")]
    public void A_bad_mask_is_refused_in_one_sentence_and_nothing_is_done(string mask)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string before = node.Snapshot();
        node.Configure($$"""{ "marks": { "mask": {{mask}} } }""");
        Assert.StartsWith($"srcroute: /etc/srcroute/config.json: marks.mask: {mask} must be ", node.Srcroute("bootstrap").Refusal(), StringComparison.Ordinal);
        Assert.Equal((before, ""), (node.Snapshot(), Ruleset.All(node)));
    }

    [KernelTheory]
    [InlineData("""{ "marks": 7 }""", "marks")]
    [InlineData("""{ "marks": null }""", "marks")]
    [InlineData("""{ "marks": { "setSrcValidMark": "yes" } }""", "marks.setSrcValidMark")]
    [InlineData("""{ "marks": { "colour": "red" } }""", "marks.colour")]
    public void So_is_another_mistake_below_marks(string config, string key)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure(config);
        Assert.StartsWith($"srcroute: /etc/srcroute/config.json: {key}: ", node.Srcroute("bootstrap").Refusal(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Teardown_leaves_nftables_and_rules_as_they_were()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Start(["nft", "-f", "-"], Ruleset.Foreign).Finish().Succeeded();
        node.Sh("ip rule add fwmark 0x4000/0x4000 lookup 77 priority 30001; iptables-nft -t nat -A PREROUTING -p tcp --dport 9 -j REDIRECT --to-ports 99");
        (string, string) before = (node.Snapshot(), Ruleset.All(node));

        node.Srcroute("bootstrap").Succeeded();
        Assert.NotEqual(before, (node.Snapshot(), Ruleset.All(node)));
        node.Sh("nft add set inet srcroute strange '{ type ipv4_addr; }'; nft add chain inet srcroute more");
        Assert.Contains("1 table of nftables removed\n", node.Srcroute("teardown").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(before, (node.Snapshot(), Ruleset.All(node)));
        Assert.Equal("nothing to do\n", node.Srcroute("teardown").Quietly().Output);
    }

    [KernelFact]
    public void An_ADD_makes_it_and_a_CHECK_misses_it()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result());
        node.Call("ADD", input).Quietly();
        string right = Ruleset.Ours(node);
        Assert.NotEqual("", right);
        node.Call("CHECK", input).Quietly().AssertSilent();

        node.Sh("nft delete table inet srcroute");
        Refusal refusal = node.Call("CHECK", input).AssertRefused(101);
        Assert.StartsWith("+ nft -f - <<'END'\ntable inet srcroute {", refusal.Details, StringComparison.Ordinal);
        Assert.Equal("", Ruleset.All(node));
        node.Call("ADD", input).Quietly();
        Assert.Equal(right, Ruleset.Ours(node));

        node.Sh("nft flush chain inet srcroute request; ip rule del priority 501");
        refusal = node.Call("CHECK", input).AssertRefused(101);
        Assert.Contains("+ ip rule add from all fwmark 0x20/0x7f lookup 1000 priority 501 protocol 206", refusal.Details, StringComparison.Ordinal);
        Assert.Contains("~ nft -f - <<'END'\ndelete table inet srcroute\n", refusal.Details, StringComparison.Ordinal);
        node.Call("ADD", input).Quietly();
        node.Call("CHECK", input).Quietly().AssertSilent();
        node.Call("DEL", Calls.Input(null)).Quietly().AssertSilent();
        Assert.Equal(right, Ruleset.Ours(node));
    }

    [KernelFact]
    public void Beside_a_watcher_an_ADD_leaves_it_to_the_watcher()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node);

        // Stopped, so that it does not help; its lock is held all the same.
        watcher.Stop();
        node.Sh("nft delete table inet srcroute");
        node.Call("ADD", Calls.Input(Calls.Result())).Quietly();
        Assert.Equal("", Ruleset.Ours(node));
        watcher.Signal("CONT");
        node.Await("nft list table inet srcroute");
        node.Call("CHECK", Calls.Input(Calls.Result())).Quietly().AssertSilent();
    }

    /// <summary>The names of the tables by family and mark.</summary>
    private static Dictionary<string, string> Marks(Node node)
    {
        var marks = new Dictionary<string, string>();
        foreach (string family in (string[])["-4", "-6"])
        {
            foreach (Match match in MarkRule().Matches(node.Sh($"ip {family} rule")))
            {
                marks.Add($"{family} {match.Groups[1].Value}", match.Groups[2].Value);
            }
        }

        return marks;
    }

    [GeneratedRegex(@"fwmark (\S+) lookup (\S+)")]
    private static partial Regex MarkRule();
}
