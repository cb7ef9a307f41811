namespace CniSrcRoute.Planning;

/// <summary>What the table of one source shall hold, and whether a rule may lead to it.</summary>
public sealed record SourceTable
{
    /// <summary>The source.</summary>
    public required Source Source { get; init; }

    /// <summary>The table's number.</summary>
    public required uint Number { get; init; }

    /// <summary>The table's name.</summary>
    public required string Name { get; init; }

    /// <summary>The guards: `throw` routes for the overlay networks.</summary>
    public required IReadOnlyList<Route> Guards { get; init; }

    /// <summary>The copies of main's overlay and reject routes: one list for all tables of a family.</summary>
    public required IReadOnlyList<Route> Copies { get; init; }

    /// <summary>The routes that leave by the card, in an order in which the kernel takes them: direct ones, gateways, the default.</summary>
    public required IReadOnlyList<Route> CardRoutes { get; init; }

    /// <summary>The mark that leads replies of pods here; 0 for none.</summary>
    public uint Mark { get; init; }

    /// <summary>Why there is no rule for the source; null when there is one.</summary>
    public Finding? Unserved { get; init; }

    /// <summary>The table as the kernel knows it.</summary>
    public TableId Id => new(Source.Family, Number);

    /// <summary>The table's own way to everything beyond its subnets; null when it has none.</summary>
    public Route? DefaultRoute => CardRoutes.Where(route => route.Destination.IsDefault).MinBy(route => route.Metric);

    /// <summary>All routes, in the order in which they are to be written.</summary>
    public IEnumerable<Route> Routes => Guards.Concat(Copies).Concat(CardRoutes);
}
