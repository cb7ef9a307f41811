using CniSrcRoute.Nftables;

namespace CniSrcRoute.Tests.Marks;

/// <summary>What the kernel's table has wildcard servers' requests translated to.</summary>
internal sealed class Answers(NftTable table)
{
    /// <summary>The address for a client; null where the request is left alone.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="card">The card that the kernel answers it by.</param>
    public string? To(IpAddress client, int card)
    {
        string suffix = client.Family == Family.IPv6 ? "6" : "";
        if (Find("unsure" + suffix, NftData.Address(client)) is not null)
        {
            return null;
        }

        NftElement? found = Find("answer-cards" + suffix, NftData.Number((uint)card)) ?? Find("answers" + suffix, NftData.Address(client));
        return found?.Value is NftExpression.Verdict verdict ? Translation(verdict.Chain, client.Family) : null;
    }

    private string Translation(string chain, Family family) =>
        Format(table.Chains.Single(one => one.Name == chain).Rules[^1].Expressions.OfType<NftExpression.Immediate>().Single(), family);

    private static string Format(NftExpression.Immediate data, Family family) => NftType.Address(family).Format(data.Data);

    private NftElement? Find(string set, OpaqueBytes key) => table.Sets.FirstOrDefault(one => one.Name == set)?.Elements.FirstOrDefault(element =>
        element.From.Span.SequenceCompareTo(key.Span) <= 0 && element.To.Span.SequenceCompareTo(key.Span) >= 0);
}
