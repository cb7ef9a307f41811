using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// Published ports of pods elsewhere, of hostNetwork pods, and of external addresses; what the node itself says in such connections; and what is not theirs.
/// </summary>
/// <param name="backends">The neighbourhoods.</param>
public sealed class OtherPodTests(Backends backends) : IClassFixture<Backends>
{
    /// <summary>Whether by IPv6, rp_filter, src_valid_mark.</summary>
    public static TheoryData<bool, int, bool> Modes => new()
    {
        { false, 0, false }, { false, 2, false }, { false, 1, true },
        { true, 0, false }, { true, 2, false }, { true, 1, true },
    };

    [KernelTheory]
    [MemberData(nameof(Modes))]
    public async Task A_pod_on_the_other_node_is_reached_through_the_tunnel_which_keeps_its_card(bool ipv6, int filter, bool sourceValidMark)
    {
        Neighbourhood place = Prepare(filter, sourceValidMark);
        await place.AssertAnsweredAsync("pod-b", Published.Elsewhere, Flow.Of(ipv6));

        string outer = ipv6 ? "2001:db8:1::100 2001:db8:1::101" : "192.168.1.100 192.168.1.101";
        Packet[] tunnel =
            [.. place.Sent().Where(packet => packet.Inner is { IsIcmpError: false } && packet.Source.Contains(':', StringComparison.Ordinal) == ipv6)];
        Assert.NotEmpty(tunnel);
        Assert.All(tunnel, packet => Assert.Equal($"eth0 65 {outer}", $"{packet.Card} {packet.NextHop[^2..]} {packet.Source} {packet.Destination}"));
    }

    [KernelTheory]
    [MemberData(nameof(Modes))]
    public async Task An_external_address_that_no_card_has(bool ipv6, int filter, bool sourceValidMark)
    {
        Neighbourhood place = Prepare(filter, sourceValidMark);
        await place.AssertAnsweredAsync("pod-a", Published.External, Flow.External(ipv6));
        await place.AssertAnsweredAsync("pod-a", Published.ExternalLocal, Flow.External(ipv6));
    }

    [KernelTheory]
    [MemberData(nameof(Modes))]
    public async Task A_hostNetwork_pod_on_this_node(bool ipv6, int filter, bool sourceValidMark)
    {
        Neighbourhood place = Prepare(filter, sourceValidMark);
        await place.AssertAnsweredAsync("node", Published.HostNetwork, Flow.Of(ipv6));
        await place.AssertAnsweredAsync("node", Published.HostNetworkLocal, Flow.Of(ipv6));
    }

    [KernelTheory]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task A_hostNetwork_pod_on_the_other_node_is_reached_by_mains_way(bool ipv6, int filter)
    {
        Neighbourhood place = Prepare(filter, sourceValidMark: filter == 1);
        await place.AssertAnsweredAsync("node2", Published.HostNetworkElsewhere, Flow.Of(ipv6));
        Assert.Equal(["eth0 65"], WaysToHostPort(place));
    }

    [KernelFact]
    public async Task With_a_strict_check_of_the_reverse_path_a_hostNetwork_pod_beyond_another_card_has_mains_ways_both_there_and_back()
    {
        Neighbourhood place = Prepare(1, true);

        // The others would have to come back by another card than they came by, which such a check lets pass nobody.
        Flow[] flows = [.. Flow.Of(ipv6: false).Where(flow => flow.Way[..4] == flow.UsualWay[..4] || flow.To == Neighbourhood.Office4)];
        await place.AssertAnsweredAsync("node2", Published.HostNetworkElsewhere, flows);
        Assert.Equal(["eth0 65"], WaysToHostPort(place));
    }

    private static IEnumerable<string> WaysToHostPort(Neighbourhood place) =>
        place.Sent().Where(packet => packet.DestinationPort == Neighbourhood.HostPort).Select(packet => packet.Way).Distinct();

    private Neighbourhood Prepare(int filter, bool sourceValidMark)
    {
        Neighbourhood place = backends["nftables"];
        place.SetReversePath(filter, sourceValidMark);
        place.Node.Srcroute("sync").Quietly();
        place.Forget();
        return place;
    }
}
