using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.UnitTests;
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

        string dashboard = Repository.Read("scripts/monitoring/dashboard.json"), alerts = Repository.Read("scripts/monitoring/alerts.yaml");
        Assert.NotEmpty(Name().Matches(dashboard));
        Assert.NotEmpty(Name().Matches(alerts));
        Assert.All(Name().Matches(dashboard + alerts), match => Assert.Contains(match.Value, metrics));
        Assert.All(metrics.Select(metric => metric.Replace("_bucket", "", StringComparison.Ordinal)), metric => Assert.Matches("^srcroute_[a-z]+(_[a-z]+)*$", metric));

        // A counter ends with _total, and nothing else does.
        MatchCollection types = Type().Matches(text);
        Assert.All(types, match => Assert.Equal(match.Groups[2].Value == "counter", match.Groups[1].Value.EndsWith("_total", StringComparison.Ordinal)));
    }

    [GeneratedRegex("^srcroute_[a-z_]+", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("srcroute_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("^# TYPE ([a-z_]+) ([a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Type();
}
