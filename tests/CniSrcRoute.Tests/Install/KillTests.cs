using CniSrcRoute.Tests.Contract;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>
/// SIGKILL just before a single system call that changes the tree: these are all the states that a kill can leave. KILL_EVERY=1 in the environment tries them
/// all, otherwise every third.
/// </summary>
public sealed class KillTests
{
    private static readonly int Every = Contract.KillTests.Number("KILL_EVERY", 3);

    private static readonly string[] Changes = ["mkdir", "symlink", "link", "rename", "renameat2", "unlink", "rmdir", "fchmod", "pwrite64"];

    [StraceTheory]
    [InlineData("k3s", "install")]
    [InlineData("k3s", "uninstall")]
    [InlineData("k3s", "upgrade")]
    [InlineData("by hand", "install")]
    [InlineData("by hand", "uninstall")]
    [InlineData("single plugin", "install")]
    [InlineData("single plugin", "uninstall")]
    public void The_node_works_and_the_next_run_ends_right(string kind, string work)
    {
        using Tree tree = kind switch { "k3s" => Trees.K3sNode(), "by hand" => Trees.ByHand(), _ => Trees.Single() };
        string before = tree.Snapshot(), older = tree.Older();
        tree.Srcroute("install").Quietly();
        string installed = tree.Snapshot();
        tree.Srcroute("uninstall").Quietly();

        int struck = 0;
        foreach (string change in Changes)
        {
            bool killed = true;
            for (int strike = 1; killed; strike += Every)
            {
                string when = $"{work}, killed before {change} {strike}";
                if (work != "install")
                {
                    tree.Srcroute("install", work == "upgrade" ? older : null).Quietly();
                }

                Outcome outcome = Job.Start([
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={change}", "-e", $"inject={change}:signal=SIGKILL:when={strike}",
                    .. tree.Words(work == "uninstall" ? work : "install")]).Finish();
                killed = outcome.ExitStatus != 0;
                struck += killed ? 1 : 0;
                tree.AssertWorks([Requirements.Binary, older], when);

                // Every other time it is first done to its end.
                if (struck % 2 == 0)
                {
                    tree.Srcroute("install").Quietly();
                    AssertInstalled(installed, tree, when);
                }

                tree.Srcroute("uninstall").Quietly();
                Assert.True(before == tree.Snapshot(), $"{when}, then uninstalled:\n{tree.Snapshot()}\nexpected:\n{before}");
                Assert.True(strike < 100, "it never came to an end");
            }
        }

        Assert.InRange(struck, 10 / Every, 200);
    }

    // The record has a line for every version of a file, and an older configuration of ours is kept.
    private static void AssertInstalled(string installed, Tree tree, string when)
    {
        static string Comparable(string snapshot) =>
            string.Join('\n', snapshot.Split('\n').Where(line => !line.StartsWith("/etc/srcroute/", StringComparison.Ordinal)));
        Assert.True(Comparable(installed) == Comparable(tree.Snapshot()), $"{when}, then installed:\n{tree.Snapshot()}\nexpected:\n{installed}");
        Assert.EndsWith("nothing to do\n", tree.Srcroute("install").Quietly().Output, StringComparison.Ordinal);
    }
}
