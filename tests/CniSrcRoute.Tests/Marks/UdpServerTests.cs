using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>UDP servers that are bound to no address: nothing of ours can make them answer from the address that was asked, so status finds them.</summary>
public sealed class UdpServerTests
{
    [KernelTheory]
    [InlineData("UDP4-RECVFROM:5353", "UDP servers that are bound to no address, port 5353 (socat, process ")]
    [InlineData("UDP6-RECVFROM:5353,ipv6only=1", "UDP servers that are bound to no address, port 5353 (socat, process ")]
    public void One_that_is_bound_to_no_address_is_named_with_its_process_and_what_to_do(string server, string named)
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();
        Assert.DoesNotContain("UDP servers", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);

        using Job socat = Serve(node, server);
        string status = node.Srcroute("status").Quietly().Output;
        Assert.Contains(named, status, StringComparison.Ordinal);
        Assert.Contains("have them bind a socket to each address", status, StringComparison.Ordinal);
        Assert.Equal(1, status.Split("UDP servers").Length - 1);
    }

    [KernelFact]
    public void One_for_both_families_is_named_also_where_only_IPv4_has_sources()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        using Job socat = Serve(node, "UDP6-RECVFROM:5353,ipv6only=0");
        Assert.Contains("port 5353 (socat", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("UDP4-RECVFROM:5353,bind=192.168.1.100")]
    [InlineData("UDP6-RECVFROM:5353,bind=[2001:db8:1::100]")]
    [InlineData("UDP4-RECVFROM:5353,bind=127.0.0.1")]
    public void One_with_an_address_is_not(string server)
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();
        using Job socat = Serve(node, server);
        Assert.DoesNotContain("UDP servers", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Nor_is_a_tunnel_of_the_kernels()
    {
        using Node node = Topology.TwoCardsDual().WithFlannelDual();
        node.Srcroute("bootstrap").Quietly();
        Assert.DoesNotContain("UDP servers", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Nor_a_client_whose_port_the_kernel_chose()
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();
        using Job client = node.Start(["socat", "-d", "-d", "-u", "UDP4-RECVFROM:0", "-"], awaited: "receiving");
        Assert.DoesNotContain("UDP servers", node.Srcroute("status").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("5353", true)]
    [InlineData("5000-5400", true)]
    [InlineData("80,5300-5352,5354,65535", false)]
    public void One_among_the_ports_that_the_kernel_chooses_from_is_named_if_its_port_is_reserved(string reserved, bool named)
    {
        using Node node = Topology.TwoCardsDual();
        node.Srcroute("bootstrap").Quietly();
        node.Sh($"echo 1024 60999 >/proc/sys/net/ipv4/ip_local_port_range; echo {reserved} >/proc/sys/net/ipv4/ip_local_reserved_ports");
        using Job socat = Serve(node, "UDP4-RECVFROM:5353");
        Assert.Equal(named, node.Srcroute("status").Quietly().Output.Contains("UDP servers that are bound to no address, port 5353 (socat", StringComparison.Ordinal));
    }

    private static Job Serve(Node node, string server)
    {
        Job socat = node.Start(["socat", "-u", server, "-"]);
        node.Await($"grep -q -i ':14E9 ' /proc/net/udp{(server[3] == '6' ? "6" : "")}");
        return socat;
    }
}
