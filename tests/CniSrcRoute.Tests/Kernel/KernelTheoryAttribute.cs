using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Several facts about a real kernel; skipped, with the reason, where they cannot be tried.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    public KernelTheoryAttribute() => Skip = Requirements.Skip;
}
