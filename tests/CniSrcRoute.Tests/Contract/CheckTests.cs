using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>CHECK: what a pod depends on and is missing or changed is named.</summary>
public sealed class CheckTests
{
    [KernelTheory]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void After_an_ADD_all_is_well(string version)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result(version: version), version);
        node.Call("ADD", input).Quietly();
        node.Call("CHECK", input).Quietly().AssertSilent();
        node.Call("CHECK", input).Quietly().AssertSilent();
    }

    [KernelTheory]
    [InlineData("ip route del 10.254.1.0/24 table 1000", "10.254.1.0/24 dev cni0")]
    [InlineData("ip route change 10.254.1.0/24 via 10.254.2.0 dev flannel.1 onlink table 1001 metric 16128 protocol 206 2>/dev/null || ip route replace 10.254.1.0/24 dev eth1 table 1001 metric $(ip -j route show table 1001 10.254.1.0/24 | jq .[0].metric) protocol 206", "10.254.1.0/24 dev cni0")]
    [InlineData("ip route del throw 10.254.0.0/16 table 1001", "throw 10.254.0.0/16")]
    [InlineData("ip rule del from 10.0.0.1", "from 10.0.0.1")]
    [InlineData("ip rule del from 192.168.1.100; ip rule add from 192.168.1.100 lookup main priority 30000 protocol 206", "from 192.168.1.100")]
    [InlineData("ip route flush table 1000", "10.254.1.0/24")]
    public void What_is_missing_or_changed_is_named_and_nothing_is_repaired(string damage, string named)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result());
        node.Call("ADD", input).Quietly();
        node.Sh(damage);
        string before = node.Snapshot();

        Refusal refusal = node.Call("CHECK", input).AssertRefused();
        Assert.InRange(refusal.Code, 100, 998);
        Assert.Contains(named, refusal.Details, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());

        node.Call("ADD", input).Quietly();
        node.Call("CHECK", input).Quietly().AssertSilent();
    }

    [KernelFact]
    public void The_route_of_a_pod_with_a_device_of_its_own_is_missed_and_another_pods_is_not()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(
            "for i in 1 2; do ip link add veth1$i up type veth peer name pod1$i netns lan; " +
            "ip -n lan link set pod1$i up; ip route add 10.254.1.$i dev veth1$i scope host; done");
        string first = Calls.Input(Calls.Result("10.254.1.1/32")), second = Calls.Input(Calls.Result("10.254.1.2/32"));
        node.Call("ADD", first).Quietly();
        node.Sh("ip route del 10.254.1.1 table 1001");

        Assert.Contains("10.254.1.1", node.Call("CHECK", first).AssertRefused(101).Details, StringComparison.Ordinal);
        node.Call("CHECK", second).Quietly().AssertSilent();
    }

    [KernelFact]
    public void A_drift_that_the_pod_does_not_depend_on_is_none_of_its_business()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result());
        node.Call("ADD", input).Quietly();
        node.Sh(
            "ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink; " +
            "ip route add 203.0.113.0/24 dev eth1 table 1001 protocol 206; rm /etc/iproute2/rt_tables.d/srcroute.conf");

        Assert.Equal(2, node.Srcroute("sync --dry-run").ExitStatus);
        node.Call("CHECK", input).Quietly().AssertSilent();
    }

    [KernelFact]
    public void A_stale_copy_that_hides_the_pod_is_found()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result());
        node.Call("ADD", input).Quietly();
        node.Sh("ip route add 10.254.1.5 dev eth1 table 1001 protocol 206");
        Assert.Equal("dev eth1", node.Way("10.254.1.5", "10.0.0.1"));

        Assert.Contains("10.254.1.5", node.Call("CHECK", input).AssertRefused(101).Details, StringComparison.Ordinal);
    }
}
