using System.Text.Json;
using System.Text.Json.Nodes;
using CniSrcRoute.Configuration;
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
        JsonNode list = JsonNode.Parse(File.ReadAllText(Example(file)))!;
        var chain = new Chain(node, list["cniVersion"]!.GetValue<string>(), [.. list["plugins"]!.AsArray().Select(plugin => plugin!.ToJsonString())]);

        string pod = Chain.Address(chain.Add("pod-a"));
        Assert.StartsWith($"dev {card}", node.Way(pod, "192.168.1.100"), StringComparison.Ordinal);
        Assert.StartsWith($"dev {card}", node.Way(pod, "10.0.0.1"), StringComparison.Ordinal);
        chain.Delete("pod-a");
    }

    [Fact]
    public void Flannels_own_list_ends_with_srcroute() =>
        Assert.Equal("srcroute", JsonNode.Parse(File.ReadAllText(Example("10-flannel.conflist")))!["plugins"]!.AsArray()[^1]!["type"]!.GetValue<string>());

    [Fact]
    public void The_example_of_a_configuration_is_one_and_the_schema_knows_its_keys()
    {
        byte[] example = File.ReadAllBytes(Example("config.example.json"));
        Config config = ConfigParser.Parse("config.example.json", example);
        Assert.Equal(3, config.Sources.Count);

        using JsonDocument read = JsonDocument.Parse(example, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        JsonNode schema = JsonNode.Parse(File.ReadAllText(Example("config.schema.json")))!;
        Assert.All(read.RootElement.EnumerateObject(), key => Assert.NotNull(schema["properties"]![key.Name]));
        Assert.All(
            read.RootElement.GetProperty("sources").EnumerateArray().SelectMany(source => source.EnumerateObject()),
            key => Assert.NotNull(schema["$defs"]!["source"]!["properties"]![key.Name]));
    }

    private static string Example(string file)
    {
        string? directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory!, "CniSrcRoute.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return Path.Combine(directory!, "conflist", file);
    }
}
