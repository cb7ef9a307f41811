using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Several facts about servers that others have written.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerTheoryAttribute : TheoryAttribute
{
    public ServerTheoryAttribute() =>
        Skip = Requirements.Skip ?? (Requirements.Missing is null && Array.Find(RealServer.Programs, program => !Requirements.IsInstalled(program)) is { } missing
            ? $"needs {missing}: run scripts/deps test"
            : null);
}
