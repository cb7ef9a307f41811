using CniSrcRoute.Tests.Contract;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Several facts about iptables-legacy that need strace(1) to strike at an exact system call.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LegacyStraceTheoryAttribute : TheoryAttribute
{
    public LegacyStraceTheoryAttribute() => Skip = new LegacyTheoryAttribute().Skip ?? new StraceTheoryAttribute().Skip;
}
