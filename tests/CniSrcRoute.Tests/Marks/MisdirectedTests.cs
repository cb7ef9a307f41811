using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>The count of replies that left by another card than their request came in by.</summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class MisdirectedTests(Backends backends) : IClassFixture<Backends>
{
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Counted_is_what_a_rule_of_others_takes_off_its_way_and_nothing_else(bool ipv6)
    {
        Neighbourhood place = backends["nftables"];
        place.SetReversePath(2);
        place.Node.Srcroute("sync").Quietly();
        ulong before = Counted(place.Node);
        foreach ((string server, int port) in new[] { ("pod-a", Published.Local), ("pod-a", Published.Cluster), ("pod-b", Published.Elsewhere), ("node", Published.HostNetworkLocal) })
        {
            await place.AssertAnsweredAsync(server, port, Flow.Of(ipv6));
        }

        Assert.Equal(before, Counted(place.Node));

        string ip = ipv6 ? "ip -6" : "ip";
        place.Node.Sh($"{ip} rule add lookup main priority 1");
        try
        {
            Flow wrong = Flow.Of(ipv6).First(flow => flow.Way != flow.UsualWay && flow.From != "far");
            using Client client = place.Open(wrong.From, wrong.To, Published.Local);
            Assert.Null(await client.AskAsync(TimeSpan.FromSeconds(0.5)));
            Assert.Equal([wrong.UsualWay], place.AwaitWaysTo(client));
        }
        finally
        {
            place.Node.Sh($"{ip} rule del lookup main priority 1");
        }

        ulong after = Counted(place.Node);
        Assert.True(after > before, $"{after}");
        Assert.Contains("have left by another card", place.Node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);

        // What it has counted is no drift, and outlives a table of other contents.
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
        place.Node.Configure("""{ "overlay": { "networks": ["10.254.0.0/16", "fd00:254::/48", "10.77.0.0/16"] } }""");
        Assert.Contains("1 table of nftables changed", place.Node.Srcroute("sync").Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(after, Counted(place.Node));
        place.Node.Sh("rm /etc/srcroute/config.json");
        place.Node.Srcroute("sync").Succeeded();
    }

    [KernelFact]
    public void Where_there_are_no_marks_nothing_is_said_to_have_been_counted()
    {
        using Node node = Topology.TwoCards();
        Assert.Equal(JsonValueKind.Null, Status(node).ValueKind);
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal(0UL, Counted(node));
    }

    private static ulong Counted(Node node) => Status(node).GetUInt64();

    private static JsonElement Status(Node node) => JsonDocument.Parse(node.Srcroute("status -o json").Output).RootElement.GetProperty("misdirectedReplies");
}
