using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>ADD on a node that is not as it should be.</summary>
public sealed class AddTests
{
    [KernelFact]
    public void A_second_ADD_says_the_same_and_changes_nothing()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        foreach (string version in Calls.Versions)
        {
            string input = Calls.Input(Calls.Result(version: version), version);
            Outcome first = node.Call("ADD", input).Quietly();
            first.AssertResult(Calls.Result(version: version));
            string before = node.Snapshot();

            Assert.Equal(first, node.Call("ADD", input));
            Assert.Equal(before, node.Snapshot());
        }

        node.AssertTablesEqualMain();
    }

    [KernelFact]
    public void What_it_does_not_know_goes_through_to_the_letter()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        const string result = """
            { "ips": [ { "address":"10.254.1.5/24" , "interface" : 99, "mtu": 1e3 } ], "a": "\u00e4\ud83d\ude00ä\/", "a": -0.0, "n": 123456789012345678901234567890,
              "deep": [[[[{ "": null }]]]], "routes": "not what it was", "cniVersion": "1.0.0" }
            """;

        Assert.Equal(
            result.Trim(),
            node.Call("ADD", Calls.Input(result, more: "\"unknown\": { \"key\": [1] }, \"runtimeConfig\": 5, \"args\": null, ")).Quietly().Output.Trim());
    }

    [KernelTheory]
    [InlineData("a copy over the device of the address's last pod", "ip link add veth9 up type veth peer name pod9; for t in 1000 1001; do ip route add 10.254.1.5 dev veth9 table $t protocol 206; done")]
    [InlineData("a copy through another node", "for t in 1000 1001; do ip route add 10.254.1.5 via 10.254.2.0 dev flannel.1 onlink table $t protocol 206; done")]
    [InlineData("a blackhole", "ip route add blackhole 10.254.1.5 table 1000 protocol 206")]
    [InlineData("a rule for the address itself", "ip rule add from 10.254.1.5 iif lo lookup 1001 priority 32765 protocol 206; ip rule add from 10.254.1.5 lookup 77 priority 5 protocol 206")]
    [InlineData("a table of a source that is no more", "ip route add 10.254.1.5 dev eth1 table 4711 protocol 206; ip rule add from all lookup 4711 priority 30000 protocol 206")]
    [InlineData("a copy of the bridge's subnet by another way", "ip route replace 10.254.1.0/24 via 10.254.2.0 dev flannel.1 onlink table 1000 metric 16128 protocol 206")]
    [InlineData("nothing where all should be", "ip route flush table 1000; ip route flush table 1001")]
    public void What_a_crashed_predecessor_left_for_the_address_is_gone_afterwards(string what, string script)
    {
        Assert.NotEmpty(what);
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh(script);
        Assert.Equal(2, node.Srcroute("sync --dry-run").ExitStatus);

        node.Call("ADD", Calls.Input(Calls.Result())).Quietly().AssertResult(Calls.Result());
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "192.168.1.100"));
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "10.0.0.1"));
        Assert.DoesNotContain("from 10.254.1.5", node.Sh("ip rule"), StringComparison.Ordinal);
        node.AssertTablesEqualMain();
    }

    [KernelFact]
    public void An_address_that_another_pod_had_leads_to_the_new_one_alone()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh(
            "for i in 1 2; do ip link add veth1$i up type veth peer name pod1$i netns lan; ip -n lan link set pod1$i up; done; " +
            "ip route add 10.254.1.5 dev veth11 scope host");
        node.Call("ADD", Calls.Input(Calls.Result()), "CNI_CONTAINERID=pod-old").Quietly();
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));

        node.Sh("ip route replace 10.254.1.5 dev veth12 scope host");
        node.Call("ADD", Calls.Input(Calls.Result()), "CNI_CONTAINERID=pod-new").Quietly();
        node.Call("DEL", Calls.Input(Calls.Result()), "CNI_CONTAINERID=pod-old").Quietly().AssertSilent();
        Assert.Equal("dev veth12", node.Way("10.254.1.5", "192.168.1.100"));
        Assert.Equal("dev veth12", node.Way("10.254.1.5", "10.0.0.1"));
        node.AssertTablesEqualMain();
    }

    [KernelFact]
    public void Files_and_rights_that_it_lacks_are_told()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        string input = Calls.Input(Calls.Result());
        string[] restricted = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Requirements.Binary];
        node.Start(restricted, input, Calls.Environment("ADD")).Finish().AssertRefused();

        node.Sh("rm -rf /run/srcroute; touch /run/srcroute");
        Assert.Contains("/run/srcroute", node.Call("ADD", input).AssertRefused(5).Message, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_source_that_cannot_be_served_does_not_keep_a_pod_from_starting()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure("""{ "sources": [{ "address": "172.16.0.1" }] }""");

        // Taken by the kernel once, and not again.
        node.Sh("ip addr add 192.168.7.2/24 dev eth0; ip route add 10.254.8.0/24 via 192.168.7.1; ip addr del 192.168.7.2/24 dev eth0");

        Outcome outcome = node.Call("ADD", Calls.Input(Calls.Result()));
        outcome.AssertResult(Calls.Result());
        Assert.Contains("172.16.0.1", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("192.168.7.1", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "10.0.0.1"));
    }
}
