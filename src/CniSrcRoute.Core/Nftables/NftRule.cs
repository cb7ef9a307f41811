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
        List<NftCondition> certain = [];
        foreach (NftStatement statement in statements)
        {
            texts.Add(statement.Text);

            // As nft(8) does: what a field of a header goes without saying with is asked once, ahead of the first that needs it.
            if (statement.Condition is { } condition && !certain.Contains(condition))
            {
                certain.Add(condition);
                expressions.AddRange([condition.Load, condition.Comparison]);
            }

            expressions.AddRange(statement.Expressions);
        }

        return new NftRule(string.Join(' ', texts), expressions);
    }
}
