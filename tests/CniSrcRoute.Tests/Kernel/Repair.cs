using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Damage done to a node, and its repair: by sync, and by the commands that sync says are the same.</summary>
internal static class Repair
{
    /// <summary>Bootstraps the node, runs a shell script behind its back, and asserts that sync sees it and makes all as it was.</summary>
    public static void AssertRepaired(this Node node, string what, string script)
    {
        node.Srcroute("bootstrap").Succeeded();
        string before = node.Snapshot();

        node.Sh(script);
        Assert.NotEqual(before, node.Snapshot());
        Outcome plan = node.Srcroute("sync --dry-run");
        Assert.True(plan.ExitStatus == 2, $"{what}: not seen");
        Assert.NotEmpty(plan.Output);
        Assert.Equal(2, node.Srcroute("status").ExitStatus);

        node.Srcroute("sync").Quietly();
        Assert.Equal(Sorted(before), Sorted(node.Snapshot()));
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);

        // The repair may have made use of a number that the damage brought.
        node.Srcroute("teardown").Succeeded();
        node.Srcroute("bootstrap").Succeeded();
        node.Sh(script);
        node.Paste();
        node.Srcroute("sync").Succeeded();
        Assert.Equal(Sorted(before), Sorted(node.Snapshot()));
    }

    /// <summary>Has a shell run the commands that sync shows, and asserts that nothing is left but names, for which there is no command.</summary>
    public static void Paste(this Node node)
    {
        node.Sh($"{Requirements.Binary} sync --dry-run | sed -e '/^. names/d' -e 's/^[-+~] //' >/run/plan; sh -eu /run/plan");
        Assert.DoesNotMatch("(?m)^. (?!names in )", node.Srcroute("sync --dry-run").Output);
    }

    // Among rules of one priority the kernel lists the one made last as the last.
    private static string[] Sorted(string snapshot) => [.. snapshot.Split('\n').Order(StringComparer.Ordinal)];
}
