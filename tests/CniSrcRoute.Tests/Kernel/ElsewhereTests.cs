using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>A source that the node cannot serve now: its address is on another node, its card is away. The others are served as ever.</summary>
public sealed class ElsewhereTests
{
    [KernelTheory]
    [InlineData("""{ "sources": [{ "address": "192.168.1.105" }] }""", "sources[0].address: no card has 192.168.1.105", 0)]
    [InlineData("""{ "sources": [{ "network": "172.16.0.0/12" }] }""", "sources[0].network: no card has an address in 172.16.0.0/12", 0)]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "card": "eth9" }] }""", "sources[0].card: there is no card eth9; 10.0.0.1 is on eth1", 2)]
    [InlineData("""{ "sources": [{ "address": "172.16.0.1", "card": "eth9" }] }""", "sources[0].card: there is no card eth9", 2)]
    public void It_never_stops_the_others_and_every_command_says_and_does_the_same(string config, string sentence, int status)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure(config);
        Outcome plan = node.Srcroute("sync --dry-run");
        Assert.Contains(sentence, plan.Error, StringComparison.Ordinal);
        Assert.Contains("ip rule add from 192.168.1.100", plan.Output, StringComparison.Ordinal);

        foreach (string command in new[] { "bootstrap", "sync" })
        {
            Assert.Contains(sentence, node.Srcroute(command).Succeeded().Error, StringComparison.Ordinal);
            Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
            node.Srcroute("teardown").Quietly();
        }

        node.Srcroute("sync").Succeeded();
        Outcome report = node.Srcroute("status");
        Assert.Equal(status, report.ExitStatus);
        Assert.Contains(sentence, report.Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_virtual_address_that_another_node_holds_is_not_waited_for_at_boot()
    {
        using Node node = Topology.TwoCards();
        node.Configure("""{ "sources": [{ "address": "192.168.1.105" }] }""");
        node.Srcroute("bootstrap --wait 3600").Succeeded();
        Assert.Contains("from 192.168.1.100 iif lo lookup src-192.168.1.100", node.Sh("ip rule"), StringComparison.Ordinal);
    }
}
