using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>A theory about container runtimes that use CNI; skipped, with the reason, where they are not installed (never where CI is set).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RuntimeTheoryAttribute : TheoryAttribute
{
    private static readonly string[] Programs = ["podman", "crun", "containerd", "ctr", "busybox"];

    /// <summary>What is missing; null when all is there.</summary>
    internal static readonly string? Missing =
        Programs.FirstOrDefault(program => !Requirements.IsInstalled(program)) is { } program ? $"needs {program}: scripts/deps e2e installs it"
        : !PodmanKnowsCni() ? "needs podman 4, the last version that knows CNI"
        : null;

    public RuntimeTheoryAttribute() => Skip = Requirements.Skip ?? (Requirements.IsContinuousIntegration ? null : Missing);

    private static bool PodmanKnowsCni() => Job.Start(["podman", "--version"]).Finish().Output.Split(' ')[^1].StartsWith("4.", StringComparison.Ordinal);
}
