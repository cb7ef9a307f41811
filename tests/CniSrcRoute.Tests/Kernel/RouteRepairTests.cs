using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Every field of a route is changed behind our back, and sync makes it what it was.</summary>
public sealed class RouteRepairTests
{
    /// <summary>The words for a route of ours in the table of 192.168.1.100.</summary>
    private const string Ours = "table 1000 proto 206";

    public static TheoryData<string, string> Changes => new()
    {
        { "gateway of the default", $"ip route replace default via 192.168.1.2 dev eth0 {Ours}" },
        { "gateway of a copy", $"ip route replace 10.254.2.0/24 via 10.254.9.9 dev flannel.1 onlink metric $copy {Ours}" },
        { "card of the default", $"ip route replace default via 10.0.0.254 dev eth1 {Ours}" },
        { "card of a copy", $"ip route replace 10.254.2.0/24 via 10.254.2.0 dev eth0 onlink metric $copy {Ours}" },
        { "card of the subnet", $"ip route replace 192.168.1.0/24 dev eth1 scope link src 192.168.1.100 {Ours}" },
        { "metric of the default", $"ip route del default {Ours}; ip route add default via 192.168.1.1 metric 100 {Ours}" },
        { "metric of a copy", $"ip route del 10.254.2.0/24 {Ours}; ip route add 10.254.2.0/24 via 10.254.2.0 dev flannel.1 onlink metric 20000 {Ours}" },
        { "metric of the guard", $"ip route del throw 10.254.0.0/16 {Ours}; ip route add throw 10.254.0.0/16 metric 5 {Ours}" },
        { "type of service", $"ip route del 192.168.1.0/24 {Ours}; ip route add 192.168.1.0/24 dev eth0 tos 0x10 scope link src 192.168.1.100 {Ours}" },
        { "type of a copy", $"ip route replace blackhole 10.254.2.0/24 metric $copy {Ours}" },
        { "type of the guard", $"ip route replace unreachable 10.254.0.0/16 metric 4294967295 {Ours}" },
        { "type of a reject route", $"ip route replace prohibit 203.0.113.0/24 {Ours}" },
        { "scope", $"ip route replace 192.168.1.0/24 dev eth0 scope global src 192.168.1.100 {Ours}" },
        { "preferred source", $"ip route replace 192.168.1.0/24 dev eth0 scope link src 10.0.0.1 {Ours}" },
        { "preferred source gone", $"ip route replace 192.168.1.0/24 dev eth0 scope link {Ours}" },
        { "mtu added", $"ip route replace default via 192.168.1.1 dev eth0 mtu 1200 {Ours}" },
        { "mtu changed", $"ip route replace 198.51.100.0/24 via 192.168.1.3 dev eth0 mtu 1399 advmss 1300 {Ours}" },
        { "mtu locked", $"ip route replace 198.51.100.0/24 via 192.168.1.3 dev eth0 mtu lock 1400 advmss 1300 {Ours}" },
        { "metrics gone", $"ip route replace 198.51.100.0/24 via 192.168.1.3 dev eth0 {Ours}" },
        { "onlink added", $"ip route replace default via 192.168.1.1 dev eth0 onlink {Ours}" },
        { "onlink gone", $"ip route replace 10.254.3.0/24 via 192.168.1.7 dev eth0 metric 3 {Ours}" },
        { "one hop to two", $"ip route replace default {Ours} nexthop via 192.168.1.1 dev eth0 nexthop via 192.168.1.2 dev eth0" },
        { "two hops to one", $"ip route replace 10.254.4.0/24 via 192.168.1.8 dev eth0 metric 4 {Ours}" },
        { "weight of a hop", $"ip route replace 10.254.4.0/24 metric 4 {Ours} nexthop via 192.168.1.8 dev eth0 weight 5 nexthop via 192.168.1.9 dev eth0 weight 3" },
        { "gateway of a hop", $"ip route replace 10.254.4.0/24 metric 4 {Ours} nexthop via 192.168.1.8 dev eth0 nexthop via 192.168.1.99 dev eth0 weight 3" },
        { "nexthop object", $"ip route replace 10.254.5.0/24 nhid 8 metric 5 {Ours}" },
        { "nexthop object to plain gateway", $"ip route replace 10.254.5.0/24 via 192.168.1.10 dev eth0 metric 5 {Ours}" },
        { "plain gateway to nexthop object", $"ip route replace default nhid 7 {Ours}" },
        { "default deleted", $"ip route del default {Ours}" },
        { "subnet deleted", $"ip route del 192.168.1.0/24 {Ours}" },
        { "copy deleted", $"ip route del 10.254.1.0/24 {Ours}" },
        { "guard deleted", $"ip route del throw 10.254.0.0/16 {Ours}" },
        { "all deleted", $"ip route del 10.254.5.0/24 {Ours}; ip route flush table 1000" },
        { "route added", $"ip route add 203.0.113.128/25 dev eth0 {Ours}" },
        { "route to no card added", $"ip route add blackhole 203.0.113.128/25 {Ours}" },
        { "multipath route added", $"ip route add 203.0.113.128/25 {Ours} nexthop via 192.168.1.1 dev eth0 nexthop dev eth1" },
        { "route added in another table", "ip route add 203.0.113.0/24 dev eth0 table 4242 proto 206" },
        { "second route behind a copy", $"ip route append 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink metric $copy {Ours}" },
        { "second route before a copy", $"ip route prepend 10.254.2.0/24 via 10.254.2.9 dev flannel.1 onlink metric $copy {Ours}" },
        { "second default before the default", $"ip route prepend default via 192.168.1.2 dev eth0 {Ours}" },
        { "second subnet route behind the subnet", $"ip route append 192.168.1.0/24 dev eth1 scope link {Ours}" },
    };

    [KernelTheory]
    [MemberData(nameof(Changes))]
    public void Route_changed_behind_our_back_is_repaired(string what, string change)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Ip("""
            nexthop add id 7 via 192.168.1.10 dev eth0
            nexthop add id 8 via 192.168.1.11 dev eth0
            route add 198.51.100.0/24 via 192.168.1.3 mtu 1400 advmss 1300
            route add 10.254.3.0/24 via 192.168.1.7 dev eth0 onlink
            route add 10.254.4.0/24 nexthop via 192.168.1.8 dev eth0 nexthop via 192.168.1.9 dev eth0 weight 3
            route add 10.254.5.0/24 nhid 7
            route add blackhole 203.0.113.0/24
            """);
        node.AssertRepaired(what, "copy=$(ip route show table 1000 10.254.2.0/24 | sed 's/.*metric \\([0-9]*\\).*/\\1/'); " + change);
    }
}
