using System.Text.Json.Nodes;
using CniSrcRoute.UnitTests;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>The examples in conflist/, as a user would take them.</summary>
public sealed class ExampleTests
{
    [KernelTheory]
    [InlineData("10-bridge.conflist", "cni0")]
    [InlineData("10-ptp.conflist", "veth")]
    public void A_pod_of_the_example_is_reached_from_every_source(string file, string card)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("if ip link show cni0 >/dev/null 2>&1; then ip link del cni0; fi");
        node.Srcroute("bootstrap").Succeeded();
        JsonNode list = JsonNode.Parse(Repository.Read($"conflist/{file}"))!;
        var chain = new Chain(node, list["cniVersion"]!.GetValue<string>(), [.. list["plugins"]!.AsArray().Select(plugin => plugin!.ToJsonString())]);

        string pod = Chain.Address(chain.Add("pod-a"));
        Assert.StartsWith($"dev {card}", node.Way(pod, "192.168.1.100"), StringComparison.Ordinal);
        Assert.StartsWith($"dev {card}", node.Way(pod, "10.0.0.1"), StringComparison.Ordinal);
        chain.Delete("pod-a");
    }
}
