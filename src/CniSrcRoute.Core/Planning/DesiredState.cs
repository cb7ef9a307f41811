namespace CniSrcRoute.Planning;

/// <summary>What shall be true on the node: the answer of <see cref="Derive"/>. Empty to desire nothing, as teardown does.</summary>
public sealed record DesiredState
{
    /// <summary>The tables of the sources, served or not.</summary>
    public IReadOnlyList<SourceTable> Tables { get; init; } = [];

    /// <summary>The rules, one for each served source.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>The text of our file of table names; empty for no file.</summary>
    public string TableNamesFile { get; init; } = "";

    /// <summary>The text of our file of protocol names; empty for no file.</summary>
    public string ProtocolNamesFile { get; init; } = "";

    /// <summary>What decides which routes of main are copied; null when nothing is desired.</summary>
    public OverlayRoutes? Overlay { get; init; }

    /// <summary>The networks of the pods.</summary>
    public IReadOnlyList<IpPrefix> OverlayNetworks { get; init; } = [];

    /// <summary>The cards that lead to pods.</summary>
    public IReadOnlyList<Link> OverlayCards { get; init; } = [];

    /// <summary>Whether a step makes a guard, or a route by a source's own card, without which its table must not be used.</summary>
    /// <param name="change">A step.</param>
    /// <returns>True when it does.</returns>
    public bool IsEssential(Change change) =>
        change is RouteChange { Kind: not ChangeKind.Remove } route &&
        Tables.Any(table => table.Id == route.Table && table.Guards.Concat(table.CardRoutes).Contains(route.Route));

    /// <summary>Bad input, each a sentence: a command refuses to act on it; ADD does what can be done without it.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What keeps a source from being served, or an old rule of somebody else's in the way: each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
