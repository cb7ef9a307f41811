using System.Text.Json.Nodes;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>A conflist and the part of libcni that runs it: ADD in order, prevResult handed on; DEL in reverse, with the kept result from 0.4.0 on.</summary>
/// <param name="node">Where it is run.</param>
/// <param name="version">cniVersion of the list.</param>
/// <param name="plugins">The entries, JSON objects.</param>
internal sealed class Chain(Node node, string version, params string[] plugins)
{
    private readonly Dictionary<string, string> _results = [];

    /// <summary>Directories in which the plugins look for programs before all others, each with a colon behind it.</summary>
    public string ProgramPath { get; init; } = "";

    /// <summary>bridge, host-local and portmap, as flannel delegates to them, and srcroute behind.</summary>
    public static Chain Bridge(Node node, string version, params string[] subnets) => new(
        node,
        version,
        $$"""{ "type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "mtu": 1450, "ipam": {{HostLocal(subnets, "")}} }""",
        """{ "type": "portmap", "runtimeConfig": { "portMappings": [{ "hostPort": 8080, "containerPort": 80, "protocol": "tcp" }] } }""",
        """{ "type": "srcroute" }""");

    /// <summary>ptp and host-local: a route for every pod, and srcroute behind.</summary>
    public static Chain Ptp(Node node, string version, params string[] subnets) => new(
        node,
        version,
        $$"""{ "type": "ptp", "ipam": {{HostLocal(subnets, """{ "dst": "0.0.0.0/0" }, { "dst": "::/0" }""")}} }""",
        """{ "type": "srcroute" }""");

    /// <summary>Makes a pod's network namespace and adds it; returns the result of the whole list.</summary>
    public string Add(string pod)
    {
        node.Sh($"ip netns add {pod}");
        string? result = null;
        foreach (string plugin in plugins)
        {
            string output = Call("ADD", plugin, pod, $"/run/netns/{pod}", result).Succeeded().Output;
            if (result is not null && Type(plugin) == "srcroute")
            {
                Assert.Equal(Compact(result), Compact(output));
            }

            result = output;
        }

        return _results[pod] = result!;
    }

    /// <summary>Deletes a pod, and its network namespace after it.</summary>
    public void Delete(string pod)
    {
        string? kept = string.CompareOrdinal(version, "0.4.0") < 0 ? null : _results.GetValueOrDefault(pod);
        foreach (string plugin in plugins.Reverse())
        {
            Outcome outcome = Call("DEL", plugin, pod, $"/run/netns/{pod}", kept).Succeeded();
            Assert.Equal("", outcome.Output);
        }

        node.Sh($"ip netns del {pod}");
        _results.Remove(pod);
    }

    /// <summary>The address of a family that a result gives the pod.</summary>
    public static string Address(string result, bool ipv6 = false) =>
        JsonNode.Parse(result)!["ips"]!
            .AsArray()
            .Select(ip => ip!["address"]!.GetValue<string>().Split('/')[0])
            .Single(address => address.Contains(':') == ipv6);

    private static string HostLocal(string[] subnets, string routes)
    {
        IEnumerable<string> ranges = subnets.Select(subnet => $$"""[{ "subnet": "{{subnet}}" }]""");
        return $$"""{ "type": "host-local", "ranges": [{{string.Join(", ", ranges)}}], "routes": [{{routes}}] }""";
    }

    private static string Type(string plugin) => JsonNode.Parse(plugin)!["type"]!.GetValue<string>();

    private static string Compact(string json) => JsonNode.Parse(json)!.ToJsonString();

    private Outcome Call(string verb, string plugin, string pod, string netns, string? previous)
    {
        JsonObject input = JsonNode.Parse(plugin)!.AsObject();
        input["cniVersion"] = version;
        input["name"] = "pods";
        if (previous is not null)
        {
            input["prevResult"] = JsonNode.Parse(previous);
        }

        string type = Type(plugin);
        return node.Start([type == "srcroute" ? Requirements.Binary : $"{Requirements.CniPath}/{type}"], input.ToJsonString(), new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = verb,
            ["CNI_CONTAINERID"] = pod,
            ["CNI_NETNS"] = netns,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_ARGS"] = "",
            ["CNI_PATH"] = Requirements.CniPath,
            ["PATH"] = ProgramPath + Environment.GetEnvironmentVariable("PATH"),
        }).Finish();
    }
}
