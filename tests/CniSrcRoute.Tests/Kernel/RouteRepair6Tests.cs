using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Every field of an IPv6 route is changed behind our back, and sync makes it what it was.</summary>
public sealed class RouteRepair6Tests
{
    /// <summary>The words for a route of ours in the table of 2001:db8:1::100.</summary>
    private const string Ours = "table 1000 proto 206";

    public static TheoryData<string, string> Changes => new()
    {
        { "gateway of the default", $"ip route replace default via 2001:db8:1::2 dev eth0 {Ours}" },
        { "gateway of a copy", $"ip route replace fd00:254:0:2::/64 via fd00:254:0:9::9 dev flannel-v6.1 onlink {Ours}" },
        { "card of the default", $"ip route replace default via 2001:db8:2::2 dev eth1 {Ours}" },
        { "card of a copy", $"ip route replace fd00:254:0:2::/64 via fd00:254:0:9::9 dev eth0 onlink {Ours}" },
        { "card of the subnet", $"ip route replace 2001:db8:1::/64 dev eth1 metric 256 {Ours}" },
        { "metric of the default", $"ip -6 route del default {Ours}; ip route add default via 2001:db8:1::1 metric 100 {Ours}" },
        { "metric of a copy", $"ip route del fd00:254:0:2::/64 {Ours}; ip route add fd00:254:0:2::/64 via fd00:254:0:2:: dev flannel-v6.1 onlink metric 7 {Ours}" },
        { "metric of the guard", $"ip route del throw fd00:254::/48 {Ours}; ip route add throw fd00:254::/48 metric 5 {Ours}" },
        { "type of a copy", $"ip route replace blackhole fd00:254:0:2::/64 metric 1024 {Ours}" },
        { "type of the guard", $"ip route replace unreachable fd00:254::/48 metric 4294967295 {Ours}" },
        { "type of a reject route", $"ip route replace prohibit 2001:db8:9::/48 {Ours}" },
        { "preferred source", $"ip route replace default via 2001:db8:1::1 dev eth0 src 2001:db8:2::1 {Ours}" },
        { "mtu added", $"ip route replace default via 2001:db8:1::1 dev eth0 mtu 1400 {Ours}" },
        { "mtu changed", $"ip route replace 2001:db8:8::/48 via 2001:db8:1::3 dev eth0 mtu 1399 advmss 1300 {Ours}" },
        { "metrics gone", $"ip route replace 2001:db8:8::/48 via 2001:db8:1::3 dev eth0 {Ours}" },
        { "onlink added", $"ip route replace default via 2001:db8:1::1 dev eth0 onlink {Ours}" },
        { "onlink gone", $"ip route replace fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0 {Ours}" },
        { "router preference", $"ip route replace default via 2001:db8:1::1 dev eth0 pref high {Ours}" },
        { "one hop to two", $"ip -6 route replace default {Ours} nexthop via 2001:db8:1::1 dev eth0 nexthop via 2001:db8:1::2 dev eth0" },
        { "two hops to one", $"ip route replace fd00:254:0:4::/64 via 2001:db8:1::8 dev eth0 {Ours}" },
        { "two hops to three", $"ip route append fd00:254:0:4::/64 via 2001:db8:1::77 dev eth0 {Ours}" },
        { "weight of a hop", $"ip route replace fd00:254:0:4::/64 {Ours} nexthop via 2001:db8:1::8 dev eth0 weight 5 nexthop via 2001:db8:1::9 dev eth0 weight 3" },
        { "gateway of a hop", $"ip route replace fd00:254:0:4::/64 {Ours} nexthop via 2001:db8:1::8 dev eth0 nexthop via 2001:db8:1::99 dev eth0 weight 3" },
        { "nexthop object", $"ip -6 route replace fd00:254:0:5::/64 nhid 8 {Ours}" },
        { "nexthop object to plain gateway", $"ip route replace fd00:254:0:5::/64 via 2001:db8:1::10 dev eth0 {Ours}" },
        { "plain gateway to nexthop object", $"ip -6 route replace default nhid 7 {Ours}" },
        { "default deleted", $"ip -6 route del default {Ours}" },
        { "subnet deleted", $"ip route del 2001:db8:1::/64 {Ours}" },
        { "copy deleted", $"ip route del fd00:254:0:1::/64 {Ours}" },
        { "one hop of two deleted", $"ip route del fd00:254:0:4::/64 via 2001:db8:1::8 dev eth0 {Ours}" },
        { "guard deleted", $"ip route del throw fd00:254::/48 {Ours}" },
        { "all deleted", $"ip route del fd00:254:0:5::/64 {Ours}; ip -6 route flush table 1000" },
        { "route added", $"ip route add 2001:db8:9:8::/64 dev eth0 {Ours}" },
        { "route to no card added", $"ip route add blackhole 2001:db8:9:8::/64 {Ours}" },
        { "multipath route added", $"ip route add 2001:db8:9:8::/64 {Ours} nexthop via 2001:db8:1::1 dev eth0 nexthop via 2001:db8:2::2 dev eth1" },
        { "route added in another table", "ip route add 2001:db8:9:8::/64 dev eth0 table 4242 proto 206" },
        { "second hop behind a copy", $"ip route append fd00:254:0:2::/64 via fd00:254:0:2::9 dev flannel-v6.1 onlink {Ours}" },
        { "second route behind the subnet", $"ip route append 2001:db8:1::/64 dev eth1 metric 256 {Ours}" },
        { "second route before the subnet", $"ip route prepend 2001:db8:1::/64 dev eth1 metric 256 {Ours}" },
        { "source-specific route added", $"ip -6 route add default from 2001:db8:7::/48 via 2001:db8:1::1 dev eth0 {Ours}" },
    };

    [KernelTheory]
    [MemberData(nameof(Changes))]
    public void Route_changed_behind_our_back_is_repaired(string what, string change)
    {
        using Node node = Topology.TwoCards6().WithFlannel6();
        node.Ip("""
            nexthop add id 7 via 2001:db8:1::10 dev eth0
            nexthop add id 8 via 2001:db8:1::11 dev eth0
            route add 2001:db8:8::/48 via 2001:db8:1::3 mtu 1400 advmss 1300
            route add fd00:254:0:3::/64 via 2001:db8:1::7 dev eth0 onlink
            route add fd00:254:0:4::/64 nexthop via 2001:db8:1::8 dev eth0 nexthop via 2001:db8:1::9 dev eth0 weight 3
            route add fd00:254:0:5::/64 nhid 7
            route add blackhole 2001:db8:9::/48
            """);
        node.AssertRepaired(what, change);
    }
}
