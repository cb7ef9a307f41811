namespace CniSrcRoute.Planning;

/// <summary>The routes' part of <see cref="Diff"/>.</summary>
internal sealed class RouteDiff(NodeState state)
{
    private readonly HashSet<TableId> _compared = [];

    // Empty between two tables; kept for its room, since all tables of a family are of about the same size.
    private readonly Dictionary<RouteKey, Route> _ours = [];

    public List<Change> Written { get; } = [];

    public List<Change> Removed { get; } = [];

    public List<Finding> Conflicts { get; } = [];

    public void Compare(SourceTable table)
    {
        _compared.Add(table.Id);
        IReadOnlyList<Route> actual = state.Table(table.Id);
        _ours.EnsureCapacity(actual.Count);
        var foreign = new Dictionary<RouteKey, Route>();
        List<Route> behind = [];
        foreach (Route route in actual)
        {
            if (route.Protocol != Ownership.Protocol)
            {
                foreign.TryAdd(route.Key, route);
            }
            else if (!_ours.TryAdd(route.Key, route))
            {
                // A second route of ours with one key was made behind our back; the first is the one that is used.
                behind.Add(route);
            }
        }

        bool hasSeveralDefaults = table.CardRoutes.Count(route => route.Destination.IsDefault) > 1;
        foreach (Route route in hasSeveralDefaults ? WithoutAppended(table, foreign, behind) : table.Routes)
        {
            if (foreign.TryGetValue(route.Key, out Route? other))
            {
                // The kernel would replace the first route with this key, which may be theirs; ours goes below unless it is right.
                if (!(other with { Protocol = Ownership.Protocol }).Equals(route))
                {
                    Conflicts.Add(new Finding(
                        Severity.Error,
                        FindingCode.RouteTaken,
                        table.Name,
                        $"table {table.Name}: somebody else's route to {other.Destination} is in the place of ours, and is left alone"));
                }

                if (_ours.TryGetValue(route.Key, out Route? beside) && beside.Equals(route))
                {
                    _ours.Remove(route.Key);
                }
            }
            else if (!_ours.Remove(route.Key, out Route? old))
            {
                Written.Add(new RouteChange(ChangeKind.Add, table.Id, route));
            }
            else if (!old.Equals(route) && behind.Remove(route))
            {
                // The right one is behind it: the kernel refuses to write that a second time.
                Removed.Add(new RouteChange(ChangeKind.Remove, table.Id, old));
            }
            else if (!old.Equals(route))
            {
                Written.Add(new RouteChange(ChangeKind.Replace, table.Id, route, old));
            }
        }

        foreach (Route route in behind.Concat(_ours.Values))
        {
            Removed.Add(new RouteChange(ChangeKind.Remove, table.Id, route));
        }

        _ours.Clear();
    }

    /// <summary>
    /// Compares the defaults of the table that share a key, as a set: missing ones are appended first, superfluous ones are removed afterwards.
    /// </summary>
    /// <returns>The table's other routes.</returns>
    private List<Route> WithoutAppended(SourceTable table, Dictionary<RouteKey, Route> foreign, List<Route> behind)
    {
        List<Route> others = [.. table.Routes];
        foreach (Route route in table.CardRoutes)
        {
            List<Route> desired = route.Destination.IsDefault ? others.FindAll(other => other.Key == route.Key) : [];
            if (desired.Count < 2 || foreign.ContainsKey(route.Key))
            {
                continue;
            }

            List<Route> actual = behind.FindAll(other => other.Key == route.Key);
            if (_ours.Remove(route.Key, out Route? standing))
            {
                actual.Add(standing);
            }

            others.RemoveAll(desired.Contains);
            behind.RemoveAll(actual.Contains);
            Written.AddRange(desired.FindAll(other => !actual.Contains(other))
                .ConvertAll(other => new RouteChange(ChangeKind.Add, table.Id, other) { Appends = true }));
            Removed.AddRange(actual.FindAll(other => !desired.Contains(other)).ConvertAll(other => new RouteChange(ChangeKind.Remove, table.Id, other)));
        }

        return others;
    }

    /// <summary>What is ours in tables that belong to no source any more.</summary>
    public IEnumerable<Change> Abandoned()
    {
        foreach ((TableId table, List<Route> routes) in state.Tables.Where(table => !_compared.Contains(table.Key)))
        {
            foreach (Route route in routes)
            {
                if (route.Protocol == Ownership.Protocol)
                {
                    yield return new RouteChange(ChangeKind.Remove, table, route);
                }
            }
        }
    }
}
