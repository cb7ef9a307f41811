using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// Several facts about bridges that hand what they pass on to the rules for IP; the kernel may be without that, or not have loaded it (br_netfilter).
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BridgeNetfilterTheoryAttribute : TheoryAttribute
{
    public BridgeNetfilterTheoryAttribute() =>
        Skip = Requirements.Skip ?? (Requirements.Missing is not null || Directory.Exists("/proc/sys/net/bridge") ? null : "needs br_netfilter in the kernel");
}
