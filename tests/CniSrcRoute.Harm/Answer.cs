namespace CniSrcRoute.Harm;

/// <summary>What became of a flow, and which cards of the node its packets passed.</summary>
/// <param name="Server">Who answered; null where nobody did.</param>
/// <param name="Client">The address that requests came from; null where none came.</param>
/// <param name="RequestIn">Cards that requests came in by.</param>
/// <param name="RequestOut">Cards that requests left by, each with its next hop.</param>
/// <param name="ReplyOut">Cards that replies left by, each with its next hop.</param>
internal sealed record Answer(string? Server, string? Client, string[] RequestIn, string[] RequestOut, string[] ReplyOut)
{
    /// <summary>The cards alone of ways with next hops.</summary>
    public static string[] Cards(IEnumerable<string> ways) => [.. ways.Select(way => way.Split(' ')[0]).Distinct()];

    public override string ToString() =>
        $"{Server ?? "no answer"}, request {Join(RequestIn)} > {Join(RequestOut)}, reply > {Join(ReplyOut)}";

    private static string Join(string[] ways) => ways.Length == 0 ? "-" : string.Join(" and ", ways);
}
