using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>How many copies the source tables shall hold, and to how many subnets: the plan for a few destinations does not know the others.</summary>
internal sealed class CopyCount
{
    private readonly Dictionary<RouteKey, int> _byDestination = [];
    private readonly Dictionary<IReadOnlyList<Route>, int> _lists = new(ReferenceEqualityComparer.Instance);

    /// <summary>In all tables together.</summary>
    public int Copies { get; private set; }

    /// <summary>How many destinations are subnets: further than a single pod, whose own route goes with its card.</summary>
    public int Subnets { get; private set; }

    /// <summary>Counts all.</summary>
    /// <param name="desired">What shall be.</param>
    public void Set(DesiredState desired)
    {
        _byDestination.Clear();
        (Copies, Subnets) = (0, 0);
        Add(desired, _ => true);
    }

    /// <summary>Counts some destinations again.</summary>
    /// <param name="destinations">Keys without their metric.</param>
    /// <param name="desired">What shall be of these, and perhaps of others.</param>
    public void Set(IReadOnlyCollection<RouteKey> destinations, DesiredState desired)
    {
        foreach (RouteKey destination in destinations)
        {
            if (_byDestination.Remove(destination, out int copies))
            {
                Copies -= copies;
                Subnets -= destination.Destination.IsHost ? 0 : 1;
            }
        }

        Add(desired, destinations.Contains);
    }

    private void Add(DesiredState desired, Predicate<RouteKey> isCounted)
    {
        // Most tables have the same.
        foreach (SourceTable table in desired.Tables)
        {
            IReadOnlyList<Route> list = (table.Copies as SpreadRoutes)?.Together ?? table.Copies;
            _lists[list] = _lists.GetValueOrDefault(list) + 1;
        }

        foreach ((IReadOnlyList<Route> list, int tables) in _lists)
        {
            foreach (Route copy in list)
            {
                RouteKey destination = NodeModel.DestinationOf(copy);
                if (!isCounted(destination))
                {
                    continue;
                }

                int others = _byDestination.GetValueOrDefault(destination);
                _byDestination[destination] = others + tables;
                Copies += tables;
                Subnets += others == 0 && !destination.Destination.IsHost ? 1 : 0;
            }
        }

        _lists.Clear();
    }
}
