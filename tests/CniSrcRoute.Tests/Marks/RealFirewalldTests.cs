using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Walk;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>What `status` and `explain` say of the real firewalld, with a bus of its own on the node, beside the packets.</summary>
public sealed class RealFirewalldTests
{
    private const int Denied = 5300, Forwarded = 8088;

    // Its files and its log are the node's own; what it is told lasts as long as it runs.
    private const string Files = """
        cp -rL /etc/firewalld /run/firewalld.files
        rm /etc/firewalld
        mv /run/firewalld.files /etc/firewalld
        mount -t tmpfs log /var/log
        mkdir -p /run/dbus
        """;

    [FirewalldTheory]
    [InlineData("{}")]
    [InlineData("""{ "marks": false }""")]
    public async Task What_is_told_is_what_the_packets_do(string config)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        Node node = place.Node;
        using var denied = new EchoServer("denied", node.Network(), Denied, Neighbourhood.Office4, Neighbourhood.Dmz4);

        // By this connection explain knows to whom the port is translated.
        using Client before = place.Open("far", Neighbourhood.Dmz6, Published.Local);
        _ = await before.AskAsync(TimeSpan.FromSeconds(1));
        node.Sh(Files);
        using Job bus = node.Start(["dbus-daemon", "--system", "--nofork", "--print-address=2"], awaited: "unix:");
        Job firewalld = Start(node);
        node.Configure(config);
        node.Srcroute("bootstrap").Quietly();
        bool hasMarks = config == "{}";
        using var passing = new Passing(node);

        // What is let in, and what is handed on to the pod, is answered; what is not let in is refused.
        await AssertToldAsync("far", Neighbourhood.Office4, Neighbourhood.HostPort, isAnswered: true);
        await AssertToldAsync("far", Neighbourhood.Dmz4, Forwarded, isAnswered: true);
        await AssertToldAsync("far", Neighbourhood.Office4, Denied, isAnswered: false);
        await AssertToldAsync("far", Neighbourhood.Office6, Neighbourhood.HostPort, isAnswered: true);

        // Main answers far by the office: the node's own address has a rule of ours, by which firewalld finds the way back, and the pod's has none.
        await AssertToldAsync("far", Neighbourhood.Dmz6, Neighbourhood.HostPort, isAnswered: true);
        await AssertToldAsync("far", Neighbourhood.Dmz6, Published.Local, isAnswered: hasMarks);
        using JsonDocument report = JsonDocument.Parse(node.Srcroute("status -o json").Output);
        JsonElement[] drops = [.. report.RootElement.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("code").GetString() == "firewalld-drops")];
        Assert.Equal(hasMarks ? 0 : 1, drops.Length);

        // It lets in whatever was translated (ct status dnat); without marks nothing is.
        Assert.Equal(hasMarks, report.RootElement.GetRawText().Contains("udp-firewall", StringComparison.Ordinal));
        if (!hasMarks)
        {
            string cure = drops[0].GetProperty("cure").GetString()!.Replace(" && systemctl restart firewalld", "", StringComparison.Ordinal);

            // Older versions do not know a loose check, and take it for a strict one.
            Restart(cure.Replace("=no", "=loose", StringComparison.Ordinal));
            await AssertToldAsync("far", Neighbourhood.Dmz6, Published.Local, isAnswered: !IsSaidToDrop());
            Restart(cure);
            Assert.False(IsSaidToDrop());
            await AssertToldAsync("far", Neighbourhood.Dmz6, Published.Local, isAnswered: true);
        }

        firewalld.Dispose();

        bool IsSaidToDrop() => node.Srcroute("status -o json").Output.Contains("firewalld-drops", StringComparison.Ordinal);

        void Restart(string change)
        {
            // Asked to end, it takes its rules away.
            node.Sh("kill $(cat /run/firewalld.pid)");
            Assert.Equal(0, firewalld.Finish().ExitStatus);
            node.Sh(change);
            firewalld = Start(node);
        }

        async Task AssertToldAsync(string from, string to, int port, bool isAnswered)
        {
            using Client client = place.Open(from, to, port);
            string? answer = await client.AskAsync(TimeSpan.FromSeconds(2));
            Assert.Equal((to, port, isAnswered), (to, port, answer is not null));
            string question = $"explain {passing.Source(client)} {(to.Contains(':', StringComparison.Ordinal) ? $"[{to}]" : to)}:{port}";
            string told = node.Srcroute($"{question} -o json").Output;
            JsonElement explained = JsonDocument.Parse(told).RootElement[0];
            string[] cards = passing.Cards(client, isOut: true, ["eth0", "eth1"]);
            bool isDropped = told.Contains("it checks the reverse path", StringComparison.Ordinal);
            Assert.Equal((to, port, to == Neighbourhood.Dmz6 && !isAnswered), (to, port, isDropped));
            if (isAnswered)
            {
                string card = Assert.Single(cards), request = Assert.Single(passing.Cards(client, isOut: false, ["eth0", "eth1"]));
                Assert.Equal((to, port, card), (to, port, Assert.Single(explained.GetProperty("answerCards").EnumerateArray()).GetString()));
                Assert.Equal((to, port, card == request), (to, port, explained.GetProperty("sameCard").GetBoolean()));
            }

            // It ends its chain with a rule that rejects all: of what comes there nobody but it can tell.
            string chain = port is Forwarded or Published.Local ? "filter_FORWARD" : "filter_INPUT";
            Assert.Contains($"nftables table inet firewalld, chain {chain}, drops what its rules do not let through", told, StringComparison.Ordinal);
        }
    }

    /// <summary>firewalld as it comes, but for two ports.</summary>
    private static Job Start(Node node)
    {
        Job firewalld = node.Start(["firewalld", "--nofork"]);
        node.Await("firewall-cmd --state");
        node.Sh($"""
            firewall-cmd --add-port={Neighbourhood.HostPort}/tcp
            firewall-cmd --add-forward-port=port={Forwarded}:proto=tcp:toport=80:toaddr={Neighbourhood.PodA4}
            """);
        return firewalld;
    }
}
