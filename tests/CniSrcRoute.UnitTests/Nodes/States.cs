using CniSrcRoute.Nftables;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>States that differ in little from another.</summary>
internal static class States
{
    /// <summary>The same node but for what is given.</summary>
    public static NodeState With(
        this NodeState state,
        IReadOnlyList<Link>? links = null,
        IReadOnlyList<Address>? addresses = null,
        IReadOnlyList<Rule>? rules = null,
        IReadOnlyDictionary<TableId, List<Route>>? tables = null,
        NftablesState? nftables = null,
        string? remembered = null) => new()
        {
            Links = links ?? state.Links,
            Addresses = addresses ?? state.Addresses,
            Rules = rules ?? state.Rules,
            Tables = tables ?? state.Tables,
            ForeignTableNames = state.ForeignTableNames,
            TableNamesFile = state.TableNamesFile,
            Remembered = remembered ?? state.Remembered,
            ProtocolNamesFile = state.ProtocolNamesFile,
            FlannelNetworks = state.FlannelNetworks,
            Nftables = nftables ?? state.Nftables,
            AllCards = state.AllCards,
            SrcValidMarkIsOurs = state.SrcValidMarkIsOurs,
            SysctlsAreReadOnly = state.SysctlsAreReadOnly,
        };
}
