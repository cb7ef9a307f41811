using CniSrcRoute.Nftables;
using CniSrcRoute.UnitTests.Nodes;
using static CniSrcRoute.Nftables.NftExpression;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>A table with every kind of set, map and statement there is.</summary>
internal static class AnyTable
{
    public static NftTable Of(int cards)
    {
        string[] names = [.. Enumerable.Range(0, cards).Select(i => $"eth{i}")];
        NftSet marks = NftSet.Of("marks", NftType.Mark, NftType.Verdict, names.Select((name, i) => new NftElement(NftData.Number((uint)i << 4), Verdict.Goto(name))));
        NftSet arrivals = NftSet.Of("arrivals", NftType.Card, NftType.Verdict, names.Select(name => new NftElement(NftData.Card(name), Verdict.Jump(name))));
        NftSet asked = NftSet.Of(
            "asked",
            NftType.Of(NftType.Address(Family.IPv4), NftType.Card),
            NftType.Verdict,
            names.Select((name, i) => new NftElement(
                NftData.Of(NftData.Address(Text.Address($"10.{i}.0.1")), NftData.Card(name)),
                i == 0 ? Verdict.Return : i == 1 ? Verdict.Accept : Verdict.Goto(name))));
        NftSet asked6 = NftSet.Of(
            "asked6",
            NftType.Of(NftType.Address(Family.IPv6), NftType.Card),
            NftType.Verdict,
            names.Select((name, i) => new NftElement(NftData.Of(NftData.Address(Text.Address($"fd00:{i}::1")), NftData.Card(name)), Verdict.Goto(name))));
        NftSet pods = NftSet.Of(
            "pods",
            Family.IPv4,
            ((string[])["10.1.0.0/24", "10.0.0.0/24", "10.0.1.0/24", "10.0.1.128/25", "224.0.0.0/3", "192.0.2.1", "0.0.0.0/8"]).Select(Text.Prefix));
        NftSet pods6 = NftSet.Of("pods6", Family.IPv6, ((string[])["fd00::/48", "::1", "ff00::/8"]).Select(Text.Prefix));
        NftSet answers = Answers("answers", Family.IPv4, ("10.0.0.0/24", Verdict.Accept), ("10.0.1.0/24", Verdict.Accept), ("128.0.0.0/1", Verdict.Return));
        NftSet answers6 = Answers("answers6", Family.IPv6, ("::/1", Verdict.Accept), ("8000::/1", Verdict.Return));
        NftSet ports = NftSet.Of("ports", NftType.Port, null, [new NftElement(NftData.Port(500)), new NftElement(NftData.Port(53))]);
        return new NftTable(
        [
            new NftChain("prerouting", new NftHook("filter", 0, -151),
            [
                NftRule.Of(NftStatement.IsNew, NftStatement.IsOriginal, NftStatement.IsForNode, NftStatement.CardTo(arrivals)),
                NftRule.Of(NftStatement.IsReply, NftStatement.ConnectionMarkTo(0xff0, marks)),
                NftRule.Of(NftStatement.IsForOtherCard, NftStatement.IsNotFrom(Family.IPv4, pods), NftStatement.IsFor(Family.IPv4, pods), NftStatement.Return),
                NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.IsNotFrom(Family.IPv6, pods6), NftStatement.Accept),
                NftRule.Of(NftStatement.IsFor(Family.IPv6, pods6), NftStatement.IsFrom(Family.IPv6, pods6), NftStatement.Accept),
                NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.WasForAndCardTo(Family.IPv4, asked)),
                NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.WasForAndCardTo(Family.IPv6, asked6)),
                NftRule.Of(NftStatement.DestinationAndCardTo(Family.IPv4, asked)),
                NftRule.Of(NftStatement.DestinationAndCardTo(Family.IPv6, asked6)),
            ]),
            new NftChain("servers", new NftHook("nat", 0, -70),
            [
                NftRule.Of(NftStatement.IsNotForPort(ports), NftStatement.IsForNode, NftStatement.HasWildcardSocket, NftStatement.Goto("wildcard")),
                NftRule.Of(NftStatement.IsUdp, NftStatement.Return),
            ]),
            new NftChain("wildcard", null,
            [
                NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.SourceTo(Family.IPv4, answers)),
                NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.SourceTo(Family.IPv6, answers6)),
                NftRule.Of(NftStatement.IsOf(Family.IPv4), NftStatement.TranslateTo(Text.Address("10.0.0.1"))),
                NftRule.Of(NftStatement.IsOf(Family.IPv6), NftStatement.TranslateTo(Text.Address("fd00::1"))),
            ]),
            .. names.Select((name, i) => new NftChain(name, null, [NftRule.Of(NftStatement.SetConnectionMark(0xff0, (uint)i << 4))])),
        ])
        {
            Sets = [marks, arrivals, asked, asked6, pods, pods6, answers, answers6, ports],
        };
    }

    private static NftSet Answers(string name, Family family, params (string Network, Verdict Verdict)[] answers)
    {
        var elements = answers.Select(one => new NftElement(Text.Prefix(one.Network), one.Verdict));
        return NftSet.Of(name, NftType.Address(family), NftType.Verdict, elements) with { IsInterval = true };
    }
}
