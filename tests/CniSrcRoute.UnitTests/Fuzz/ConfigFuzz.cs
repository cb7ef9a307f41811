using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.Planning;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>The configuration file, nearly as people write it: a plan or one sentence.</summary>
public sealed class ConfigFuzz
{
    private static readonly byte[][] Corpus =
    [
        .. new[]
        {
            "{}",
            """{ "sources": [{ "address": "192.168.1.100", "table": 1500, "card": "eth0", "gateway": "192.168.1.1" }], "discover": false }""",
            """{ "sources": [{ "card": "eth1", "gateway": "10.0.0.254", "routes": [{ "to": "10.9.0.0/16", "via": "10.0.0.253" }] }, { "address": "fd00::1" }] }""",
            """{ "overlay": { "cards": ["cni0", "veth*"], "networks": ["10.254.0.0/16", "fd00:254::/48"] }, "rulePriority": 30000, "tableBase": 1000 }""",
            """{ "sources": [{ "address": "10.0.0.1", "table": "main" }], /* a comment */ "discover": true, }""",
            """{ "$schema": "x", "sources": [{ "address": "10.0.0.1", "table": "src-10.0.0.1" }, { "address": "192.168.1.100" }] }""",
        }.Select(Encoding.UTF8.GetBytes),
        File.ReadAllBytes(Repository.PathOf("conflist/config.example.json")),
    ];

    private static readonly NodeState State = RecordedReplies.State();

    [Fact]
    public void It_makes_a_plan_or_is_refused_in_one_sentence() => Fuzzing.Run(40_000, random => Mutation.Json(random, Corpus), text =>
    {
        try
        {
            Config config = ConfigParser.Parse("config.json", text);
            DesiredState desired = Derive.From(config, State);
            Plan plan = Diff.Between(desired, State);
            var ip = new IpCommand(State);
            Assert.DoesNotContain(plan.Changes.Select(ip.Format), line => line.Length == 0);
            Assert.DoesNotContain(desired.Tables, table => table.Number is 0 or 253 or 254 or 255);
        }
        catch (InputException e)
        {
            Assert.StartsWith("config.json: ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
    });
}
