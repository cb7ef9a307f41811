using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>`srcroute status --watcher`, which a probe asks: whether the watcher works, and not how the cards are.</summary>
public sealed class ProbeTests
{
    [KernelFact]
    public void A_watcher_works_from_its_first_verification_on_until_it_dies_whatever_a_card_does()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        AssertNot(node, "no watcher runs on this node\n");
        using var watcher = Watcher.Start(node);
        AssertWorks(node);

        node.Sh("ip link set eth1 down");
        _ = watcher.Settle();
        Assert.Equal(2, node.Srcroute("status").ExitStatus);
        AssertWorks(node);

        watcher.Signal("KILL");
        _ = watcher.Finish();
        AssertNot(node, "no watcher runs on this node\n");
    }

    [KernelFact]
    public void One_that_has_not_verified_for_long_does_not()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node);
        node.Await($"{Requirements.Binary} status --watcher");
        watcher.Signal("STOP");
        AssertWorks(node);
        node.Sh("touch -d '4 minutes ago' /run/srcroute/watch.lock");
        AssertNot(node, "the watcher runs, but has not verified the node in the last 3 minutes: see its log\n");

        // And again, when it goes on, and has read the node: asked for, since by itself it does so once a minute.
        watcher.Signal("CONT");
        node.Sh("ip rule del from 10.0.0.1");
        _ = watcher.Await("repaired ");
        watcher.Signal("HUP");
        node.Await($"{Requirements.Binary} status --watcher");
    }

    [KernelFact]
    public void One_that_cannot_begin_does_not()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using Job holder = node.Start(
            ["sh", "-c", "mkdir -p -m 700 /run/srcroute; exec flock /run/srcroute/lock sh -c 'echo held >&2; exec sleep infinity'"], awaited: "held");
        using Job watcher = node.Start([Requirements.Binary, "watch"], awaited: "failed ");
        AssertNot(node, "the watcher runs, but has not verified the node in the last 3 minutes: see its log\n");
    }

    private static void AssertWorks(Node node) => Assert.Equal("the watcher works\n", node.Srcroute("status --watcher").Quietly().Output);

    private static void AssertNot(Node node, string words)
    {
        Outcome outcome = node.Srcroute("status --watcher");
        Assert.Equal((2, words), (outcome.ExitStatus, outcome.Output));
    }
}
