using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Walk;
using Xunit;

namespace CniSrcRoute.UnitTests.Walk;

/// <summary>What comes in by a card of a VRF is answered by a socket of that, as make e2e-vm has it of a kernel.</summary>
public sealed class VrfTests
{
    private const uint TableOfRed = 10;

    [Theory]
    [InlineData("eth2", "10.0.2.1", "198.51.100.7", "10.0.2.254")]
    [InlineData("eth2", "10.0.2.1", "192.168.1.50", "10.0.2.254")]
    [InlineData("eth2", "10.0.2.1", "10.0.2.50", "")]
    [InlineData("eth0", "192.168.1.100", "198.51.100.7", "192.168.1.1")]
    [InlineData("eth0", "192.168.1.100", "192.168.1.50", "")]
    public void An_answer_keeps_to_the_VRF_of_its_request(string name, string address, string client, string router)
    {
        NodeState state = WithVrf();
        Link card = state.Links.Single(link => link.Name == name);
        var trip = RoundTrip.Of(state, new Request(Text.Address(client), Text.Address(address), 8, 6, card, card, null));
        Assert.True(trip.IsRight);
        Assert.Equal(router, trip.Answer.Hops.Single().Gateway.ToString());
        var cards = new Cards(Node.Parse("{}"), state);
        Assert.Equal(router, new Asked(state, Derive.From(Node.Parse("{}"), state), cards).Router(Text.Address(client), card).ToString());
    }

    /// <summary>As `ip link add red type vrf table 10` and `ip link set eth2 master red` leave it.</summary>
    private static NodeState WithVrf()
    {
        const byte FRA_L3MDEV = 19;
        var rule = new Rule { Family = Family.IPv4, Protocol = 2 };
        NodeState state = new Node()
            .Card("eth0", "192.168.1.100/24").Device("red", "vrf").Device("eth2", "", master: 3, addresses: "10.0.2.1/24")
            .Main("default via 192.168.1.1 dev eth0").Main("192.168.1.0/24 dev eth0 src 192.168.1.100")
            .In(TableOfRed, "default via 10.0.2.254 dev eth2").In(TableOfRed, "10.0.2.0/24 dev eth2 src 10.0.2.1").In(TableOfRed, "local 10.0.2.1 dev eth2")
            .Rule(rule with { Priority = 1000, Selectors = new OpaqueBytes([5, 0, FRA_L3MDEV, 0, 1, 0, 0, 0]) })
            .Rule(rule with { Priority = 32765, Table = TableId.Local })
            .Rule(rule with { Priority = Rule.MainPriority, Table = TableId.Main })
            .State;
        return state with
        {
            Links = [.. state.Links.Select(link => link.Name == "red" ? link with { VrfTable = TableOfRed } : link)],
            Local = [Text.Route("local 192.168.1.100 dev eth0", _ => 2)],
        };
    }
}
