using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>What the fuzzing has found.</summary>
public sealed class RegressionTests
{
    [Fact]
    public void A_device_that_is_listed_twice_is_one_device()
    {
        NodeState recorded = RecordedReplies.State();
        var state = new NodeState
        {
            Links = [.. recorded.Links, recorded.Links[^1]],
            Addresses = recorded.Addresses,
            Rules = recorded.Rules,
            Tables = recorded.Tables,
        };

        Assert.Equal(
            Diff.Between(Derive.From(new Config(), recorded), recorded).Changes,
            Diff.Between(Derive.From(new Config(), state), state).Changes);
    }

    [Theory]
    [InlineData("""{ "overlay": { "\networks": [] } }""")]
    [InlineData("""{ "\u001b[2J": [] }""")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1\n" }] }""")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "gateway": "\u0007" }] }""")]
    public void A_control_character_in_the_config_stays_out_of_the_message(string text)
    {
        string message = Assert.Throws<InputException>(() => ConfigParser.Parse("config.json", System.Text.Encoding.UTF8.GetBytes(text))).Message;
        Assert.DoesNotContain(message, char.IsControl);
    }
}
