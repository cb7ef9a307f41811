using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// A request for a published port is answered by the card it came by, through the gateway it came through: for all forms in which ports are published, from
/// the links of both cards and from beyond, whatever the reverse path check.
/// </summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class ReplyTests(Backends backends) : IClassFixture<Backends>
{
    private static readonly int[] Ports = [Published.ByHostPort, Published.Local, Published.Cluster];

    /// <summary>Port, whether by IPv6, rp_filter, src_valid_mark.</summary>
    public static TheoryData<int, bool, int, bool> Combinations
    {
        get
        {
            TheoryData<int, bool, int, bool> rows = [];
            foreach (int port in Ports)
            {
                foreach (bool ipv6 in (bool[])[false, true])
                {
                    rows.Add(port, ipv6, 0, false);
                    rows.Add(port, ipv6, 2, false);
                    rows.Add(port, ipv6, 1, true);
                }
            }

            return rows;
        }
    }

    [KernelTheory]
    [MemberData(nameof(Combinations))]
    public Task By_iptables_nft(int port, bool ipv6, int filter, bool sourceValidMark) => AssertRightAsync("iptables-nft", port, ipv6, filter, sourceValidMark);

    [LegacyTheory]
    [MemberData(nameof(Combinations))]
    public Task By_iptables_legacy(int port, bool ipv6, int filter, bool sourceValidMark) =>
        AssertRightAsync("iptables-legacy", port, ipv6, filter, sourceValidMark);

    [KernelTheory]
    [MemberData(nameof(Combinations))]
    public Task By_nftables(int port, bool ipv6, int filter, bool sourceValidMark) => AssertRightAsync("nftables", port, ipv6, filter, sourceValidMark);

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_marks_mains_way_back_is_taken_whatever_the_card_of_the_request(bool ipv6)
    {
        Neighbourhood place = backends["nftables"];
        place.SetReversePath(2);
        place.Node.Configure("""{ "marks": false }""");
        place.Node.Srcroute("sync").Quietly();
        try
        {
            foreach (int port in Ports)
            {
                // Where the gateway has seen the request only, it lets no answer pass; UDP has no state to break.
                await place.AssertAnsweredAsync(
                    "pod-a", port, [.. Flow.Of(ipv6).Where(flow => flow.From == "far").Select(flow => flow with { Way = flow.UsualWay })]);
                IEnumerable<Flow> others = Flow.Of(ipv6).Where(flow => flow.Way != flow.UsualWay && flow.From != "far");
                (Client Client, Flow Flow)[] lost = [.. others.Select(flow => (place.Open(flow.From, flow.To, port), flow))];
                Assert.All(await Task.WhenAll(lost.Select(entry => entry.Client.AskAsync(TimeSpan.FromSeconds(0.5)))), Assert.Null);
                Assert.Equal(lost.Select(entry => entry.Flow.UsualWay), lost.Select(entry => Assert.Single(place.AwaitWaysTo(entry.Client))));
            }
        }
        finally
        {
            place.Node.Sh("rm /etc/srcroute/config.json");
        }
    }

    private async Task AssertRightAsync(string backend, int port, bool ipv6, int filter, bool sourceValidMark)
    {
        Neighbourhood place = backends[backend];
        place.SetReversePath(filter, sourceValidMark);
        place.Node.Srcroute("sync").Quietly();
        await place.AssertAnsweredAsync("pod-a", port, Flow.Of(ipv6));
        place.Node.Srcroute("status").Quietly();
    }
}
