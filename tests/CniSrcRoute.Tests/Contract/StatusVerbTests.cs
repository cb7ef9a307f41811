using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>STATUS: 50 when ADD could not do its work, 51 when pods work and a source does not, and silence.</summary>
public sealed class StatusVerbTests
{
    private static readonly string Input = Calls.Input(null, "1.1.0");

    private static readonly string[] NoPod = ["CNI_CONTAINERID=", "CNI_NETNS=", "CNI_IFNAME="];

    [KernelFact]
    public void It_is_not_available_before_bootstrap_and_ready_after_it()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string before = node.Snapshot();
        node.Call("STATUS", Input, NoPod).AssertRefused(50);
        Assert.Equal(before, node.Snapshot());

        node.Srcroute("bootstrap").Quietly();
        node.Call("STATUS", Input, NoPod).Quietly().AssertSilent();
        node.Srcroute("teardown").Quietly();
        node.Call("STATUS", Input, NoPod).AssertRefused(50);
    }

    [KernelTheory]
    [InlineData(50, "from 10.0.0.1", "ip rule del from 10.0.0.1")]
    [InlineData(50, "from 192.168.1.100", "ip rule del from 192.168.1.100; ip rule del from 10.0.0.1")]
    [InlineData(50, "/etc/srcroute/config.json", "echo nonsense >/etc/srcroute/config.json")]
    [InlineData(51, "10.0.0.1", "ip link set eth1 down")]
    [InlineData(51, "172.16.0.1", "echo '{ \"sources\": [{ \"address\": \"172.16.0.1\" }] }' >/etc/srcroute/config.json")]
    [InlineData(51, "default via 192.168.1.1", "ip route del default table 1000")]
    [InlineData(51, "somebody else's", "ip route del default table 1000; ip route add default dev eth1 table 1000")]
    public void What_is_wrong_decides_the_code_and_is_named(int code, string named, string damage)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh(damage);
        string before = node.Snapshot();

        Refusal refusal = node.Call("STATUS", Input, NoPod).AssertRefused(code);
        Assert.Contains(named, refusal.Details, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
    }

    [KernelFact]
    public void A_copy_that_the_next_ADD_would_write_is_no_reason_to_send_none()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("ip route del 10.254.2.0/24 table 1000");
        node.Call("STATUS", Input, NoPod).Quietly().AssertSilent();
    }

    [KernelFact]
    public void It_is_not_available_without_the_privilege()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        string[] restricted = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Requirements.Binary];
        Refusal refusal = node.Start(restricted, Input, Calls.Environment("STATUS", NoPod)).Finish().AssertRefused(50);
        Assert.Contains("CAP_NET_ADMIN", refusal.Details, StringComparison.Ordinal);
    }
}
