using System.Text.Json;
using CniSrcRoute.UnitTests;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>What real runtimes put on standard input and in the environment, call by call.</summary>
public sealed class CapturesTests
{
    public static TheoryData<string> Recordings =>
    [
        .. Directory.GetFiles(Repository.Captures, "01-ADD.env", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal),
    ];

    [KernelTheory]
    [MemberData(nameof(Recordings))]
    public void Calls_of_a_runtime_are_answered_as_it_expects(string recording)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Captures, recording), "*.env").Order(StringComparer.Ordinal))
        {
            var environment = File.ReadLines(file).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            string input = File.ReadAllText(Path.ChangeExtension(file, "stdin.json"));
            Outcome outcome = node.Start([Requirements.Binary], input, environment).Finish().Succeeded();
            if (environment["CNI_COMMAND"] == "ADD")
            {
                using var sent = JsonDocument.Parse(input);
                using var answered = JsonDocument.Parse(outcome.Output);
                Assert.True(JsonElement.DeepEquals(sent.RootElement.GetProperty("prevResult"), answered.RootElement));
            }
            else
            {
                Assert.Equal("", outcome.Output);
            }
        }

        Assert.Equal("via 192.168.1.1 dev eth0", node.Way("10.0.0.9", "192.168.1.100"));
    }

    [KernelFact]
    public void VERSION_lists_the_versions()
    {
        using Node node = new();
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" };
        string answer = node.Start([Requirements.Binary], """{ "cniVersion": "1.0.0" }""", environment).Finish().Quietly().Output;

        using var version = JsonDocument.Parse(answer);
        Assert.Equal("1.0.0", version.RootElement.GetProperty("cniVersion").GetString());
        Assert.Superset(
            new HashSet<string>(["0.3.1", "0.4.0", "1.0.0"]),
            version.RootElement.GetProperty("supportedVersions").EnumerateArray().Select(item => item.GetString()!).ToHashSet());
    }
}
