using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// DEL, which must never keep the plugins before us in the list from their own: status 0 and not a byte of output, whatever the node looks like.
/// </summary>
public sealed class DelTests
{
    [KernelTheory]
    [InlineData("nothing has happened", "")]
    [InlineData("bootstrap has not run", "$SRCROUTE teardown; rm -rf /run/srcroute")]
    [InlineData("the bridge is gone", "ip link del cni0")]
    [InlineData("a card is gone", "ip link del eth1")]
    [InlineData("a card is down", "ip link set eth0 down")]
    [InlineData("flannel's device is gone", "ip link del flannel.1")]
    [InlineData("flannel's file is gone", "rm /run/flannel/subnet.env")]
    [InlineData("everything is gone", "ip link del cni0; ip link del flannel.1; ip link del eth0; ip link del eth1; ip rule flush")]
    [InlineData("the tables are empty", "ip route flush table 1000; ip route flush table 1001")]
    [InlineData("the config is nonsense", "echo nonsense >/etc/srcroute/config.json")]
    [InlineData("the config may be written by others", "echo {} >/etc/srcroute/config.json; chmod 666 /etc/srcroute/config.json")]
    [InlineData("the config is a directory", "mkdir /etc/srcroute/config.json")]
    [InlineData("the config names a card that is not there", "echo '{ \"sources\": [{ \"address\": \"172.16.0.1\", \"card\": \"eth7\" }] }' >/etc/srcroute/config.json")]
    [InlineData("the lock cannot be made", "rm -rf /run/srcroute; touch /run/srcroute")]
    [InlineData("the lock is held", "flock /run/srcroute/lock sh -c 'echo held >/run/held; exec sleep infinity' >/dev/null 2>&1 & until [ -s /run/held ]; do :; done")]
    public void It_succeeds_in_silence_when(string what, string script)
    {
        Assert.NotEmpty(what);
        using Node node = Topology.TwoCards().WithFlannel();
        node.Call("ADD", Calls.Input(Calls.Result())).Quietly();
        node.Sh($"SRCROUTE={Requirements.Binary}; {script}");
        string before = node.Snapshot();

        foreach (string version in Calls.Versions)
        {
            string result = Calls.Result(version: version);
            node.Call("DEL", Calls.Input(result, version)).Quietly().AssertSilent();
            node.Call("DEL", Calls.Input(result, version)).Quietly().AssertSilent();
            node.Call("DEL", Calls.Input(result, version), "CNI_NETNS=", "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAME=a").Quietly().AssertSilent();
            node.Call("DEL", Calls.Input(null, version), "CNI_NETNS=").Quietly().AssertSilent();
        }

        Assert.Equal(before, node.Snapshot());
    }

    [KernelTheory]
    [InlineData("\"\"")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "cniVersion": "9.9.9" }""")]
    [InlineData("""{ "ips": 5, "interfaces": "x" }""")]
    [InlineData("""{ "ips": [{ "address": "nonsense", "interface": -1 }] }""")]
    [InlineData("""{ "ips": [{ "address": "\ud800" }] }""")]
    public void It_succeeds_in_silence_whatever_prevResult_is(string prevResult)
    {
        using Node node = new();
        node.Call("DEL", Calls.Input(prevResult)).Quietly().AssertSilent();
    }

    [KernelTheory]
    [InlineData("\"config\": 5, ")]
    [InlineData("\"config\": null, ")]
    [InlineData("\"config\": \"/none\", ")]
    [InlineData("\"config\": \"\\ud800\", ")]
    [InlineData("\"config\": \"\", ")]
    public void It_succeeds_in_silence_whatever_our_own_key_is(string member)
    {
        using Node node = new();
        node.Call("DEL", Calls.Input(null, more: member)).Quietly().AssertSilent();
    }

    [KernelFact]
    public void It_succeeds_in_silence_without_any_right()
    {
        using Node node = new();
        node.Start(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Requirements.Binary], Calls.Input(null), Calls.Environment("DEL"))
            .Finish()
            .Quietly()
            .AssertSilent();
    }

    [KernelFact]
    public void It_succeeds_in_silence_after_an_ADD_that_failed()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("touch /run/srcroute");
        node.Call("ADD", Calls.Input(Calls.Result())).AssertRefused(5);
        node.Call("DEL", Calls.Input(null)).Quietly().AssertSilent();
        node.Call("DEL", Calls.Input(null), "CNI_NETNS=").Quietly().AssertSilent();
    }

    [KernelFact]
    public void A_pod_with_a_device_of_its_own_leaves_nothing_behind()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        string before = node.Snapshot();
        node.Sh("ip netns add pod-a; ip link add veth11 up type veth peer name eth0 netns pod-a; ip route add 10.254.1.5 dev veth11 scope host");
        node.Call("ADD", Calls.Input(Calls.Result())).Quietly();
        Assert.Contains("10.254.1.5 dev veth11", node.Table("1001"), StringComparison.Ordinal);

        // As a runtime does: the list in reverse, so that ours comes first, and then the plugin that takes the device away.
        node.Call("DEL", Calls.Input(null)).Quietly().AssertSilent();
        node.Sh("ip link del veth11; ip netns del pod-a");
        Assert.Equal(before, node.Snapshot());
    }
}
