namespace CniSrcRoute.Planning;

/// <summary>The routes' part of <see cref="Diff"/>.</summary>
internal sealed class RouteDiff(NodeState state)
{
    private readonly HashSet<TableId> _compared = [];

    // Empty between two tables; kept for their room, since all tables of a family are of about the same size.
    private readonly Dictionary<RouteKey, Route> _ours = [];
    private readonly Dictionary<RouteKey, Route> _foreign = [];
    private readonly List<Route> _behind = [];

    public List<Change> Written { get; } = [];

    public List<Change> Removed { get; } = [];

    public List<Finding> Conflicts { get; } = [];

    public void Compare(SourceTable table)
    {
        _compared.Add(table.Id);
        IReadOnlyList<Route> actual = state.Table(table.Id);
        _ours.EnsureCapacity(actual.Count);
        foreach (Route route in actual)
        {
            if (route.Protocol != Ownership.Protocol)
            {
                _foreign.TryAdd(route.Key, route);
            }
            else if (!_ours.TryAdd(route.Key, route))
            {
                // A second route of ours with one key was made behind our back; the first is the one that is used.
                _behind.Add(route);
            }
        }

        int defaults = 0;
        foreach (Route route in table.CardRoutes)
        {
            defaults += route.Destination.IsDefault ? 1 : 0;
        }

        if (defaults > 1)
        {
            Compare(table, WithoutAppended(table));
        }
        else
        {
            Compare(table, table.Guards);
            if (table.Copies is SpreadRoutes copies)
            {
                CompareCopies(table, copies);
            }
            else
            {
                Compare(table, table.Copies);
            }

            Compare(table, table.CardRoutes);
        }

        foreach (Route route in _behind)
        {
            Removed.Add(new RouteChange(ChangeKind.Remove, table.Id, route));
        }

        foreach (Route route in _ours.Values)
        {
            Removed.Add(new RouteChange(ChangeKind.Remove, table.Id, route));
        }

        _ours.Clear();
        _foreign.Clear();
        _behind.Clear();
    }

    private void Compare(SourceTable table, IReadOnlyList<Route> desired)
    {
        for (int i = 0; i < desired.Count; i++)
        {
            Compare(table, desired[i]);
        }
    }

    private void CompareCopies(SourceTable table, SpreadRoutes copies)
    {
        for (int i = 0; i < copies.Count; i++)
        {
            if (_foreign.Count == 0 && copies.IsAmong(_ours, i, out RouteKey key))
            {
                _ours.Remove(key);
            }
            else
            {
                Compare(table, copies[i]);
            }
        }
    }

    private void Compare(SourceTable table, Route route)
    {
        RouteKey key = route.Key;
        if (_foreign.Count > 0 && _foreign.TryGetValue(key, out Route? other))
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

            if (_ours.TryGetValue(key, out Route? beside) && beside.Equals(route))
            {
                _ours.Remove(key);
            }
        }
        else if (!_ours.Remove(key, out Route? old))
        {
            Written.Add(new RouteChange(ChangeKind.Add, table.Id, route));
        }
        else if (!old.Equals(route) && _behind.Remove(route))
        {
            // The right one is behind it: the kernel refuses to write that a second time.
            Removed.Add(new RouteChange(ChangeKind.Remove, table.Id, old));
        }
        else if (!old.Equals(route))
        {
            Written.Add(new RouteChange(ChangeKind.Replace, table.Id, route, old));
        }
    }

    /// <summary>
    /// Compares the defaults of the table that share a key, as a set: missing ones are appended first, superfluous ones are removed afterwards.
    /// </summary>
    /// <returns>The table's other routes.</returns>
    private List<Route> WithoutAppended(SourceTable table)
    {
        List<Route> others = [.. table.Routes];
        foreach (Route route in table.CardRoutes)
        {
            List<Route> desired = route.Destination.IsDefault ? others.FindAll(other => other.Key == route.Key) : [];
            if (desired.Count < 2 || _foreign.ContainsKey(route.Key))
            {
                continue;
            }

            List<Route> actual = _behind.FindAll(other => other.Key == route.Key);
            if (_ours.Remove(route.Key, out Route? standing))
            {
                actual.Add(standing);
            }

            others.RemoveAll(desired.Contains);
            _behind.RemoveAll(actual.Contains);
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
