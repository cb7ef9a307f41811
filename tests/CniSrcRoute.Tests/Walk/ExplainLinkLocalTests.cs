using System.Net.Sockets;
using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;
using Xunit;

namespace CniSrcRoute.Tests.Walk;

/// <summary>What `srcroute explain` says of clients that have but an address of their link, beside the packets.</summary>
public sealed class ExplainLinkLocalTests
{
    private const int Port = 5300;

    // 305 is the client's card, 11 is eth1.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_card_that_is_told_is_that_of_the_packets(bool withUs)
    {
        using var place = new Neighbourhood();
        using var server = new EchoServer("wildcard", place.Node.Network(), Port);
        place.Node.Sh("ip -n client address add fe80::64/64 dev eth0 nodad");
        if (withUs)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        using var passing = new Passing(place.Node);
        foreach (string address in (string[])["fe80::11", Neighbourhood.Dmz6])
        {
            foreach (ProtocolType protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp])
            {
                bool isOfLink = address == "fe80::11";
                using Client client = place.Open("client", isOfLink ? "fe80::11%305" : address, Port, protocol, isOfLink ? "" : "fe80::64%305");
                string? answer = await client.AskAsync(isOfLink ? Job.Patience : TimeSpan.FromSeconds(1));

                // A server that is bound to no address has but that of the link for who is on it.
                Assert.Equal(isOfLink || protocol == ProtocolType.Tcp, answer is not null);
                Assert.Equal(
                    ("fe80::64", "eth1", "eth1"),
                    (passing.Source(client), Assert.Single(passing.Cards(client, isOut: false, ["eth0", "eth1"])), Assert.Single(passing.Cards(client, isOut: true, ["eth0", "eth1"]))));
                foreach (string question in Questions(address))
                {
                    string what = $"explain {question} --proto {(protocol == ProtocolType.Tcp ? "tcp" : "udp")}";
                    JsonElement told = JsonDocument.Parse(place.Node.Srcroute($"{what} -o json").Succeeded().Output).RootElement[0];
                    Assert.Equal(
                        ("fe80::64%eth1", "eth1", false, "eth1"),
                        (told.GetProperty("client").GetString(), told.GetProperty("requestCard").GetString(), told.GetProperty("requestCardIsGuess").GetBoolean(),
                        Assert.Single(told.GetProperty("answerCards").EnumerateArray()).GetString()));
                    Assert.Contains("  fe80::64%eth1 <-- the link -- eth1 --", place.Node.Srcroute(what).Succeeded().Output, StringComparison.Ordinal);
                }
            }
        }
    }

    // Every other client may have a way back by the card that has it.
    [KernelFact]
    public async Task Who_asks_an_address_of_the_link_from_one_of_the_world_is_answered_as_the_world_is()
    {
        using var place = new Neighbourhood();
        using var server = new EchoServer("wildcard", place.Node.Network(), Port);
        using var passing = new Passing(place.Node);
        place.Node.Sh("ip -6 route add 2001:db8:9::64 via 2001:db8:1::1; ip -n client address add 2001:db8:9::64/128 dev eth0 nodad");
        using Client client = place.Open("client", "fe80::11%305", Port, from: "2001:db8:9::64");
        _ = await client.AskAsync(TimeSpan.FromSeconds(1));
        string card = Assert.Single(passing.Cards(client, isOut: true, ["eth0", "eth1"]));
        string told = place.Node.Srcroute($"explain 2001:db8:9::64 [fe80::11%eth1]:{Port} -o json").Output;
        JsonElement explained = JsonDocument.Parse(told).RootElement[0];
        Assert.Equal(("eth0", "eth1", "eth0"), (card, explained.GetProperty("requestCard").GetString(), Assert.Single(explained.GetProperty("answerCards").EnumerateArray()).GetString()));
    }

    [KernelTheory]
    [InlineData("fe80::64", "fe80::64 is an address on a link, and eth0 and eth1 have one each: say which is meant, as in fe80::64%eth0")]
    [InlineData("fe80::64 fd02::1", "fe80::64 is an address on a link, and eth0 and eth1 have one each: say which is meant, as in fe80::64%eth0")]
    [InlineData("fe80::64 fe80::5", "fe80::64 is an address on a link, and eth0 and eth1 have one each: say which is meant, as in fe80::64%eth0")]
    [InlineData("fe80::64%eth7", "there is no card eth7")]
    [InlineData("fe80::64%eth1 fe80::11%eth0", "one card is meant by eth1, another by eth0")]
    [InlineData("fe80::64%eth1 --card eth0", "one card is meant by eth0, another by eth1")]
    [InlineData("fd02::64%eth1", "fd02::64%eth1 is not an address: only those of a link, fe80::/10, have a zone")]
    [InlineData("169.254.0.1%eth1", "169.254.0.1%eth1 is not an address: only those of a link, fe80::/10, have a zone")]
    [InlineData("fe80::64%", "fe80::64% is not an address")]
    public void Which_card_is_not_guessed(string question, string why)
    {
        using Node node = TwoCards();
        node.Sh("for card in eth0 eth1; do ip address add fe80::5/64 dev $card nodad; done");
        Assert.Equal($"srcroute: explain: {why}\n", node.Srcroute($"explain {question}").Refusal());
    }

    [KernelFact]
    public void Where_but_one_card_can_be_meant_it_is_taken()
    {
        using Node node = TwoCards();
        Assert.Contains("--> eth1 --", node.Srcroute("explain fe80::64 [fe80::11]:80").Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("--> eth1 --", node.Srcroute("explain fe80::64%11 fe80::11").Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("169.254.7.7 -- ", node.Srcroute("explain 169.254.7.7 10.0.0.1 --card eth1").Output, StringComparison.Ordinal);

        node.Sh("ip link set eth0 down");
        string all = node.Srcroute("explain fe80::64").Succeeded().Output;
        Assert.Contains("| fd02::1\n", all, StringComparison.Ordinal);
        Assert.Contains("| fe80::11\n", all, StringComparison.Ordinal);
        Assert.DoesNotContain("fd01::1", all, StringComparison.Ordinal);
    }

    private static string[] Questions(string address)
    {
        string[] all = [$"fe80::64%eth1 [{address}]:{Port}", $"fe80::64%11 [{address}]:{Port}", $"fe80::64 [{address}]:{Port} --card eth1"];
        return address != "fe80::11" ? all : [.. all, $"fe80::64 [{address}]:{Port}", $"fe80::64 [{address}%eth1]:{Port}", $"fe80::64%eth1 [{address}%eth1]:{Port}"];
    }

    private static Node TwoCards()
    {
        var node = new Node();
        node.AddCard("eth0", "192.168.1.100/24", "fd01::1/64");
        node.AddCard("eth1", "10.0.0.1/24", "fd02::1/64");
        return node;
    }
}
