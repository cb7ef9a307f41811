using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Calls of the plugin, as a runtime makes them.</summary>
internal static class Calls
{
    /// <summary>Every version of the specification that the plugin speaks.</summary>
    public static readonly string[] Versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>The environment of a call.</summary>
    /// <param name="verb">CNI_COMMAND.</param>
    /// <param name="changes">What differs from the usual: NAME=VALUE each.</param>
    public static Dictionary<string, string> Environment(string verb, params IEnumerable<string> changes)
    {
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = verb,
            ["CNI_CONTAINERID"] = "pod-a",
            ["CNI_NETNS"] = "/run/netns/pod-a",
            ["CNI_IFNAME"] = "eth0",
            ["CNI_ARGS"] = "",
            ["CNI_PATH"] = "/opt/cni/bin",
        };
        foreach (string[] change in changes.Select(change => change.Split('=', 2)))
        {
            environment[change[0]] = change[1];
        }

        return environment;
    }

    /// <summary>Calls the plugin and waits for its end.</summary>
    public static Outcome Call(this Node node, string verb, string input, params IEnumerable<string> changes) => node.StartCall(verb, input, changes).Finish();

    /// <summary>Calls the plugin.</summary>
    public static Job StartCall(this Node node, string verb, string input, params IEnumerable<string> changes) =>
        node.Start([Requirements.Binary], input, Environment(verb, changes));

    /// <summary>Calls the plugin with bytes that need not be text.</summary>
    public static Outcome Call(this Node node, string verb, byte[] input)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, input);
            return node.Start(["sh", "-euc", "exec \"$0\" <\"$1\"", Requirements.Binary, file], environment: Environment(verb)).Finish();
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Standard input of a call.</summary>
    /// <param name="prevResult">prevResult, JSON; null for none.</param>
    /// <param name="version">cniVersion.</param>
    /// <param name="more">Further members, JSON, each with a comma behind.</param>
    public static string Input(string? prevResult, string version = "1.0.0", string more = "") =>
        $$"""{ {{more}} "cniVersion": "{{version}}", "name": "cbr0", "type": "srcroute"{{(prevResult is null ? "" : $", \"prevResult\": {prevResult}")}} }""";

    /// <summary>What flannel's delegate says of a pod.</summary>
    /// <param name="address">The pod's address.</param>
    /// <param name="version">cniVersion.</param>
    public static string Result(string address = "10.254.1.5/24", string version = "1.0.0") =>
        $$"""
        { "cniVersion": "{{version}}", "interfaces": [{ "name": "cni0" }, { "name": "veth0" }, { "name": "eth0", "sandbox": "/run/netns/pod-a" }],
          "ips": [{ {{(version[0] == '0' ? "\"version\": \"4\", " : "")}}"interface": 2, "address": "{{address}}", "gateway": "10.254.1.1" }], "routes": [{ "dst": "10.254.0.0/16" }], "dns": {} }
        """;
}
