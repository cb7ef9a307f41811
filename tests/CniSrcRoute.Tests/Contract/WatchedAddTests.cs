using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// ADD beside a watcher, which may be slow: what ADD promises it keeps by itself. The watcher is stopped in the middle of its life here,
/// so that it helps nobody.
/// </summary>
public sealed class WatchedAddTests
{
    [KernelFact]
    public void The_pod_is_served_when_ADD_returns_though_the_watcher_sleeps()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using Job watcher = Watch(node);
        node.Sh(
            "ip link add veth11 up type veth peer name pod11 netns lan; ip -n lan link set pod11 up; " +
            "ip address add 10.254.1.1/32 dev veth11; ip route add 10.254.1.5 dev veth11 scope host");
        string result = Calls.Result().Replace("veth0", "veth11", StringComparison.Ordinal);

        node.Call("ADD", Calls.Input(result)).Quietly().AssertResult(result);
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "192.168.1.100"));
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));
        node.Call("ADD", Calls.Input(result)).Quietly().AssertResult(result);
        node.Call("DEL", Calls.Input(null)).Quietly().AssertSilent();
        node.Call("CHECK", Calls.Input(Calls.Result())).Quietly().AssertSilent();
    }

    [KernelTheory]
    [InlineData("the address's last pod had another device", "ip route replace 10.254.1.5 dev veth12 scope host", "veth12")]
    [InlineData("the address's last pod had a route of its own, the new one has the bridge", "ip route del 10.254.1.5", "cni0")]
    public void What_was_left_for_the_address_is_gone_when_ADD_returns_though_the_watcher_sleeps(string what, string script, string card)
    {
        Assert.NotEmpty(what);
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(
            "for i in 1 2; do ip link add veth1$i up type veth peer name pod1$i netns lan; ip -n lan link set pod1$i up; " +
            "ip address add 10.254.1.1/32 dev veth1$i; done; ip route add 10.254.1.5 dev veth11 scope host");
        using Job watcher = Watch(node);
        node.Sh(script);

        // As the plugins before us tell it: the host's end of the pod's cable is the card.
        string result = card == "cni0" ? Calls.Result() : Calls.Result().Replace("veth0", card, StringComparison.Ordinal);
        node.Call("ADD", Calls.Input(result)).Quietly().AssertResult(result);
        Assert.Equal($"dev {card}", node.Way("10.254.1.5", "192.168.1.100"));
        Assert.Equal($"dev {card}", node.Way("10.254.1.5", "10.0.0.1"));
    }

    [KernelFact]
    public void A_watcher_that_was_killed_is_no_watcher()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using Job watcher = Watch(node, stop: false);
        node.Sh(
            "kill -KILL $(cat /run/watcher); while kill -0 $(cat /run/watcher) 2>/dev/null; do :; done; ip rule del from 10.0.0.1; ip route flush table 1000");

        node.Call("ADD", Calls.Input(Calls.Result())).Quietly().AssertResult(Calls.Result());
        node.AssertTablesEqualMain();
    }

    // Begun, all true, and then stopped.
    private static Job Watch(Node node, bool stop = true)
    {
        Job watcher = node.Start(["sh", "-c", $"echo $$ >/run/watcher; echo started >&2; exec {Requirements.Binary} watch 2>/run/journal"], awaited: "started");
        node.Await($"{Requirements.Binary} sync --dry-run");
        if (stop)
        {
            // Nor in the middle of a reading that came after: it would hold the lock for good.
            node.Await("""
                watcher=$(cat /run/watcher)
                kill -STOP $watcher
                until grep '^State:.*stopped' /proc/$watcher/status; do kill -0 $watcher; done
                flock --nonblock /run/srcroute/lock true || { kill -CONT $watcher; false; }
                """);
        }

        return watcher;
    }
}
