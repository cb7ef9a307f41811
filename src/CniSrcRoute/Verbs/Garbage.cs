using System.Runtime.CompilerServices;

namespace CniSrcRoute.Verbs;

/// <summary>What commands do about garbage that look at the node, say something, and end.</summary>
internal sealed class Garbage
{
    /// <summary>Twice what `status` allocates where main and two source tables have 5,000 routes each; who needs more has it collected from then on.</summary>
    private const long Bytes = 32 << 20;

    private Garbage()
    {
    }

    /// <summary>Called by the first collection: the node is a large one.</summary>
    ~Garbage() => _ = GC.TryStartNoGCRegion(Bytes);

    /// <summary>
    /// Lets it lie from the first collection on. Nearly all that is read is needed to the end, and to move it about with each collection was a third of the time.
    /// To reserve the memory is a collection itself, a tenth of the time on a small node, where there would never be any.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void LetLie() => _ = new Garbage();
}
