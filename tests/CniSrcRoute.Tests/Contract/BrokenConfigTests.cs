using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>A configuration that is not understood keeps no pod from starting: what stood before goes on to serve, and the word about it is loud.</summary>
public sealed class BrokenConfigTests
{
    [KernelTheory]
    [InlineData("nonsense", "not valid JSON")]
    [InlineData("""{ "discovr": true }""", "discovr")]
    [InlineData("""{ "extend": ["nobodys"] }""", "nobodys")]
    public void Without_a_watcher_the_pod_is_added_to_what_stood_before_and_nothing_else_is_touched(string config, string word)
    {
        using Node node = Topology.TwoCards().WithFlannel();

        // What the defaults would not have made.
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254", "table": 77 }], "discover": false, "marks": false }""");
        node.Srcroute("bootstrap").Quietly();
        node.Configure(config);
        AddPod(node);
        string rules = node.Sh("ip rule");

        Outcome outcome = node.Call("ADD", Calls.Input(PodsResult));
        outcome.AssertResult(PodsResult);
        Assert.StartsWith("srcroute: warning: /etc/srcroute/config.json: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(word, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("what was made before stays as it is", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.9", "10.0.0.1"));
        Assert.Equal(rules, node.Sh("ip rule"));
        Assert.DoesNotContain("srcroute", node.Sh("nft list tables"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("nonsense", "")]
    [InlineData("", """ "config": "/none", """)]
    [InlineData("""{ "extend": ["nobodys"] }""", "")]
    public void Where_nothing_stood_before_the_defaults_hold(string config, string more)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        if (config.Length > 0)
        {
            node.Configure(config);
        }

        Outcome outcome = node.Call("ADD", Calls.Input(Calls.Result(), more: more));
        outcome.AssertResult(Calls.Result());
        Assert.Contains(more.Length > 0 ? "warning: /none: " : "warning: /etc/srcroute/config.json: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("the defaults are used", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "192.168.1.100"));
        node.Sh("rm -f /etc/srcroute/config.json");
        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelFact]
    public void A_pod_that_would_be_misrouted_is_not_added()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        node.Sh("ip route add 10.254.1.5/32 dev eth1 table 1001 protocol 206; echo nonsense >/etc/srcroute/config.json");
        Refusal refusal = node.Call("ADD", Calls.Input(Calls.Result())).AssertRefused(7);
        Assert.StartsWith("/etc/srcroute/config.json: ", refusal.Message, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_pod_that_main_itself_refuses_is_added_as_without_us()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("ip route add blackhole 10.254.1.0/26 protocol static");
        node.Srcroute("bootstrap").Quietly();
        node.Call("ADD", Calls.Input(Calls.Result())).AssertResult(Calls.Result());
        node.Configure("nonsense");
        node.Call("ADD", Calls.Input(Calls.Result())).AssertResult(Calls.Result());
    }

    [KernelFact]
    public void A_virtual_address_that_is_on_another_node_keeps_ADD_from_nothing()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure("""{ "sources": [{ "address": "10.0.0.77", "card": "eth1" }], "marks": false }""");
        node.Srcroute("bootstrap");
        node.Configure("nonsense");
        Assert.Contains("from 10.0.0.77", node.Sh("ip rule"), StringComparison.Ordinal);

        // ADD completes what stands, and finds that it leads to the pod from all addresses that the node has.
        node.Call("ADD", Calls.Input(Calls.Result())).AssertResult(Calls.Result());
        Assert.Equal("dev cni0", node.Way("10.254.1.5", "192.168.1.100"));
    }

    [KernelFact]
    public void A_watcher_keeps_what_it_knew_and_the_pod_is_added_to_that()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254", "table": 77 }], "discover": false }""");
        using var watcher = Watch.Watcher.Start(node);
        node.Configure("nonsense");
        Assert.Contains("the previous configuration stays in force", watcher.Await("failed "), StringComparison.Ordinal);
        AddPod(node);

        node.Call("ADD", Calls.Input(PodsResult)).AssertResult(PodsResult);
        Assert.Equal("dev veth11", node.Way("10.254.1.5", "10.0.0.1"));
        Assert.Equal("via 10.0.0.254 dev eth1", node.Way("203.0.113.9", "10.0.0.1"));
    }

    private static string PodsResult => Calls.Result().Replace("veth0", "veth11", StringComparison.Ordinal);

    // Another network than the bridge's, so that it needs a copy of its own.
    private static void AddPod(Node node) => node.Sh(
        "ip link add veth11 up type veth peer name pod11 netns lan; ip -n lan link set pod11 up; " +
        "ip address add 10.254.1.1/32 dev veth11; ip route add 10.254.1.5 dev veth11 scope host");
}
