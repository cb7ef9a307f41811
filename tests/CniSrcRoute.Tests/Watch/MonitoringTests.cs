using System.Text.Json;
using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>The dashboard and the alerts of scripts/monitoring, and the names of the metrics.</summary>
public sealed partial class MonitoringTests
{
    [KernelFact]
    public void Every_metric_that_they_name_is_one_and_every_metric_has_a_name_as_OpenMetrics_wants_it()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/srcroute.prom"]);
        node.Await("test -s /run/srcroute.prom");
        string text = node.Sh("cat /run/srcroute.prom");
        HashSet<string> metrics = [.. Sample().Matches(text).Select(match => match.Value)];
        Assert.Contains("srcroute_misdirected_replies_total", metrics);

        string dashboard = Read("dashboard.json"), alerts = Read("alerts.yaml");
        Assert.NotEmpty(Name().Matches(dashboard));
        Assert.NotEmpty(Name().Matches(alerts));
        Assert.All(Name().Matches(dashboard + alerts), match => Assert.Contains(match.Value, metrics));
        Assert.All(metrics.Select(metric => metric.Replace("_bucket", "", StringComparison.Ordinal)), metric => Assert.Matches("^srcroute_[a-z]+(_[a-z]+)*$", metric));

        // A counter ends with _total, and nothing else does.
        MatchCollection types = Type().Matches(text);
        Assert.All(types, match => Assert.Equal(match.Groups[2].Value == "counter", match.Groups[1].Value.EndsWith("_total", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_dashboard_is_one()
    {
        JsonElement dashboard = JsonDocument.Parse(Read("dashboard.json")).RootElement;
        Assert.True(dashboard.GetProperty("schemaVersion").GetInt32() > 30);
        JsonElement[] panels = [.. dashboard.GetProperty("panels").EnumerateArray()];
        Assert.NotEmpty(panels);
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, panel => Assert.All(panel.GetProperty("targets").EnumerateArray(), target => Assert.NotEmpty(target.GetProperty("expr").GetString()!)));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Path.GetDirectoryName(Requirements.Shield)!, "../monitoring", file));

    [GeneratedRegex("^srcroute_[a-z_]+", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("srcroute_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("^# TYPE ([a-z_]+) ([a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Type();
}
