namespace CniSrcRoute.Planning;

/// <summary>The steps from what is to what shall be, in an order of which every prefix leaves the node working.</summary>
/// <param name="Changes">The steps.</param>
/// <param name="Conflicts">Routes of others that have the place of one of ours. They are left alone.</param>
public sealed record Plan(IReadOnlyList<Change> Changes, IReadOnlyList<Finding> Conflicts)
{
    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>How many steps change the kernel; the others write names.</summary>
    public int KernelSteps => Changes.Count(change => change is not NamesChange);
}
