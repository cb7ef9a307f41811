using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Watch;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Many connections at once, by both cards and both families, while everything of ours is taken away, made again and read anew: none breaks.</summary>
public sealed class LoadTests
{
    private const int Connections = 1000;

    /// <summary>So often at least, however long that takes: each thing that may happen twice.</summary>
    private const int Rounds = 12;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    [KernelFact]
    public async Task A_thousand_connections_live_through_sync_watch_flush_and_reload()
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var watcher = Watcher.Start(place.Node);
        watcher.AssertTrue();

        // Half of them have a way back that main does not know.
        Flow[] flows = [.. Flow.Of(ipv6: false).Concat(Flow.Of(ipv6: true)).Where(flow => flow.From != "node2")];
        (Flow Flow, Client Client)[] clients =
        [
            .. from number in Enumerable.Range(0, Connections)
               let flow = flows[number % flows.Length]
               select (flow, place.Open(flow.From, flow.To, number % 3 == 0 ? Published.Cluster : Published.ByHostPort)),
        ];
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync())), Assert.NotNull);

        var clock = Stopwatch.StartNew();
        Task disturbance = Task.Run(() => Disturb(place.Node, watcher, clock));
        await Task.WhenAll(clients.Select(entry => AskUntilAsync(entry.Client, disturbance)));
        await disturbance;

        // And all of them still have, or have again, their own way.
        place.Node.Sh("rm -f /etc/srcroute/config.json");
        watcher.AssertTrue();
        place.Forget();
        Assert.All(await Task.WhenAll(clients.Select(entry => entry.Client.AskAsync())), Assert.NotNull);
        Packet[] sent = place.Sent();
        Assert.All(
            clients,
            entry => Assert.Equal(
                [entry.Flow.Way],
                sent.Where(packet => packet.DestinationPort == entry.Client.Port && packet.Inner is null).Select(packet => packet.Way).Distinct()));
        foreach ((_, Client client) in clients)
        {
            client.Dispose();
        }
    }

    /// <summary>Does all that may happen to us, over and over.</summary>
    private static void Disturb(Node node, Watcher watcher, Stopwatch clock)
    {
        string ruleset = node.Sh("nft list tables | grep -v srcroute | while read -r _ family name; do nft -s list table $family $name; done");
        for (int rounds = 0; rounds < Rounds || clock.Elapsed < Duration; rounds++)
        {
            switch (rounds % 6)
            {
                case 0:
                    // As nftables.service reloads it: everything goes, and its own comes, in one transaction.
                    node.Start(["nft", "-f", "-"], $"flush ruleset\n{ruleset}").Finish().Succeeded();
                    break;
                case 1:
                    node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }] }""");
                    break;
                case 2:
                    node.Sh("nft delete table inet srcroute 2>/dev/null || :");
                    break;
                case 3:
                    watcher.Signal("HUP");
                    break;
                case 4:
                    node.Sh("nft flush chain inet srcroute forwarded 2>/dev/null || :; ip rule del priority 501 2>/dev/null || :");
                    break;
                default:
                    node.Sh("rm -f /etc/srcroute/config.json");
                    break;
            }

            // Whichever of the two is first.
            Assert.Equal(0, node.Srcroute("sync").ExitStatus);
        }
    }

    /// <summary>Asks over and over, until everything has happened and twice at least.</summary>
    private static async Task AskUntilAsync(Client client, Task end)
    {
        for (int count = 0; !end.IsCompleted || count < 2; count++)
        {
            // A packet that met no table may have to be sent again.
            Assert.True(await client.AskAsync() is not null, $"after {count} answers by {client.Server} none came");
            await Task.Delay(300);
        }
    }
}
