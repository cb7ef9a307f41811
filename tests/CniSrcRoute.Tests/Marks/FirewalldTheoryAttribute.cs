using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Several facts about the real firewalld.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FirewalldTheoryAttribute : TheoryAttribute
{
    public FirewalldTheoryAttribute() =>
        Skip = Requirements.Skip ?? (Requirements.Missing is null && Array.Find(["firewalld", "dbus-daemon"], program => !Requirements.IsInstalled(program)) is { } missing
            ? $"needs {missing}: run scripts/deps test"
            : null);
}
