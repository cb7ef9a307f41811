using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>srcroute last in the chain of real container runtimes, for every version of conflists that they know.</summary>
public sealed class RuntimeTests
{
    private static readonly string[] Sources = ["192.168.1.100", "10.0.0.1", "2001:db8:1::100", "2001:db8:2::1"];

    private static readonly (string Name, int HostPort)[] Two = [("one", 8081), ("two", 8082)];

    public static TheoryData<string, string, string> Rounds
    {
        get
        {
            TheoryData<string, string, string> rounds = [];
            foreach (string runtime in (string[])["podman", "containerd"])
            {
                foreach (string version in (string[])["0.3.1", "0.4.0", "1.0.0"])
                {
                    foreach (string chain in (string[])["bridge", "dual", "ptp"])
                    {
                        rounds.Add(runtime, version, chain);
                    }
                }
            }

            return rounds;
        }
    }

    [RuntimeTheory]
    [MemberData(nameof(Rounds))]
    public async Task Two_containers_are_reached_from_every_source_and_answered_until_they_go_and_leave_nothing(string name, string version, string chain)
    {
        using Node node = RuntimeNode.Create();
        using EchoServer server = new("node", node.Network(), 7, Sources);
        var runtime = Runtime.Start(name, node);
        string before = node.SnapshotWithFiles();
        Srcroute(node, "bootstrap");
        node.WriteConflist(version, chain);

        foreach ((string container, int port) in Two)
        {
            runtime.Launch(container, port);
        }

        Container[] containers = [.. Two.Select(container => new Container(node, container.Name, runtime.AwaitRunning(container.Name)))];
        string[] addresses = [.. containers.SelectMany(container => container.Addresses)];
        Assert.Equal(chain == "dual" ? 4 : 2, addresses.Length);
        await AssertServedAsync(node, containers);
        if (runtime.PublishesPorts)
        {
            await AssertPublishedAsync(node);
        }

        // Whoever is removed must not take with it what the other needs.
        Remove(containers[0], veths: 1);
        await AssertServedAsync(node, containers[1..]);
        Remove(containers[1], veths: 0);

        Assert.Equal("", runtime.Containers());
        Assert.Equal("lan\n", node.Sh("ls /run/netns"));
        Assert.Equal("", node.Sh("find /var/lib/cni -type f ! -name lock ! -name 'last_reserved_ip.*'"));
        string after = node.Snapshot();
        Assert.All(addresses, address => Assert.DoesNotContain($" {address} ", after, StringComparison.Ordinal));

        // The bridge plugin never removes its bridge, and before bootstrap there was none.
        if (chain != "ptp")
        {
            node.Ip("link delete cni0");
        }

        Srcroute(node, "teardown");
        Assert.Equal(before, node.SnapshotWithFiles());

        void Remove(Container container, int veths)
        {
            container.Dispose();
            runtime.Remove(container.Name);

            // The kernel takes its time to remove the network of a container that has ended, and the veth with it.
            node.Await($"[ $(ip -o link show type veth | grep -cvE '^[0-9]+: eth[01]@') = {veths} ]");
        }
    }

    private static async Task AssertServedAsync(Node node, Container[] containers)
    {
        (Container Container, string Address, string Source)[] pairs =
        [
            .. from container in containers
               from address in container.Addresses
               from source in Sources
               where address.Contains(':', StringComparison.Ordinal) == source.Contains(':', StringComparison.Ordinal)
               select (container, address, source),
        ];
        foreach ((Container container, string address, string source) in pairs)
        {
            // Not by the guard's leave, but by a route of the table itself.
            Assert.Equal($"dev {container.Card(address)}", node.Way(address, source));
            Assert.NotEmpty(node.Sh($"ip {Family(address)} route show table src-{source} match {address} type unicast dev {container.Card(address)}"));
        }

        string[] expected = [.. pairs.Select(pair => $"{pair.Source} {pair.Address} {pair.Container.Card(pair.Address)}").Order(StringComparer.Ordinal)];
        _ = node.Seen();
        foreach ((Container container, string address, string source) in pairs)
        {
            await AssertAnswerAsync($"{container.Name} {source}", node.Network(), address, 7, source);
        }

        Assert.Equal(expected, node.Seen().Order(StringComparer.Ordinal));
        foreach ((Container container, string address, string source) in pairs)
        {
            await AssertAnswerAsync($"node {address}", container.Network, source, 7, address);
        }

        Assert.Equal(expected, node.Seen().Order(StringComparer.Ordinal));
        Srcroute(node, "status");
    }

    private static async Task AssertPublishedAsync(Node node)
    {
        foreach ((string container, int port) in Two)
        {
            await AssertAnswerAsync($"{container} 192.168.1.1", node.Network("lan"), "192.168.1.100", port);
            await AssertAnswerAsync($"{container} 10.0.0.254", node.Network("lan"), "10.0.0.1", port);
        }
    }

    private static async Task AssertAnswerAsync(string answer, NetworkNamespace network, string address, int port, string from = "")
    {
        using Client client = new(network, address, port, ProtocolType.Tcp, from);
        Assert.Equal(answer, await client.AskAsync());
    }

    private static void Srcroute(Node node, string verb) => node.Start(["/opt/cni/bin/srcroute", verb]).Finish().Succeeded();

    private static string Family(string address) => address.Contains(':', StringComparison.Ordinal) ? "-6" : "-4";

    /// <summary>A container that runs, with an echo server in it.</summary>
    private sealed class Container : IDisposable
    {
        private readonly Node _node;
        private readonly EchoServer _server;

        public Container(Node node, string name, int process)
        {
            _node = node;
            Name = name;
            Network = new NetworkNamespace(node.PathOf($"/proc/{process}/ns/net"));
            Addresses = node.Sh($"nsenter --net=/proc/{process}/ns/net ip -j address show dev eth0 scope global | jq -r '.[].addr_info[]?.local // empty'")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            _server = new EchoServer(name, Network, 7);
        }

        public string Name { get; }

        public NetworkNamespace Network { get; }

        public string[] Addresses { get; }

        /// <summary>The card to one of its addresses, as main says.</summary>
        public string Card(string address) => _node.Sh($"ip -j route get {address} | jq -r '.[0].dev'").Trim();

        public void Dispose() => _server.Dispose();
    }
}
