using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>Tells at boot whether an address is still to come.</summary>
public static class Lateness
{
    /// <summary>What is worth waiting for.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node as it is.</param>
    /// <returns>A sentence, null when everything is there.</returns>
    public static string? Of(Config config, NodeState state)
    {
        DesiredState desired = Derive.From(config, state);
        var cards = new Cards(config, state);
        Address? tentative = state.Addresses.FirstOrDefault(address => address.IsTentative && !address.Local.IsLinkLocal && cards.IsExternal(address.Link));
        return desired.Findings.FirstOrDefault(finding => finding.Severity == Severity.Error)?.Sentence
            ?? (tentative is null ? null : $"{tentative.Local} is still being checked for duplicates");
    }

    /// <summary>What is worth waiting for a moment: a card that is up may be about to get an address, or be one that never has any (of VLANs, a spare).</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="state">The node as it is.</param>
    /// <returns>A sentence, null when there is no such card.</returns>
    public static string? OfBareCards(Config config, NodeState state)
    {
        var cards = new Cards(config, state);
        Link? bare = !config.Discover ? null : state.Links.FirstOrDefault(link =>
            cards.IsExternal(link.Index) &&
            link is { IsUp: true, HasCarrier: true } &&
            !state.Addresses.Any(address => address.Link == link.Index && !address.Local.IsLinkLocal));
        return bare is null ? null : $"card {bare.Name} is up and has no address";
    }
}
