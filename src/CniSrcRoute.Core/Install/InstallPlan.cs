namespace CniSrcRoute.Install;

/// <summary>What there is to do on a node, in order, and what is said of it.</summary>
/// <param name="steps">The steps.</param>
/// <param name="refusal">What could not be planned, told when all steps are taken; null for nothing.</param>
public sealed class InstallPlan(IReadOnlyList<InstallStep> steps, string? refusal = null)
{
    /// <summary>The steps, remarks among them.</summary>
    public IReadOnlyList<InstallStep> Steps { get; } = steps;

    /// <summary>What could not be planned; null for nothing.</summary>
    public string? Refusal { get; } = refusal;

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Steps.All(step => step is Remark);
}
