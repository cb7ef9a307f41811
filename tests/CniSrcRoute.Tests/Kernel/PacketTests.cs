using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Real packets: the card that an answer leaves by, and pods that talk with every address of the node.</summary>
public sealed class PacketTests
{
    [KernelTheory]
    [InlineData("192.168.1.100", "10.0.0.100", "eth1", "eth1", "eth0")]
    [InlineData("10.0.0.1", "203.0.113.7", "lo", "eth0", "eth1")]
    [InlineData("[2001:db8:1::100]", "[2001:db8:2::100]", "eth1", "eth1", "eth0")]
    [InlineData("[2001:db8:2::1]", "[2001:db8:9::7]", "lo", "eth0", "eth1")]
    public void An_answer_leaves_by_the_card_of_the_address_that_was_asked(string address, string client, string clientsCard, string before, string after)
    {
        using Node node = Lan();
        node.Sh($"ip -n lan address add {client.Trim('[', ']')} dev {clientsCard}{Node.NoDad(client)}");

        Assert.Equal(before, CardOfAnswer(node, address, client));
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal(after, CardOfAnswer(node, address, client));
        node.Srcroute("teardown").Quietly();
        Assert.Equal(before, CardOfAnswer(node, address, client));
    }

    [KernelTheory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_pod_talks_with_every_address_of_the_node_and_the_node_by_every_address_with_the_pod(string kind)
    {
        using Node node = Lan();
        node.Srcroute("bootstrap").Quietly();
        string[] subnets = ["10.254.1.0/24", "fd00:254:0:1::/64"];
        string pod = (kind == "bridge" ? Chain.Bridge(node, "1.0.0", subnets) : Chain.Ptp(node, "1.0.0", subnets)).Add("pod-a");

        foreach (string address in (string[])["192.168.1.100", "10.0.0.1", "[2001:db8:1::100]", "[2001:db8:2::1]"])
        {
            bool ipv6 = address.StartsWith('[');
            string podAddress = ipv6 ? $"[{Chain.Address(pod, ipv6)}]" : Chain.Address(pod);
            AssertAnswers(node, "", "ip netns exec pod-a", address, podAddress);
            AssertAnswers(node, "ip netns exec pod-a", "", podAddress, address);
        }
    }

    // Both cards lead to one network, in which a client is behind either: whatever card the answer leaves by, it arrives, and the capture tells.
    private static Node Lan()
    {
        Node node = Topology.TwoCardsDual();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.0.0.254" }, { "address": "2001:db8:2::1", "gateway": "2001:db8:2::2" }] }""");
        node.Write("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.254.0.0/16\nFLANNEL_IPV6_NETWORK=fd00:254::/48\n");
        node.Sh("""
            ip -n lan address add 192.168.1.1/24 dev eth0
            ip -n lan address add 10.0.0.254/24 dev eth1
            ip -n lan address add 2001:db8:1::1/64 dev eth0 nodad
            ip -n lan address add 2001:db8:2::2/64 dev eth1 nodad
            """);
        return node;
    }

    private static string CardOfAnswer(Node node, string address, string client)
    {
        string source = address.Trim('[', ']');
        using Job capture = node.Start(
            ["ip", "netns", "exec", "lan", "tcpdump", "-i", "any", "-n", "--immediate-mode", "-c", "1", "-Q", "in", $"src host {source} and tcp src port 7777"],
            awaited: "listening on");
        AssertAnswers(node, "", "ip netns exec lan", address, client);
        return capture.Finish().Succeeded().Output.Split(' ')[1];
    }

    // One line there and back: the server sees the client's address, and the client the server's.
    private static void AssertAnswers(Node node, string serversPlace, string clientsPlace, string server, string client)
    {
        char version = server.StartsWith('[') ? '6' : '4';
        using Job service = node.Start(
            [.. Words(serversPlace), "socat", "-d", "-d", "-d", $"TCP{version}-LISTEN:7777,reuseaddr", "SYSTEM:echo $SOCAT_PEERADDR"], awaited: "listening on");
        string[] request = [.. Words(clientsPlace), "socat", "-T", "100", "-", $"TCP{version}:{server}:7777,bind={client},connect-timeout=100"];
        Assert.Equal(client.Trim('[', ']'), Plain(node.Start(request).Finish().Succeeded().Output));
        service.Finish();
    }

    private static string Plain(string address) => System.Net.IPAddress.Parse(address.Trim().Trim('[', ']')).ToString();

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
