using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>What `srcroute status` tells of UDP servers that are bound to no address.</summary>
public sealed class UdpStatusTests
{
    private const string Helped = "come from the address that was asked", Left = "they answer from the address main chooses";

    [KernelTheory]
    [InlineData("{}", Helped)]
    [InlineData("""{ "udp": false }""", Left)]
    [InlineData("""{ "udp": { "except": [5300] } }""", Left)]
    [InlineData("""{ "marks": false }""", Left)]
    public void Servers_are_named_with_what_becomes_of_them(string config, string expected)
    {
        using Node node = Topology.TwoCards();
        node.Configure(config);
        using Job server = Listen(node, "UDP4-RECVFROM:5300,fork", 5300);
        node.Srcroute("bootstrap").Succeeded();
        string sentence = Assert.Single(Sentences(node));
        Assert.Matches(@"UDP servers that are bound to no address, port 5300 \(socat, process \d+\): ", sentence);
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Who_is_helped_is_told_apart_from_who_is_not()
    {
        using Node node = Topology.TwoCards();
        using Job helped = Listen(node, "UDP4-RECVFROM:5300,fork", 5300);
        using Job tftp = Listen(node, "UDP4-RECVFROM:69,fork", 69);
        using Job onCard = Listen(node, "UDP4-RECVFROM:5301,so-bindtodevice=eth1,fork", 5301);
        using Job bound = Listen(node, "UDP4-RECVFROM:5302,bind=10.0.0.1,fork", 5302);
        node.Srcroute("bootstrap").Succeeded();
        string[] sentences = Sentences(node);
        Assert.Equal(2, sentences.Length);
        Assert.Matches(@"address, port 5300 \(socat, process \d+\): their answers come from ", sentences[0]);
        Assert.Matches(@"address, port 69 \(socat, process \d+\), port 5301 \(socat, process \d+\): unless ", sentences[1]);
    }

    [KernelFact]
    public void A_server_with_a_socket_for_each_family_is_named_once()
    {
        using Node node = Topology.TwoCardsDual();
        using Job server = node.Start(["socat", "UDP4-RECV:5300!!OPEN:/dev/null", "UDP6-RECV:5300,ipv6only=1!!OPEN:/dev/null"]);
        node.Await("test $(ss -Hlun 'sport = :5300' | wc -l) = 2");
        node.Srcroute("bootstrap").Succeeded();
        Assert.Matches(@"address, port 5300 \(socat, process \d+\): their answers come from ", Assert.Single(Sentences(node)));
    }

    [KernelFact]
    public void A_family_that_is_left_alone_is_named()
    {
        // Somebody's rule by user may send an answer elsewhere.
        using Node node = Topology.TwoCardsDual();
        node.Sh("ip -6 rule add uidrange 1000-2000 lookup 77 priority 1000");
        using Job server = Listen(node, "UDP6-RECVFROM:5300,ipv6only=0,fork", 5300);
        node.Srcroute("bootstrap").Succeeded();
        string[] sentences = Sentences(node);
        Assert.Equal(2, sentences.Length);
        Assert.Contains("their answers by IPv4 come from ", sentences[0], StringComparison.Ordinal);
        Assert.Contains("they answer by IPv6 from the address main chooses", sentences[1], StringComparison.Ordinal);
    }

    private static Job Listen(Node node, string address, int port)
    {
        Job job = node.Start(["socat", address, "EXEC:cat"]);
        node.Await($"ss -Hlun 'sport = :{port}' | grep -q .");
        return job;
    }

    private static string[] Sentences(Node node)
    {
        using JsonDocument status = JsonDocument.Parse(node.Srcroute("status -o json").Output);
        return [.. status.RootElement.GetProperty("findings").EnumerateArray()
            .Where(finding => finding.GetProperty("code").GetString() == "udp-servers").Select(finding => finding.GetProperty("sentence").GetString()!)];
    }
}
