namespace CniSrcRoute.Netlink.Codecs;

/// <summary>A nexthop object (ip-nexthop(8)).</summary>
/// <param name="Id">NHA_ID.</param>
/// <param name="Hop">The way out of an object that is no group.</param>
/// <param name="Group">The members of a group; empty for none.</param>
internal sealed record NexthopObject(uint Id, Nexthop Hop, NexthopGroupEntry[] Group)
{
    /// <summary>The ways out, as a route that names the object has them.</summary>
    /// <param name="all">All objects by their numbers.</param>
    public Nexthop[] Expand(IReadOnlyDictionary<uint, NexthopObject> all)
    {
        if (Group.Length == 0)
        {
            return [Hop];
        }

        List<Nexthop> hops = [];
        foreach (NexthopGroupEntry entry in Group)
        {
            // Groups hold no groups.
            if (all.TryGetValue(entry.Id, out NexthopObject? member))
            {
                hops.Add(member.Hop with { Weight = entry.Weight + 1 });
            }
        }

        return [.. hops];
    }
}
