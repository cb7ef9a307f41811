using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>firewalld drops what came by another card than the one by which it would be answered; it looks at marks.</summary>
public sealed class FirewalldTests
{
    /// <summary>Whether firewalld is there before us, rp_filter.</summary>
    public static TheoryData<bool, int> Modes => new() { { true, 0 }, { false, 1 }, { false, 2 } };

    [KernelTheory]
    [MemberData(nameof(Modes))]
    public async Task Every_published_port_is_reached_from_everywhere(bool first, int filter)
    {
        using Neighbourhood place = Prepare(first, filter);
        foreach (int port in (int[])[Published.ByHostPort, Published.Local, Published.Cluster])
        {
            await place.AssertAnsweredAsync("pod-a", port, Flow.Of(ipv6: true));
            await place.AssertAnsweredAsync("pod-a", port, Flow.Of(ipv6: false));
        }

        await place.AssertAnsweredAsync("pod-a", Published.External, Flow.External(ipv6: true));
        await place.AssertAnsweredAsync("pod-b", Published.Elsewhere, Flow.Of(ipv6: true));
        await place.AssertAnsweredAsync("node", Published.HostNetwork, Flow.Of(ipv6: true));
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
        place.Node.Srcroute("status").Quietly();
    }

    [KernelFact]
    public async Task A_pod_beyond_another_card_has_mains_way_there_and_is_answered_by_the_card_of_the_request()
    {
        using Neighbourhood place = Prepare(first: true, 0);
        place.Forget();
        await place.AssertAnsweredAsync("node2", Published.HostNetworkElsewhere, Flow.Of(ipv6: true));
        Assert.Equal(
            ["eth0 65"],
            place.Sent().Where(packet => packet.DestinationPort == Neighbourhood.HostPort).Select(packet => packet.Way).Distinct());
    }

    [KernelFact]
    public async Task What_is_too_long_for_the_tunnel_is_told_so()
    {
        using Neighbourhood place = Prepare(first: false, 0);
        Client[] clients =
        [
            .. from flow in Flow.Of(ipv6: true)
               from port in (int[])[Published.Cluster, Published.Elsewhere]
               select place.Open(flow.From, flow.To, port),
        ];
        Assert.All(await Task.WhenAll(clients.Select(client => client.AskAsync(length: 100_000))), Assert.NotNull);
        Packet[] outer = [.. place.Sent().Where(packet => packet.Inner is not null && !packet.IsIcmpError)];
        Assert.NotEmpty(outer);
        Assert.All(outer, packet => Assert.Equal("eth0 65", packet.Way));
    }

    [KernelFact]
    public async Task Without_marks_it_drops_what_main_answers_by_another_card()
    {
        using Neighbourhood place = Prepare(first: true, 0);
        place.Node.Configure("""{ "marks": false }""");
        place.Node.Srcroute("sync").Quietly();
        Client[] lost =
        [
            .. from flow in Flow.Of(ipv6: true)
               where flow.Way[..4] != flow.UsualWay[..4]
               select place.Open(flow.From, flow.To, Published.Local),
        ];
        Assert.NotEmpty(lost);
        Assert.All(await Task.WhenAll(lost.Select(client => client.AskAsync(TimeSpan.FromSeconds(0.5)))), Assert.Null);
        Assert.All(lost, client => Assert.Empty(place.WaysTo(client)));
    }

    private static Neighbourhood Prepare(bool first, int filter)
    {
        var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        if (first)
        {
            Firewalld.Load(place.Node);
        }

        place.Node.Srcroute("bootstrap").Quietly();
        if (!first)
        {
            Firewalld.Load(place.Node);
        }

        return place;
    }
}
