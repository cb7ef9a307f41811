using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>A kernel without nftables, or one that may not be asked: everything else works, and status says what is not covered.</summary>
public sealed class NoNftablesTests
{
    private const string NotCovered = "connections are not marked by the card they came in by: ";

    [StraceTheory]
    [InlineData("EPROTONOSUPPORT")]
    [InlineData("EAFNOSUPPORT")]
    [InlineData("EPERM")]
    public void A_socket_that_cannot_be_had_costs_the_marks_alone(string errno)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        string without = Without(node, errno, "sync");
        Assert.EndsWith("22 routes added, 6 rules added\n", node.Sh(without), StringComparison.Ordinal);
        Assert.Equal(("", ""), (Ruleset.All(node), Ruleset.MarkRules(node)));
        Assert.Contains("nothing to do\n", node.Sh(without), StringComparison.Ordinal);

        string status = node.Sh(Without(node, errno, "status"));
        Assert.StartsWith("healthy, 1 warning\n", status, StringComparison.Ordinal);
        Assert.Matches($@"\n  {Regex.Escape(NotCovered)}nftables does not answer \([^\n]+\); ", status);

        // With it there, the rest follows, and none of the rules for addresses is made again.
        Assert.EndsWith(" rules added, 1 table of nftables added\n", node.Srcroute("sync").Quietly().Output, StringComparison.Ordinal);
    }

    [StraceTheory]
    [InlineData("EPROTONOSUPPORT")]
    public void A_pod_starts_and_is_checked_without_it(string errno)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Write("/run/input", Calls.Input(Calls.Result()));
        string call = Without(
            node, errno, "", "CNI_COMMAND=ADD CNI_CONTAINERID=pod-a CNI_NETNS=/run/netns/pod-a CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin", "</run/input");
        Assert.Contains("10.254.1.5/24", node.Sh(call), StringComparison.Ordinal);
        Assert.Equal("", node.Sh(call.Replace("=ADD", "=CHECK", StringComparison.Ordinal)));
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "10.0.0.1"));
    }

    [KernelFact]
    public void Who_may_not_ask_for_it_is_told_so_and_sees_no_drift_where_there_is_none()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        string[] restricted = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Requirements.Binary];
        Outcome status = node.Start([.. restricted, "status"]).Finish();
        Assert.Contains("nftables can be read with CAP_NET_ADMIN alone", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("drift:", status.Output, StringComparison.Ordinal);
        Assert.Equal(0, status.ExitStatus);
        Assert.Equal("", node.Start([.. restricted, "sync", "--dry-run"]).Finish().Output);

        // What can be seen is seen.
        node.Sh("ip rule del priority 501");
        status = node.Start([.. restricted, "status"]).Finish();
        Assert.Equal(2, status.ExitStatus);
        Assert.Contains("+ ip rule add from all fwmark 0x20/0x7f lookup 1000 priority 501 protocol 206\n", status.Output, StringComparison.Ordinal);
    }

    [StraceTheory]
    [InlineData("ENOMEM")]
    [InlineData("ENOBUFS")]
    public void A_read_that_fails_once_costs_no_connection_its_way(string errno)
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        string rules = Ruleset.MarkRules(node), table = Ruleset.Ours(node);
        foreach (string question in (string[])["NFT_MSG_GETTABLE", "NFT_MSG_GETRULE", "NFT_MSG_GETCHAIN"])
        {
            _ = node.Sh($"{Failing(node, "sendto", question, errno, "sync")} || :");
            Assert.Equal((rules, table), (Ruleset.MarkRules(node), Ruleset.Ours(node)));
        }
    }

    [KernelFact]
    public void Teardown_without_it_takes_away_what_it_can()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string before = node.Snapshot();
        node.Srcroute("bootstrap").Quietly();
        Outcome teardown = node.Start(["sh", "-c", Without(node, "EPROTONOSUPPORT", "teardown")]).Finish();
        Assert.Equal(before, node.Snapshot());
        Assert.DoesNotContain("Unhandled", teardown.Error, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_table_that_belongs_to_another_program_is_said_and_everything_else_is_done()
    {
        using Node node = Topology.TwoCards().WithFlannel();

        // As long as its socket is open nobody else may change the table (NFT_TABLE_F_OWNER).
        using Job owner = node.Start(["sh", "-c", "(echo 'table inet srcroute { flags owner; }'; sleep infinity) | nft -i"]);
        node.Await("nft list table inet srcroute");
        Outcome sync = node.Srcroute("sync");
        Assert.Equal(1, sync.ExitStatus);
        Assert.Contains("EPERM", sync.Error, StringComparison.Ordinal);
        Assert.Equal(2, node.Sh("ip rule | grep '^32765:.*from [0-9]'").Split("32765:").Length - 1);
        Assert.Equal(2, node.Srcroute("status").ExitStatus);
        node.Call("ADD", Calls.Input(Calls.Result())).Succeeded();
        owner.Dispose();
        node.Await("! nft list table inet srcroute");
        node.Srcroute("sync").Quietly();
        node.Srcroute("status").Quietly();
    }

    private static string Without(Node node, string errno, string verb, string environment = "", string input = "") =>
        Failing(node, "socket", "NETLINK_NETFILTER", errno, verb, environment, input);

    /// <summary>A command in which the first call of a kind that mentions a word fails.</summary>
    private static string Failing(Node node, string call, string word, string errno, string verb, string environment = "", string input = "")
    {
        // Which of them it is a first run tells, which changes nothing.
        string trace = node.Sh(
            $"env {environment} strace -f -qq -v -e trace={call} -o /run/calls {Requirements.Binary} " +
            $"{(verb.Length == 0 ? "" : verb == "status" ? verb : $"{verb} --dry-run")} {input} >/dev/null || :; cat /run/calls");
        string[] calls = [.. trace.Split('\n').Where(line => line.Contains($"{call}(", StringComparison.Ordinal))];
        int when = 1 + Array.FindIndex(calls, line => line.Contains(word, StringComparison.Ordinal));
        Assert.True(when > 0, trace);
        return $"env {environment} strace -f -qq -o /dev/null -e trace={call} -e inject={call}:error={errno}:when={when} {Requirements.Binary} {verb} {input}";
    }
}
