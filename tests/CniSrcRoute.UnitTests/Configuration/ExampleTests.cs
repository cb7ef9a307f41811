using System.Text.Json;
using System.Text.Json.Nodes;
using CniSrcRoute.Configuration;
using Xunit;

namespace CniSrcRoute.UnitTests.Configuration;

/// <summary>The examples in conflist/, read.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void Flannels_own_list_ends_with_srcroute() =>
        Assert.Equal("srcroute", JsonNode.Parse(Repository.Read("conflist/10-flannel.conflist"))!["plugins"]!.AsArray()[^1]!["type"]!.GetValue<string>());

    [Fact]
    public void The_example_of_a_configuration_is_one_and_the_schema_knows_its_keys()
    {
        byte[] example = File.ReadAllBytes(Repository.PathOf("conflist/config.example.json"));
        Config config = ConfigParser.Parse("config.example.json", example);
        Assert.Equal(3, config.Sources.Count);

        using JsonDocument read = JsonDocument.Parse(example, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        JsonNode schema = JsonNode.Parse(Repository.Read("conflist/config.schema.json"))!;
        Assert.All(read.RootElement.EnumerateObject(), key => Assert.NotNull(schema["properties"]![key.Name]));
        Assert.All(
            read.RootElement.GetProperty("sources").EnumerateArray().SelectMany(source => source.EnumerateObject()),
            key => Assert.NotNull(schema["$defs"]!["source"]!["properties"]![key.Name]));
    }
}
