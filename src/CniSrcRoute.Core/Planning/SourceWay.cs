namespace CniSrcRoute.Planning;

/// <summary>Takes sources for one whose tables have the same routes by their card: those of one subnet on one card, of which the config says nothing of its own.</summary>
internal sealed class SourceWay : IEqualityComparer<Source>
{
    private SourceWay()
    {
    }

    public static SourceWay Comparer { get; } = new();

    public bool Equals(Source? one, Source? other) =>
        one is not null && other is not null && one.Subnet == other.Subnet && ReferenceEquals(one.Card, other.Card) && ReferenceEquals(one.Config, other.Config) &&
        one.IsHeldByCard == other.IsHeldByCard && one.Extends == other.Extends;

    public int GetHashCode(Source source) =>
        HashCode.Combine(source.Subnet.Address.High, source.Subnet.Address.Low, ((ulong)(uint)source.Card.Index << 8) | source.Subnet.Length);
}
