using System.Text.Json;
using CniSrcRoute.Cni;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>What containerd, podman and libcni really sent: Captures/.</summary>
public class CaptureTests
{
    private static readonly string Directory = Repository.Captures;

    public static TheoryData<string> Calls =>
    [
        .. System.IO.Directory.EnumerateFiles(Directory, "*.stdin.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Directory, file))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void There_are_calls_of_all_runtimes_and_versions() => Assert.Equal(38, Calls.Count);

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_call_is_read(string file)
    {
        CniEnvironment environment = Environment(file);
        byte[] input = File.ReadAllBytes(Path.Combine(Directory, file));
        using var document = JsonDocument.Parse(input);
        JsonElement root = document.RootElement;
        string version = root.GetProperty("cniVersion").GetString()!;

        CniRequest request = Call.Request(input, environment);
        Assert.Equal(version, request.Version);
        Assert.Equal(root.TryGetProperty("prevResult", out JsonElement previous) ? previous.GetRawText() : null, request.PrevResult);
        Assert.Equal(environment.Command == "ADD", environment.Command != "CHECK" && request.PodAddresses.Count > 0);
        Assert.All(request.PodAddresses, address => Assert.Contains($"\"{address}/", request.PrevResult, StringComparison.Ordinal));
        if (environment.Command == "ADD")
        {
            Assert.Equal(previous.GetProperty("ips").GetArrayLength(), request.PodAddresses.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_call_whose_container_is_gone_is_read_as_well(string file)
    {
        CniEnvironment environment = Environment(file) with { Command = "DEL", NetNs = "" };
        Assert.NotNull(Call.Request(File.ReadAllBytes(Path.Combine(Directory, file)), environment));
    }

    [Theory]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void Flannels_dual_stack_result_has_the_pods_two_addresses(string version)
    {
        string result = File.ReadAllText(Path.Combine(Directory, $"flannel-dualstack-{version}", "prevResult.json"));
        CniRequest request = Call.Request($$"""{"cniVersion":"{{version}}","name":"cbr0","prevResult":{{result}} }""");
        Assert.Equal([Family.IPv4, Family.IPv6], request.PodAddresses.Select(address => address.Family));
        Assert.Equal(result.Trim(), request.PrevResult);
    }

    private static CniEnvironment Environment(string file)
    {
        Dictionary<string, string> variables = File.ReadAllLines(Path.Combine(Directory, file.Replace(".stdin.json", ".env", StringComparison.Ordinal)))
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        return CniEnvironment.Read(variables.GetValueOrDefault);
    }
}
