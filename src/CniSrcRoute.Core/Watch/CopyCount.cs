using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>How many copies the source tables shall hold, and to how many subnets: the plan for a few destinations does not know the others.</summary>
internal sealed class CopyCount
{
    private readonly Dictionary<RouteKey, int> _byDestination = [];

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
        foreach (SourceTable table in desired.Tables)
        {
            foreach (Route copy in table.Copies)
            {
                RouteKey destination = NodeModel.DestinationOf(copy);
                if (!isCounted(destination))
                {
                    continue;
                }

                int others = _byDestination.GetValueOrDefault(destination);
                _byDestination[destination] = others + 1;
                Copies++;
                Subnets += others == 0 && !destination.Destination.IsHost ? 1 : 0;
            }
        }
    }
}
