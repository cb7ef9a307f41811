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
    public IReadOnlyList<Route> Guards { get; init; } = [];

    /// <summary>The copies of main's overlay and reject routes: one list for all tables of a family.</summary>
    public IReadOnlyList<Route> Copies { get; init; } = [];

    /// <summary>The routes that leave by the card, in an order in which the kernel takes them: direct ones, gateways, the default.</summary>
    public IReadOnlyList<Route> CardRoutes { get; init; } = [];

    /// <summary>The mark of connections that came in by the card and are answered by this table's routes, or by the same ones of another; 0 for none.</summary>
    public uint Mark { get; init; }

    /// <summary>Whether a rule sends what a program has bound to the source here.</summary>
    public bool HasRule { get; init; }

    /// <summary>Why there is no rule for the source; null when there is one.</summary>
    public Finding? Unserved { get; init; }

    /// <summary>The table as the kernel knows it.</summary>
    public TableId Id => new(Source.Family, Number);

    /// <summary>The table's own way to everything beyond its subnets; null when it has none.</summary>
    public Route? DefaultRoute
    {
        get
        {
            Route? first = null;
            foreach (Route route in CardRoutes)
            {
                first = route.Destination.IsDefault && !(first?.Metric <= route.Metric) ? route : first;
            }

            return first;
        }
    }

    /// <summary>The table with these routes: of the copies those that no route of the table's own, which the config may add, takes the place of.</summary>
    /// <param name="guards">The guards.</param>
    /// <param name="copies">The copies of the family: usually the table's own list as well.</param>
    /// <param name="cardRoutes">The table's own routes.</param>
    /// <returns>The table.</returns>
    public SourceTable With(IReadOnlyList<Route> guards, IReadOnlyList<Route> copies, IReadOnlyList<Route> cardRoutes)
    {
        HashSet<RouteKey> keys = new(cardRoutes.Count);
        foreach (Route route in cardRoutes)
        {
            keys.Add(route.Key);
        }

        bool overlap = copies.Any(copy => keys.Contains(copy.Key));
        return this with { Guards = guards, CardRoutes = cardRoutes, Copies = overlap ? [.. copies.Where(copy => !keys.Contains(copy.Key))] : copies };
    }

    /// <summary>All routes, in the order in which they are to be written.</summary>
    public IEnumerable<Route> Routes => Guards.Concat(Copies).Concat(CardRoutes);
}
