using CniSrcRoute.Configuration;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Planning;

/// <summary>
/// The part of the nftables table that has UDP servers answer with the address that was asked. A server that is bound to no address answers with the one that
/// main chooses. So its requests are translated to just that one; the answer comes from it, and connection tracking puts the asked one in its place.
/// </summary>
public static class UdpTable
{
    /// <summary>
    /// Behind everybody else's translation of destinations, published ports above all: what has been translated is not translated again. All chains of the type
    /// nat are called at -100 (`dstnat`), in this order.
    /// </summary>
    private const int BehindOthers = -80;

    private const string Servers = "servers";

    /// <summary>
    /// DHCP; IKE and ESP in UDP, L2TP, VXLAN (flannel's port and the registered one), Geneve: the kernel answers there itself, or the address is part of what is
    /// said.
    /// </summary>
    private static readonly ushort[] NeverTranslated = [67, 68, 500, 546, 547, 1701, 4500, 4789, 6081, 8472];

    /// <summary>Adds it to the table.</summary>
    /// <param name="table">The table that marks connections: it has the answers leave by the card of the request.</param>
    /// <param name="config">Says whether, and which ports not.</param>
    /// <param name="state">The node.</param>
    /// <returns>The table, unchanged where nothing is to be done or can be.</returns>
    public static NftTable Add(NftTable table, Config config, NodeState state)
    {
        if (!config.AnswersUdp || !state.Nftables.KnowsWildcardSockets || state.KernelUdpPorts is not { } kernels)
        {
            return table;
        }

        var sources = new AnswerSources(state);
        List<NftSet> answers = [];
        List<NftRule> rules = [];
        foreach (Family family in new[] { Family.IPv4, Family.IPv6 })
        {
            List<NftElement> elements = sources.IsByMain(family) ? AddressRanges.Of(sources.Of(family)) : [];
            if (elements.Select(element => element.Value).Distinct().Any() && AskableAddresses(state, family) > 1)
            {
                NftSet map = NftSet.Of(family == Family.IPv6 ? "answers6" : "answers", NftType.Address(family), NftType.Address(family), elements) with
                {
                    IsInterval = true,
                };
                answers.Add(map);
                rules.Add(NftRule.Of(NftStatement.IsOf(family), NftStatement.TranslateBySource(family, map)));
            }
        }

        IEnumerable<ushort> except = NeverTranslated.Concat(kernels).Concat(config.UdpExcept).Distinct();
        NftSet ports = NftSet.Of("kept-ports", NftType.Port, null, except.Select(port => new NftElement(NftData.Port(port))));
        return answers.Count == 0 ? table : table with
        {
            Sets = [.. table.Sets, ports, .. answers],
            Chains =
            [
                .. table.Chains,
                new NftChain(Servers, new NftHook("nat", 0, BehindOthers),
                [
                    NftRule.Of(
                        NftStatement.IsNew, NftStatement.IsNotForPort(ports), NftStatement.IsForNode, NftStatement.HasWildcardSocket, NftStatement.Goto("answer")),
                ]),
                new NftChain("answer", null, rules),
            ],
        };
    }

    /// <summary>Whether a table does it, for any family.</summary>
    /// <param name="table">The table; null for none.</param>
    /// <returns>True when it does.</returns>
    public static bool IsIn(NftTable? table) => table?.Chains.Any(chain => chain.Name == Servers) == true;

    private static int AskableAddresses(NodeState state, Family family) => state.Addresses.Count(address =>
        address.Local.Family == family && address.Scope == Address.ScopeUniverse && address.IsUsable);
}
