namespace CniSrcRoute.Firewall;

/// <summary>What matters here of a rule of others that UDP packets may come to. What it asks beside is not known, so it may be for fewer packets.</summary>
public sealed record FilterRule
{
    /// <summary>The family whose packets it is for; null for both.</summary>
    public Family? Family { get; init; }

    /// <summary>The destination ports that it is for.</summary>
    public IReadOnlyList<PortSpan> Ports { get; init; } = [PortSpan.All];

    /// <summary>What it asks of the destination, all of which has to be true.</summary>
    public IReadOnlyList<DestinationTest> Tests { get; init; } = [];

    /// <summary>
    /// What else it asks that a translation changes, in words that follow "a rule": whether the destination is an address of the card that the packet came in by, or
    /// is a translated one. Empty for nothing.
    /// </summary>
    public string Asks { get; init; } = "";

    /// <summary>The chains that it leads to.</summary>
    public IReadOnlyList<string> Chains { get; init; } = [];

    /// <summary>Whether it does something by itself, or ends what comes to it; not where it has another chain asked and goes on.</summary>
    public bool Decides { get; init; } = true;

    /// <summary>Whether it asks for anything that a translation changes.</summary>
    public bool AsksForDestination => Tests.Count > 0 || Asks.Length > 0;
}
