namespace CniSrcRoute.Nftables;

/// <summary>A rule of a chain.</summary>
/// <param name="Text">The rule as nft(8) writes it; empty for one that was read from the kernel.</param>
/// <param name="Expressions">What it does.</param>
public sealed record NftRule(string Text, IReadOnlyList<NftExpression> Expressions)
{
    /// <summary>Puts a rule together.</summary>
    /// <param name="statements">Its parts, in order.</param>
    /// <returns>The rule.</returns>
    public static NftRule Of(params IReadOnlyList<NftStatement> statements)
    {
        List<string> texts = [];
        List<NftExpression> expressions = [];
        foreach (NftStatement statement in statements)
        {
            texts.Add(statement.Text);
            expressions.AddRange(statement.Expressions);
        }

        return new NftRule(string.Join(' ', texts), expressions);
    }
}
