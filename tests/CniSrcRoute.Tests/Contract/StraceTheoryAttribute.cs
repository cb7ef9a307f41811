using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Facts about a real kernel that need strace(1) to strike at an exact system call.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceTheoryAttribute : TheoryAttribute
{
    public StraceTheoryAttribute() =>
        Skip = Requirements.Skip ?? (File.Exists("/usr/bin/strace") || Environment.GetEnvironmentVariable("CI") is { Length: > 0 } ? null : "needs strace");
}
