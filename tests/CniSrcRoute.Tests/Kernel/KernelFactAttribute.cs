using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>A fact about a real kernel; skipped, with the reason, where it cannot be tried.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelFactAttribute : FactAttribute
{
    public KernelFactAttribute() => Skip = Requirements.Skip;
}
