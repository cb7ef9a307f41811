namespace CniSrcRoute.Firewall;

/// <summary>Ports beside one another.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
public readonly record struct PortSpan(ushort From, ushort To)
{
    /// <summary>All ports.</summary>
    public static PortSpan All => new(0, ushort.MaxValue);

    /// <summary>Whether it is all ports.</summary>
    public bool IsAll => this == All;

    /// <summary>What two lists of ranges have in common.</summary>
    /// <param name="some">The one.</param>
    /// <param name="others">The other.</param>
    /// <returns>The ranges, none for nothing.</returns>
    public static IReadOnlyList<PortSpan> Both(IReadOnlyList<PortSpan> some, IReadOnlyList<PortSpan> others) =>
        some is [{ IsAll: true }] ? others
        : others is [{ IsAll: true }] ? some
        : Merged(from one in some
                 from other in others
                 let both = new PortSpan(Math.Max(one.From, other.From), Math.Min(one.To, other.To))
                 where both.From <= both.To
                 select both);

    /// <summary>All other ports.</summary>
    /// <param name="ranges">Ranges in any order.</param>
    /// <returns>The ranges between them.</returns>
    public static IReadOnlyList<PortSpan> Others(IEnumerable<PortSpan> ranges)
    {
        List<PortSpan> others = [];
        int next = 0;
        foreach (PortSpan range in Merged(ranges))
        {
            if (range.From > next)
            {
                others.Add(new PortSpan((ushort)next, (ushort)(range.From - 1)));
            }

            next = range.To + 1;
        }

        if (next <= ushort.MaxValue)
        {
            others.Add(new PortSpan((ushort)next, ushort.MaxValue));
        }

        return others;
    }

    /// <summary>Ranges in order, with those put together that touch.</summary>
    /// <param name="ranges">Ranges in any order.</param>
    /// <returns>The same ports in as few ranges as can be.</returns>
    public static List<PortSpan> Merged(IEnumerable<PortSpan> ranges)
    {
        List<PortSpan> merged = [];
        foreach (PortSpan range in ranges.OrderBy(range => range.From))
        {
            if (merged.Count > 0 && range.From <= merged[^1].To + 1)
            {
                merged[^1] = new PortSpan(merged[^1].From, Math.Max(merged[^1].To, range.To));
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    /// <summary>The range as a firewall's rules write it.</summary>
    /// <returns>"514", or "1000-2000".</returns>
    public override string ToString() => From == To ? FormattableString.Invariant($"{From}") : FormattableString.Invariant($"{From}-{To}");
}
