using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// STATUS: 50 when ADD could not do its work, and silence for everything else. A runtime makes NotReady of a failure, and then no pod is started any more,
/// whose ADD would make what is missing, and those that are there are taken away.
/// </summary>
public sealed class StatusVerbTests
{
    private static readonly string Input = Calls.Input(null, "1.1.0");

    private static readonly string[] NoPod = ["CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME="];

    [KernelFact]
    public void It_is_ready_before_bootstrap_and_after_it_and_changes_nothing()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string before = node.Snapshot();
        AssertReady(node);
        Assert.Equal(before, node.Snapshot());

        node.Srcroute("bootstrap").Quietly();
        AssertReady(node);
        node.Srcroute("teardown").Quietly();
        AssertReady(node);
    }

    [KernelTheory]
    [InlineData("ip rule del from 10.0.0.1")]
    [InlineData("ip rule del from 192.168.1.100; ip rule del from 10.0.0.1")]
    [InlineData("ip link set eth1 down")]
    [InlineData("ip address del 10.0.0.1/24 dev eth1")]
    [InlineData("echo '{ \"sources\": [{ \"address\": \"172.16.0.1\" }] }' >/etc/srcroute/config.json")]
    [InlineData("echo '{ \"sources\": [{ \"address\": \"10.0.0.1\", \"gateway\": \"10.99.0.1\" }] }' >/etc/srcroute/config.json")]
    [InlineData("ip route del default table 1000")]
    [InlineData("ip route del default table 1000; ip route add default dev eth1 table 1000")]
    [InlineData("ip route del 10.254.2.0/24 table 1000")]
    [InlineData("nft delete table inet srcroute")]
    [InlineData("echo nonsense >/etc/srcroute/config.json")]
    public void Where_ADD_does_its_work_the_node_is_ready(string damage)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh(damage);
        string before = node.Snapshot();
        AssertReady(node);
        Assert.Equal(before, node.Snapshot());

        node.Call("ADD", Calls.Input(Calls.Result())).AssertResult(Calls.Result());
    }

    [KernelFact]
    public void Without_the_privilege_neither_does_its_work()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string[] restricted = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Requirements.Binary];
        Refusal refusal = node.Start(restricted, Input, Calls.Environment("STATUS", NoPod)).Finish().AssertRefused(50);
        Assert.Contains("CAP_NET_ADMIN", refusal.Details, StringComparison.Ordinal);
        node.Start(restricted, Calls.Input(Calls.Result()), Calls.Environment("ADD")).Finish().AssertRefused();
    }

    [KernelFact]
    public void Without_a_place_for_the_lock_neither_does_its_work()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("rm -rf /run/srcroute; touch /run/srcroute");
        Assert.Contains("/run/srcroute", node.Call("STATUS", Input, NoPod).AssertRefused(50).Details, StringComparison.Ordinal);
        node.Call("ADD", Calls.Input(Calls.Result())).AssertRefused(5);
    }

    [KernelFact]
    public void Who_holds_the_lock_for_a_moment_is_no_reason()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        using Job holder = node.Start(["flock", "/run/srcroute/lock", "sh", "-c", "echo held >&2; exec sleep infinity"], awaited: "held");
        AssertReady(node);
    }

    private static void AssertReady(Node node) => node.Call("STATUS", Input, NoPod).Quietly().AssertSilent();
}
