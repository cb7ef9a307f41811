using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>GC: what is stale goes, what pods need stays, whatever the list of valid attachments says or does not say.</summary>
public sealed class GarbageCollectionTests
{
    [KernelTheory]
    [InlineData("")]
    [InlineData("\"cni.dev/valid-attachments\": null, ")]
    [InlineData("\"cni.dev/valid-attachments\": [], ")]
    [InlineData("\"cni.dev/valid-attachments\": [{ \"containerID\": \"pod-a\", \"ifname\": \"eth0\" }], \"cni.dev/attachments\": [{ \"containerID\": \"pod-a\", \"ifname\": \"eth0\" }], ")]
    [InlineData("\"cni.dev/valid-attachments\": [{ \"containerID\": \"pod-z\", \"ifname\": \"eth0\" }], ")]
    [InlineData("\"cni.dev/valid-attachments\": [5, null, {}], \"cni.dev/attachments\": \"\", ")]
    public void Stale_copies_go_and_what_pods_need_stays(string attachments)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("ip link add veth11 up type veth peer name pod11 netns lan; ip -n lan link set pod11 up; ip route add 10.254.1.5 dev veth11 scope host");
        node.Call("ADD", Calls.Input(Calls.Result(version: "1.1.0"), "1.1.0")).Quietly();
        string before = node.Snapshot();
        node.Sh("""
            ip route add 10.254.1.9 dev cni0 table 1000 protocol 206
            ip route add 10.254.7.0/24 via 10.254.7.0 dev flannel.1 onlink table 1001 protocol 206
            ip rule add from 10.254.1.9 iif lo lookup 1000 priority 32765 protocol 206
            """);

        node.Call("GC", Calls.Input(null, "1.1.0", attachments), "CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME=").Quietly().AssertSilent();
        Assert.Equal(before, node.Snapshot());
        node.AssertTablesEqualMain();
    }

    [KernelFact]
    public void What_the_kernel_refuses_is_told_and_everything_else_is_done()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("ip addr add 192.168.7.2/24 dev eth0; ip route add 10.254.8.0/24 via 192.168.7.1; ip addr del 192.168.7.2/24 dev eth0");
        node.Sh("ip route add 10.254.1.9 dev cni0 table 1000 protocol 206");

        Assert.Contains(
            "192.168.7.1",
            node.Call("GC", Calls.Input(null, "1.1.0"), "CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME=").AssertRefused(100).Details,
            StringComparison.Ordinal);
        Assert.DoesNotContain("10.254.1.9", node.Table("1000"), StringComparison.Ordinal);
    }
}
