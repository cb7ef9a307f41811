using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Compares source tables with main, by what ip(8) says and nothing of ours.</summary>
internal static class Mirror
{
    private const string Overlay = "10.254.";

    /// <summary>
    /// Asserts that both tables of <see cref="Topology.TwoCards"/> hold main's pod routes, the guard, main's routes by their card, and nothing else.
    /// </summary>
    public static void AssertTablesEqualMain(this Node node)
    {
        string[] main = Routes(node, "main");
        string[] overlay = [.. main.Where(route => route.Contains($" {Overlay}", StringComparison.Ordinal))];
        foreach ((string table, string card) in ((string, string)[])[("1000", "eth0"), ("1001", "eth1")])
        {
            IEnumerable<string> byCard = main.Except(overlay).Where(route => route.Contains($" dev={card} ", StringComparison.Ordinal));
            Assert.Equal([.. overlay.Concat(byCard).Append(Guard).Order(StringComparer.Ordinal)], Routes(node, table));
        }

        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    private const string Guard = "throw 10.254.0.0/16 via= dev= scope= src= flags=";

    private static string[] Routes(Node node, string table)
    {
        using var routes = JsonDocument.Parse(node.Sh($"ip -j -d route show table {table}"));
        return [.. routes.RootElement.EnumerateArray().Select(Line).Order(StringComparer.Ordinal)];
    }

    private static string Line(JsonElement route)
    {
        string[] flags = [.. route.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!).Where(flag => flag == "onlink")];
        string scope = Text("type") == "unicast" ? Text("scope") : "";
        return $"{Text("type")} {Text("dst")} via={Text("gateway")} dev={Text("dev")} scope={scope} src={Text("prefsrc")} flags={string.Concat(flags)}";

        string Text(string key) => route.TryGetProperty(key, out JsonElement value) ? value.GetString()! : "";
    }
}
