using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says of a request, beside the packets that answer it.</summary>
public sealed class ExplainPacketTests
{
    private const int Wildcard = 5300;

    [KernelTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task The_card_that_is_told_is_the_one_that_the_answer_leaves_by(bool ipv6, bool withUs)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        (Flow Flow, int Port, Client Client)[] all =
        [
            .. from flow in Flow.Of(ipv6)
               from port in (int[])[Wildcard, Published.ByHostPort, Published.Local, Published.HostNetworkLocal]
               select (flow, port, place.Open(flow.From, flow.To, port)),
        ];

        // A stateful router drops answers that come by another way, and they have left the node all the same.
        await Task.WhenAll(all.Select(one => one.Client.AskAsync(TimeSpan.FromSeconds(2))));
        string[] told = [.. all.Select(one => $"{one.Flow.From} -> {one.Flow.To}:{one.Port} by {Told(place.Node, one.Flow, one.Port)}")];
        Assert.Equal(
            all.Select(one => $"{one.Flow.From} -> {one.Flow.To}:{one.Port} by {string.Join(" and ", place.WaysTo(one.Client).Select(way => way.Split(' ')[0]).Distinct())}"),
            told);
        Array.ForEach(all, one => one.Client.Dispose());
    }

    private static string Told(Node node, Flow flow, int port)
    {
        string client = node.Sh($"ip netns exec {flow.From} ip -o {(flow.To.Contains(':', StringComparison.Ordinal) ? "-6" : "-4")} address show dev eth0 scope global").Split("inet", 2)[1].Split(' ')[1].Split('/')[0];
        string to = flow.To.Contains(':', StringComparison.Ordinal) ? $"[{flow.To}]" : flow.To;
        JsonElement explained = JsonDocument.Parse(node.Srcroute($"explain {client} {to}:{port} -o json").Output).RootElement[0];
        return string.Join(" and ", explained.GetProperty("answerCards").EnumerateArray().Select(card => card.GetString()));
    }
}
