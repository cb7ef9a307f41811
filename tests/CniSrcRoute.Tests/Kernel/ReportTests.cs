using System.Text.RegularExpressions;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>`srcroute report`: what somebody who is asked for help would ask for.</summary>
public sealed partial class ReportTests
{
    [KernelFact]
    public void It_has_all_that_there_is_to_know_and_no_secret()
    {
        using Node node = Topology.TwoCardsDual().WithFlannel();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
        node.Sh("mkdir -p /etc/cni/net.d; ip rule add from 10.9.9.9 lookup 99 priority 500; ip route add 10.9.0.0/16 dev eth1 table 99");
        node.Write("/etc/cni/net.d/10-x.conflist", """
            { "name": "x", "plugins": [
              { "type": "calico",
                "k8s_auth_token": "abcdefgh" } ] }
            """);
        node.Srcroute("bootstrap").Succeeded();
        string before = node.Snapshot();
        Assert.Contains("wrote /run/report: read it before you send it; --anonymous", node.Srcroute("report /run/report").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        Assert.Equal("600\n", node.Sh("stat -c %a /run/report"));

        string text = node.Sh("cat /run/report");
        Assert.All(
            [
                "version 0.", "Linux version", "healthy", "\"healthy\": true", "a watcher does not run", "no change waits for a confirmation", "our nftables table is as it should be",
                "from 10.9.9.9 lookup 99 priority 500", "10.9.0.0/16 dev eth1 table 99", "10.0.0.254", "2001:db8:2::1", "kind \"vxlan\"", "FLANNEL_NETWORK",
                "src-10.0.0.1", "\"type\": \"calico\"", "eth0 rp_filter=", "chain prerouting", "table 255", "journalctl",
            ],
            word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.DoesNotContain("abcdefgh", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(Control(), text);
    }

    [KernelFact]
    public void Asked_to_it_names_no_address_of_the_node()
    {
        using Node node = Topology.TwoCardsDual().WithFlannel();
        node.Srcroute("bootstrap").Succeeded();
        node.Srcroute("report /run/report --anonymous").Quietly();
        string text = node.Sh("cat /run/report");
        Assert.Contains("src-10.", text, StringComparison.Ordinal);
        Assert.All(["192.168.1.", "10.0.0.1", "10.254.", "2001:db8", .. node.Sh("cat /sys/class/net/eth*/address").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            address => Assert.DoesNotContain(address, text, StringComparison.Ordinal));
    }

    [KernelFact]
    public void A_broken_configuration_and_a_card_with_an_odd_name_are_no_obstacle()
    {
        using Node node = Topology.TwoCards();
        node.Sh("ip link add name \"$(printf 'e\\033[31mx')\" type veth peer name odd netns lan");
        node.Configure("nonsense");
        node.Srcroute("report /run/report").Quietly();
        string text = node.Sh("cat /run/report");
        Assert.Contains("not available: /etc/srcroute/config.json: ", text, StringComparison.Ordinal);
        Assert.Contains("dev eth1 table 254", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(Control(), text);
    }

    [KernelTheory]
    [InlineData("report", "needs the name of a new file")]
    [InlineData("report /etc", "/etc exists already")]
    [InlineData("report /nowhere/report", "/nowhere")]
    public void What_cannot_be_done_is_said(string arguments, string sentence)
    {
        using Node node = new();
        Assert.Contains(sentence, node.Srcroute(arguments).Refusal(), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"[\x00-\x09\x0b-\x1f\x7f-\x9f]")]
    private static partial Regex Control();
}
