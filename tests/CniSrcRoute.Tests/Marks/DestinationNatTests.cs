using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Whoever translates destinations, wherever in the hook and in whatever order of start.</summary>
public sealed class DestinationNatTests
{
    private const string KubeProxy = "priority -100", Firewalld = "priority -90";

    public static TheoryData<string, bool, bool> Orders => new()
    {
        { KubeProxy, true, false }, { KubeProxy, false, false }, { KubeProxy, false, true },
        { Firewalld, true, false }, { Firewalld, false, false }, { Firewalld, false, true },
    };

    [KernelTheory]
    [MemberData(nameof(Orders))]
    public async Task Rules_that_come_before_or_after_ours_and_those_that_are_loaded_anew(string priority, bool first, bool anew)
    {
        using Neighbourhood place = WithPod();
        string table = $$"""
            table inet nat-of-others {
                chain prerouting {
                    type nat hook prerouting {{priority}};
                    tcp dport 9001 dnat ip to 10.254.1.2:80
                    tcp dport 9001 dnat ip6 to [fd00:254:0:1::2]:80
                    udp dport 9001 dnat ip to 10.254.1.2:80
                    udp dport 9001 dnat ip6 to [fd00:254:0:1::2]:80
                }
                chain postrouting {
                    type nat hook postrouting priority 100;
                }
            }
            """;
        if (first)
        {
            place.Node.Start(["nft", "-f", "-"], table).Finish().Succeeded();
        }

        place.Node.Srcroute("bootstrap").Quietly();
        if (!first)
        {
            place.Node.Start(["nft", "-f", "-"], table).Finish().Succeeded();
        }

        if (anew)
        {
            place.Node.Start(["nft", "-f", "-"], $"delete table inet nat-of-others\n{table}").Finish().Succeeded();
        }

        await place.AssertAnsweredAsync("pod-a", 9001, Flow.Of(ipv6: false));
        await place.AssertAnsweredAsync("pod-a", 9001, Flow.Of(ipv6: true));
        Assert.Equal("", place.Node.Srcroute("sync --dry-run").Quietly().Output);
    }

    [KernelTheory]
    [InlineData("nft", true, 0)]
    [InlineData("nft", false, 2)]
    [InlineData("nft", false, 1)]
    public Task Docker_publishes_a_container(string variant, bool first, int filter) => AssertDockerAsync(variant, first, filter);

    [LegacyTheory]
    [InlineData("legacy", true, 1)]
    [InlineData("legacy", false, 2)]
    public Task Docker_publishes_a_container_by_the_old_tables(string variant, bool first, int filter) => AssertDockerAsync(variant, first, filter);

    [KernelFact]
    public async Task Of_two_subnets_on_one_card_each_answers_through_its_own_router()
    {
        using Neighbourhood place = WithPod();
        Published.ByNftables(place.Node);
        place.Node.Sh("""
            ip -n lan link add second index 801 up master office type veth peer name second index 802 netns gateway
            ip -n gateway link set second address 02:00:00:00:00:03 up
            ip -n gateway address add 172.16.5.1/24 dev second
            ip address add 172.16.5.5/24 dev eth0
            ip route add default via 172.16.5.1 metric 200
            """);
        place.Node.Settle();
        place.Node.Srcroute("bootstrap").Quietly();
        Flow[] flows = [new("far", "172.16.5.5", "eth0 03", "eth0 01"), new("client", "172.16.5.5", "eth0 03", "eth1 64"), .. Flow.Of(ipv6: false)];
        await place.AssertAnsweredAsync("pod-a", Published.ByHostPort, flows);
        await place.AssertAnsweredAsync("pod-a", Published.Cluster, flows);
    }

    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_request_for_the_address_of_the_other_card_is_answered_by_the_card_it_came_by(int filter)
    {
        using Neighbourhood place = WithPod();
        Published.ByNftables(place.Node);
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Srcroute("bootstrap").Quietly();
        place.Node.Sh("""
            ip -n node2 route add 10.0.0.1 via 192.168.1.100
            ip -n node2 route add 2001:db8:2::1 via 2001:db8:1::100
            ip -n client route add 192.168.1.100 via 10.0.0.1
            ip -n client route add 2001:db8:1::100 via 2001:db8:2::1
            """);
        Flow[] flows =
        [
            new("node2", Neighbourhood.Dmz4, "eth0 65", "eth0 65"), new("client", Neighbourhood.Office4, "eth1 64", "eth1 64"),
            new("node2", Neighbourhood.Dmz6, "eth0 65", "eth0 65"), new("client", Neighbourhood.Office6, "eth1 64", "eth1 64"),
        ];
        foreach (int port in (int[])[Published.ByHostPort, Published.Local, Published.Cluster, Published.HostNetwork])
        {
            await place.AssertAnsweredAsync(port == Published.HostNetwork ? "node" : "pod-a", port, flows);
        }
    }

    // dockerd's chains and bridge, with a container in it.
    private static async Task AssertDockerAsync(string variant, bool first, int filter)
    {
        using Neighbourhood place = WithPod();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        if (!first)
        {
            place.Node.Srcroute("bootstrap").Quietly();
        }

        place.Node.Sh("""
            ip link add docker0 index 811 type bridge
            ip address add 172.17.0.1/16 dev docker0
            ip netns add container
            ip link add vethdocker index 812 up master docker0 type veth peer name eth0 index 813 netns container
            ip link set docker0 up
            ip -n container address add 172.17.0.2/16 dev eth0
            ip -n container link set eth0 up
            ip -n container route add default via 172.17.0.1
            """);
        place.Node.Settle();
        place.SetReversePath(filter, sourceValidMark: filter == 1);
        place.Node.Start([$"iptables-{variant}-restore", "--noflush"], """
            *nat
            :DOCKER - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
            -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
            -A DOCKER -i docker0 -j RETURN
            -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 172.17.0.2:80
            -A DOCKER ! -i docker0 -p udp -m udp --dport 8443 -j DNAT --to-destination 172.17.0.2:80
            COMMIT
            *filter
            :DOCKER-USER - [0:0]
            :DOCKER-FORWARD - [0:0]
            -A FORWARD -j DOCKER-USER
            -A FORWARD -j DOCKER-FORWARD
            -A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A DOCKER-FORWARD -i docker0 ! -o docker0 -j ACCEPT
            COMMIT

            """).Finish().Succeeded();
        using var container = new EchoServer("container", place.Node.Network("container"), Neighbourhood.PodPort);
        place.Node.Srcroute("sync").Quietly();
        await place.AssertAnsweredAsync("container", 8443, Flow.Of(ipv6: false));
    }

    private static Neighbourhood WithPod()
    {
        var place = new Neighbourhood();
        place.MakePod();
        return place;
    }
}
