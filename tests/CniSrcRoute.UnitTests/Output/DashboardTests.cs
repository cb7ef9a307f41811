using System.Text.Json;
using Xunit;

namespace CniSrcRoute.UnitTests.Output;

/// <summary>The dashboard of scripts/monitoring.</summary>
public sealed class DashboardTests
{
    [Fact]
    public void The_dashboard_is_one()
    {
        JsonElement dashboard = JsonDocument.Parse(Repository.Read("scripts/monitoring/dashboard.json")).RootElement;
        Assert.True(dashboard.GetProperty("schemaVersion").GetInt32() > 30);
        JsonElement[] panels = [.. dashboard.GetProperty("panels").EnumerateArray()];
        Assert.NotEmpty(panels);
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, panel => Assert.All(panel.GetProperty("targets").EnumerateArray(), target => Assert.NotEmpty(target.GetProperty("expr").GetString()!)));
    }
}
