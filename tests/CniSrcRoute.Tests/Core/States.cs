using CniSrcRoute.Nftables;

namespace CniSrcRoute.Tests.Core;

/// <summary>States that differ in one thing from another.</summary>
internal static class States
{
    /// <summary>The same node with another nftables.</summary>
    public static NodeState With(this NodeState state, NftablesState nftables, bool withMarkRules = true) => new()
    {
        Links = state.Links,
        Addresses = state.Addresses,
        Rules = withMarkRules ? state.Rules : [.. state.Rules.Where(rule => rule.Protocol != Ownership.Protocol || rule.MarkMask == 0)],
        Tables = state.Tables,
        ForeignTableNames = state.ForeignTableNames,
        TableNamesFile = state.TableNamesFile,
        ProtocolNamesFile = state.ProtocolNamesFile,
        FlannelNetworks = state.FlannelNetworks,
        Nftables = nftables,
        AllCards = state.AllCards,
    };
}
