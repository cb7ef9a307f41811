using System.Text.Json;
using CniSrcRoute.Cni;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>Standard input, nearly as runtimes write it.</summary>
public sealed class StdinFuzz
{
    private static readonly string[] Verbs = ["ADD", "DEL", "CHECK", "GC", "STATUS"];

    private static readonly int[] Codes = [1, 4, 6, 7];

    /// <summary>What was recorded, whole calls and results that a call can bring along.</summary>
    public static readonly byte[][] Corpus =
    [
        .. Directory.GetFiles(Repository.Captures, "*.stdin.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
        .. Directory.GetFiles(Repository.Captures, "prevResult.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => System.Text.Encoding.UTF8.GetBytes($$"""{"cniVersion": "1.1.0", "name": "pods", "type": "srcroute", "config": "/etc/srcroute/config.json", "prevResult": {{File.ReadAllText(file)}}}""")),
    ];

    [Fact]
    public void It_is_understood_or_refused_with_a_code_of_the_specification() =>
        Fuzzing.Run(40_000, random => Mutation.Json(random, Corpus), AssertUnderstoodOrRefused);

    private static void AssertUnderstoodOrRefused(byte[] input)
    {
        foreach (string verb in Verbs)
        {
            string version = CniVersion.Newest;
            try
            {
                CniRequest request = CniRequest.Parse(input, new CniEnvironment(verb, "a", "/run/netns/a", "eth0", "/"), ref version);
                Assert.Contains(request.Version, CniVersion.Supported);
                Assert.Equal(request.Version, version);
                Assert.DoesNotContain(request.PodAddresses, address => !address.IsSet);
                if (request.PrevResult is not null)
                {
                    using var document = JsonDocument.Parse(request.PrevResult);
                }
            }
            catch (CniException e)
            {
                Assert.Contains(e.Code, Codes);
                using var document = JsonDocument.Parse(CniAnswer.Error(version, e));
            }
        }

        try
        {
            using var document = JsonDocument.Parse(CniAnswer.Version(CniRequest.ParseVersion(input)));
        }
        catch (CniException e)
        {
            Assert.Equal(6, e.Code);
        }
    }
}
