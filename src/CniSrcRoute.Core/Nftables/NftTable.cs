using System.Text;

namespace CniSrcRoute.Nftables;

/// <summary>Our table, `table inet srcroute`: all that is in it is ours.</summary>
/// <param name="Chains">Its chains; the order means nothing to the kernel.</param>
/// <param name="OtherObjects">How many counters, chains without rules and the like are in it besides ours.</param>
/// <param name="Flags">NFTA_TABLE_FLAGS: ours has none; a dormant table does nothing.</param>
public sealed record NftTable(IReadOnlyList<NftChain> Chains, int OtherObjects = 0, uint Flags = 0)
{
    /// <summary>NFTA_TABLE_NAME.</summary>
    public const string Name = "srcroute";

    /// <summary>The chain that counts replies that leave by another card than their request came in by.</summary>
    public const string Replies = "replies";

    /// <summary>Its sets and maps; the order means nothing to the kernel.</summary>
    public IReadOnlyList<NftSet> Sets { get; init; } = [];

    /// <summary>Whether a rule asks for sockets that are bound to no address: then the kernel knows of them.</summary>
    public bool AsksForWildcardSockets =>
        Chains.Any(chain => chain.Rules.Any(rule => rule.Expressions.Contains(NftStatement.HasWildcardSocket.Expressions[0])));

    /// <summary>Whether two tables do the same.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when they do.</returns>
    public bool IsLike(NftTable other) =>
        OtherObjects == other.OtherObjects && Flags == other.Flags &&
        Chains.Count == other.Chains.Count && Chains.All(chain => other.Chains.Any(chain.IsLike)) &&
        Sets.Count == other.Sets.Count && Sets.All(set => other.Sets.Any(set.IsLike));

    /// <summary>How many packets its counters have counted.</summary>
    public ulong Counted
    {
        get
        {
            ulong packets = 0;
            foreach (NftChain chain in Chains)
            {
                foreach (NftRule rule in chain.Rules)
                {
                    packets += rule.Expressions is [.., NftExpression.Counter counter] ? counter.Packets : 0;
                }
            }

            return packets;
        }
    }

    /// <summary>Whether nothing is in it that cannot be written again: others may have put there what we do not know.</summary>
    public bool CanBeWritten =>
        OtherObjects == 0 && Flags == 0 &&
        !Chains.Any(chain => chain.Rules.Any(rule => rule.Expressions.Any(expression => expression is NftExpression.Unknown))) &&
        !Sets.Any(set => set.OtherFlags != 0 || set.Elements.Any(element => element.Value is NftExpression.Unknown));

    /// <summary>The table as nft(8) reads it.</summary>
    /// <returns>Lines, without one for the end of the last.</returns>
    public override string ToString()
    {
        var text = new StringBuilder($"table inet {Name} {{\n");
        text.AppendJoin("", Sets);
        foreach (NftChain chain in Chains)
        {
            text.Append("  chain ").Append(chain.Name).Append(" {\n");
            if (chain.Hook is { } hook)
            {
                text.Append("    ").Append(hook).Append(";\n");
            }

            foreach (NftRule rule in chain.Rules)
            {
                text.Append("    ").Append(rule.Text).Append('\n');
            }

            text.Append("  }\n");
        }

        return text.Append('}').ToString();
    }
}
