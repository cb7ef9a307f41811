namespace CniSrcRoute.Verbs;

/// <summary>What commands do about garbage that look at the node, say something, and end.</summary>
internal static class Garbage
{
    /// <summary>Twice what `status` allocates where main and two source tables have 5,000 routes each; who needs more has it collected from then on.</summary>
    private const long Bytes = 32 << 20;

    /// <summary>Lets it lie. Nearly all that is read is needed to the end, and to move it about with each collection was a third of the time.</summary>
    public static void LetLie() => _ = GC.TryStartNoGCRegion(Bytes);
}
