using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Several facts about iptables-legacy, which new kernels may be built without.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LegacyTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<bool> KernelHasIt = new(() =>
        Job.Start(["unshare", "--net", "sh", "-c", "iptables-legacy -t nat -S && ip6tables-legacy -t nat -S"]).Finish().ExitStatus == 0);

    public LegacyTheoryAttribute() =>
        Skip = Requirements.Skip ?? (Requirements.Missing is not null || KernelHasIt.Value ? null : "needs a kernel with the tables of iptables-legacy");
}
