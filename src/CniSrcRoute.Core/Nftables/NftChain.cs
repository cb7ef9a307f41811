namespace CniSrcRoute.Nftables;

/// <summary>A chain of rules.</summary>
/// <param name="Name">NFTA_CHAIN_NAME.</param>
/// <param name="Hook">Where it is called; null for a chain that other chains go to.</param>
/// <param name="Rules">Its rules, in order.</param>
public sealed record NftChain(string Name, NftHook? Hook, IReadOnlyList<NftRule> Rules)
{
    /// <summary>Whether two chains are called at the same place and do the same.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when they do; the rules' texts do not count.</returns>
    public bool IsLike(NftChain other)
    {
        bool same = Name == other.Name && Hook == other.Hook && Rules.Count == other.Rules.Count;
        for (int i = 0; same && i < Rules.Count; i++)
        {
            same = Rules[i].Expressions.SequenceEqual(other.Rules[i].Expressions);
        }

        return same;
    }
}
