namespace CniSrcRoute.Planning;

/// <summary>
/// The routes of the tables of sources that have the same ones by their card. Of thousands of tables many have the same metrics as well, and those share their lists.
/// </summary>
internal sealed class TableRoutes
{
    private readonly IReadOnlyList<Route> _own;
    private readonly IReadOnlyList<Route> _copies;
    private readonly IReadOnlyList<Route> _guards;
    private readonly List<Route> _nearGuards;
    private readonly int _tables;
    private readonly bool _mayOverlap;
    private readonly Dictionary<uint, SourceTable> _filled = [];

    /// <param name="own">The routes by the card.</param>
    /// <param name="copies">The family's copies.</param>
    /// <param name="guards">The guards of these tables.</param>
    /// <param name="tables">How many tables there are.</param>
    public TableRoutes(IReadOnlyList<Route> own, IReadOnlyList<Route> copies, IReadOnlyList<Route> guards, int tables)
    {
        (_own, _copies, _guards, _tables) = (own, copies, guards, tables);
        _nearGuards = [.. copies.Concat(own).Where(RouteSpread.IsNearGuards)];
        _mayOverlap = copies.Any(copy => own.Any(route => route.Destination == copy.Destination));
    }

    /// <summary>Fills a table.</summary>
    /// <param name="table">A table without routes.</param>
    /// <returns>The table with its routes.</returns>
    public SourceTable Fill(SourceTable table)
    {
        uint apart = RouteSpread.Apart(table.Number, _tables);
        if (!_filled.TryGetValue(apart, out SourceTable? like))
        {
            IReadOnlyList<Route> guards = RouteSpread.OfGuards(_guards, _nearGuards, apart);
            IReadOnlyList<Route> copies = RouteSpread.OfCopies(_copies, apart);
            IReadOnlyList<Route> own = RouteSpread.Of(_own, apart);
            like = _mayOverlap ? table.With(guards, copies, own) : table with { Guards = guards, Copies = copies, CardRoutes = own };
            _filled.Add(apart, like);
        }

        return table with { Guards = like.Guards, Copies = like.Copies, CardRoutes = like.CardRoutes };
    }
}
