using System.Globalization;
using System.Text.Json.Nodes;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.UnitTests;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>The calls of containerd, podman and libcni, as they were recorded, in their order, on a node that looks like theirs.</summary>
public sealed class ReplayTests
{
    /// <summary>Every recording in its own version, and the oldest and newest also in the versions next to theirs, of which there are none.</summary>
    public static TheoryData<string, string> Recordings
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string recording in Names("01-ADD.env"))
            {
                string version = recording.Split('-')[^1];
                data.Add(recording, version);
                if (version != "0.4.0")
                {
                    data.Add(recording, version == "0.3.1" ? "0.3.0" : "1.1.0");
                }
            }

            return data;
        }
    }

    public static TheoryData<string> DualStackRecordings => [.. Names("prevResult.json")];

    [KernelTheory]
    [MemberData(nameof(Recordings))]
    public void A_recorded_attachment_lives_and_goes(string recording, string version)
    {
        using Node node = NodeOfTheRecordings();
        MakePod(node, recording);
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Captures, recording), "*.env").Order(StringComparer.Ordinal))
        {
            Dictionary<string, string> environment = File.ReadLines(file).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            JsonObject input = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(file, "stdin.json")))!.AsObject();
            Assert.Equal("keep-me", input["unknownKey"]!.GetValue<string>());
            input["cniVersion"] = version;
            if (input["prevResult"] is JsonObject prevResult)
            {
                prevResult["cniVersion"] = version;
                prevResult["unknownKey"] = "keep-me";
            }

            Outcome outcome = node.Start([Requirements.Binary], input.ToJsonString(), environment).Finish().Quietly();
            if (environment["CNI_COMMAND"] == "ADD")
            {
                outcome.AssertResult(input["prevResult"]!.ToJsonString());
                AssertServed(node, Chain.Address(outcome.Output));
            }
            else
            {
                outcome.AssertSilent();
            }
        }

        Assert.Equal("", node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelTheory]
    [MemberData(nameof(DualStackRecordings))]
    public void A_dual_stack_result_of_flannel_goes_through_every_verb(string recording)
    {
        using Node node = Topology.TwoCardsDual();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_IPV6_NETWORK=fd44::/56\n");
        node.Ip("""
            link add cni0 up type bridge
            link add veth0 up master cni0 type veth peer name pod0 netns lan
            address add 10.244.94.1/24 dev cni0
            address add fd44:0:0:2a::1/64 dev cni0 nodad
            """);
        node.Sh("ip -n lan link set pod0 up");
        string version = recording.Split('-')[^1];
        JsonObject prevResult = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Captures, recording, "prevResult.json")))!.AsObject();
        prevResult["interfaces"]![2]!["ours"] = new JsonObject { ["unknown"] = 1 };
        string input = Calls.Input(prevResult.ToJsonString(), version);

        Outcome add = node.Call("ADD", input).Quietly();
        add.AssertResult(prevResult.ToJsonString());
        foreach ((string source, string pod) in ((string, string)[])
            [("192.168.1.100", Chain.Address(add.Output)), ("2001:db8:2::1", Chain.Address(add.Output, ipv6: true))])
        {
            Assert.Equal("dev cni0", node.Way(pod, source));
        }

        if (version is not "0.3.1")
        {
            node.Call("CHECK", input).Quietly().AssertSilent();
        }

        node.Call("DEL", input).Quietly().AssertSilent();
        node.Call("DEL", Calls.Input(null, version), "CNI_NETNS=").Quietly().AssertSilent();
    }

    private static string[] Names(string file) =>
    [
        .. Directory.GetFiles(Repository.Captures, file, SearchOption.AllDirectories)
            .Select(path => Path.GetFileName(Path.GetDirectoryName(path)!))
            .Order(StringComparer.Ordinal),
    ];

    private static Node NodeOfTheRecordings()
    {
        Node node = Topology.TwoCards();
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_SUBNET=10.254.9.1/24\n");
        node.Ip("""
            link add cni0 up type bridge
            address add 10.254.9.1/24 dev cni0
            """);
        node.Srcroute("bootstrap").Quietly();
        return node;
    }

    // The pod's network namespace, at the path that the runtime used: a name below /run/netns, or a process.
    private static void MakePod(Node node, string recording)
    {
        string directory = Path.Combine(Repository.Captures, recording);
        string netns = File.ReadLines(Path.Combine(directory, "01-ADD.env"))
            .Single(line => line.StartsWith("CNI_NETNS=", StringComparison.Ordinal))
            .Split('=')[1];
        JsonNode result = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "01-ADD.stdin.json")))!["prevResult"]!;
        string veth = result["interfaces"]![1]!["name"]!.GetValue<string>();
        string process = netns.StartsWith("/proc/", StringComparison.Ordinal) ? netns.Split('/')[2] : "";
        node.Sh(process.Length == 0 ? $"ip netns add {Path.GetFileName(netns)}" : $"""
            mkfifo /run/made
            echo {int.Parse(process, CultureInfo.InvariantCulture) - 1} >/proc/sys/kernel/ns_last_pid
            unshare --net sh -c 'echo >/run/made; exec sleep infinity' >/dev/null 2>&1 &
            read -r _ </run/made
            """);
        node.Sh($"""
            test -e {netns}
            ip link add {veth} up master cni0 type veth peer name eth0 netns {(process.Length > 0 ? process : Path.GetFileName(netns))}
            nsenter --net={netns} ip link set eth0 up
            """);
    }

    private static void AssertServed(Node node, string pod)
    {
        foreach ((string source, string table) in ((string, string)[])[("192.168.1.100", "1000"), ("10.0.0.1", "1001")])
        {
            Assert.Equal("dev cni0", node.Way(pod, source));
            Assert.NotEmpty(node.Sh($"ip route show table {table} match {pod} type unicast dev cni0"));
        }
    }
}
