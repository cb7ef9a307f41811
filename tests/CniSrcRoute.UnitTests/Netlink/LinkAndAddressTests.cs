using CniSrcRoute.Netlink;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Links and addresses as the kernel lists them.</summary>
public class LinkAndAddressTests
{
    private const uint Up = 0x11043; // IFF_UP, BROADCAST, RUNNING, MULTICAST, LOWER_UP

    // ip link set lo up
    [Fact]
    public void The_loopback_device()
    {
        Link link = Link(GoldenLinks.Loopback);
        Assert.Equal(new Link { Index = 1, Name = "lo", Flags = 0x10049, HardwareType = 772 }, link);
        Assert.True(link.IsLoopback && link.IsUp && link.HasCarrier);
    }

    // ip link add eth0 index 10 type veth peer name eth1 index 11; ip link set eth0 up; ip link set eth1 up
    [Fact]
    public void A_veth_knows_its_other_end() =>
        Assert.Equal(new Link { Index = 10, Name = "eth0", Flags = Up, Kind = "veth", Lower = 11 }, Link(GoldenLinks.Veth));

    // ip netns add pod; ip link add ve-db index 30 type veth peer name host0 index 31 netns pod; ip link set ve-db up
    [Fact]
    public void A_veth_whose_other_end_is_in_another_namespace_says_so()
    {
        Link link = Link(GoldenLinks.ContainerVeth);
        Assert.Equal(new Link { Index = 30, Name = "ve-db", Flags = 0x1003, Kind = "veth", Lower = 31, LowerNetNs = 0 }, link);
        Assert.True(link.LeadsToOtherNetNs);
        Assert.False(Link(GoldenLinks.Veth).LeadsToOtherNetNs);
    }

    // ip tuntap add dev tun0 mode tun; ip link set tun0 up
    [Fact]
    public void A_tunnel_to_one_neighbour_is_point_to_point()
    {
        Link link = Link(GoldenLinks.Tunnel);
        Assert.True(link.IsTunnel && link.IsPointToPoint);
        Assert.False(Link(GoldenLinks.Veth).IsPointToPoint);
    }

    // ip link add flannel.1 index 12 type vxlan id 1 dstport 8472; ip link set flannel.1 up
    [Fact]
    public void A_vxlan() => Assert.Equal(new Link { Index = 12, Name = "flannel.1", Flags = Up, Kind = "vxlan" }, Link(GoldenLinks.Vxlan));

    // ip link add br0 index 20 type bridge; ip link set br0 up
    [Fact]
    public void A_bridge() => Assert.Equal(new Link { Index = 20, Name = "br0", Flags = Up, Kind = "bridge" }, Link(GoldenLinks.Bridge));

    // ip link add veth0 index 21 type veth peer name veth1 index 22; ip link set veth0 master br0; ip link set veth0 up
    [Fact]
    public void A_port_of_a_bridge_is_what_it_is_and_knows_its_master() =>
        Assert.Equal(new Link { Index = 21, Name = "veth0", Flags = Up, Kind = "veth", Master = 20, Lower = 22 }, Link(GoldenLinks.BridgePort));

    // ip address add 192.168.1.100/24 dev eth0
    [Fact]
    public void An_ipv4_address() => Assert.Equal(
        new Address { Link = 10, Local = Text.Address("192.168.1.100"), Subnet = Text.Prefix("192.168.1.0/24"), Flags = 0x80 }, Address(GoldenLinks.Address4));

    // ip address add 10.33.0.1 peer 10.33.0.2/32 dev br0
    [Fact]
    public void An_ipv4_address_with_a_peer_has_the_peers_subnet() => Assert.Equal(
        new Address { Link = 20, Local = Text.Address("10.33.0.1"), Subnet = Text.Prefix("10.33.0.2"), Flags = 0x80 }, Address(GoldenLinks.Peer4));

    // ip address add 127.0.0.1/8 dev lo
    [Fact]
    public void The_loopback_address_is_of_scope_host() => Assert.Equal(254, Address(GoldenLinks.Host4).Scope);

    // ip address add fd01::1/64 dev eth0 nodad
    [Fact]
    public void An_ipv6_address()
    {
        Address address = Address(GoldenLinks.Address6);
        Assert.Equal(new Address { Link = 10, Local = Text.Address("fd01::1"), Subnet = Text.Prefix("fd01::/64"), Flags = 0x82 }, address);
        Assert.True(address.IsUsable && !address.IsTentative);
    }

    // ip address add fd34::1 peer fd34::2/128 dev br0 nodad
    [Fact]
    public void An_ipv6_address_with_a_peer_is_the_local_one() => Assert.Equal(
        new Address { Link = 20, Local = Text.Address("fd34::1"), Subnet = Text.Prefix("fd34::2"), Flags = 0x82 }, Address(GoldenLinks.Peer6));

    // ip address add fd33::1/64 dev veth1
    [Fact]
    public void A_tentative_address_is_not_usable_yet()
    {
        Address address = Address(GoldenLinks.Tentative6);
        Assert.Equal((0xc0u, true, false), (address.Flags, address.IsTentative, address.IsUsable));
    }

    [Fact]
    public void A_link_local_address_is_of_scope_link() =>
        Assert.Equal((253, true), (Address(GoldenLinks.LinkLocal6).Scope, Address(GoldenLinks.LinkLocal6).Local.IsLinkLocal));

    // ip link show; ip address show: struct ifinfomsg with IFLA_EXT_MASK RTEXT_FILTER_SKIP_STATS, struct ifaddrmsg.
    [Fact]
    public void The_requests_of_lists()
    {
        var script = new Script(request => [Script.End(Script.Sequence(request))]);
        var kernel = new RouteNetlink(script);
        kernel.ListLinks();
        kernel.ListAddresses();
        Assert.Equal(
            [((ushort)18, (ushort)0x301, "00000000000000000000000000000000" + "08001D0008000000"), (22, 0x301, "0000000000000000")],
            script.Sent.SelectMany(Script.Messages).Select(message => (message.Type, message.Flags, Convert.ToHexString(message.Payload))));
    }

    // ip nexthop add id 8 via 10.244.33.0 dev flannel.1 onlink; ip nexthop add id 9 group 7,3/8,1
    [Fact]
    public void Nexthop_objects_and_their_groups()
    {
        Assert.True(NexthopCodec.TryDecode(Convert.FromHexString(GoldenLinks.Nexthop), out NexthopObject one));
        Assert.True(NexthopCodec.TryDecode(Convert.FromHexString(GoldenLinks.OnLinkNexthop), out NexthopObject other));
        Assert.True(NexthopCodec.TryDecode(Convert.FromHexString(GoldenLinks.NexthopGroup), out NexthopObject group));
        Assert.False(NexthopCodec.TryDecode(Convert.FromHexString(GoldenLinks.BlackholeNexthop), out _));
        Assert.Equal(
            [
                new Nexthop { Gateway = Text.Address("192.168.1.1"), Oif = 10, Weight = 3 },
                new Nexthop { Gateway = Text.Address("10.244.33.0"), Oif = 12, Flags = Nexthop.OnLink },
            ],
            group.Expand(new[] { one, other, group }.ToDictionary(item => item.Id)));
    }

    private static Link Link(string bytes)
    {
        Assert.True(LinkCodec.TryDecode(Convert.FromHexString(bytes), out Link link));
        return link;
    }

    private static Address Address(string bytes)
    {
        Assert.True(AddressCodec.TryDecode(Convert.FromHexString(bytes), out Address address));
        return address;
    }
}
