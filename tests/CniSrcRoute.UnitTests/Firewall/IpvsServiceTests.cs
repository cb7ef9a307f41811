using CniSrcRoute.Firewall;
using CniSrcRoute.UnitTests.Nodes;
using Xunit;

namespace CniSrcRoute.UnitTests.Firewall;

public sealed class IpvsServiceTests
{
    // cat /proc/net/ip_vs
    private const string Listed = """
        IP Virtual Server version 1.2.1 (size=4096)
        Prot LocalAddress:Port Scheduler Flags
          -> RemoteAddress:Port Forward Weight ActiveConn InActConn
        TCP  0A60000A:0035 rr 
          -> 0AFE0002:14E9      Masq    1      0          0         
          -> 0AFE0103:14E9      Masq    1      0          0         
        UDP  0A60000A:0035 rr 
          -> 0AFE0002:14E9      Masq    1      0          0         
        TCP  [fd00:0096:0000:0000:0000:0000:0000:000a]:0035 rr 
          -> [fd00:0254:0000:0000:0000:0000:0000:0002]:14E9      Masq    1      0          0         
        TCP  CB00710A:0000 wlc persistent 300 FFFFFFFF
          -> C0A80107:0000      Route   1      0          0         
        TCP  CB00710A:0050 wlc 
        FWM  00000001 rr 
          -> 0A000009:0000      Tunnel  1      0          0         
        """;

    [Theory]
    [InlineData(6, "10.96.0.10", 53, "10.254.0.2 5353 True, 10.254.1.3 5353 True")]
    [InlineData(17, "10.96.0.10", 53, "10.254.0.2 5353 True")]
    [InlineData(6, "fd00:96::a", 53, "fd00:254::2 5353 True")]
    [InlineData(6, "203.0.113.10", 443, "192.168.1.7 0 False")]
    [InlineData(6, "203.0.113.10", 80, "")]
    public void A_service_is_found_by_what_is_asked(byte protocol, string address, ushort port, string servers) => Assert.Equal(
        servers,
        string.Join(", ", IpvsService.Find(Listed, protocol, Text.Address(address), port)!.Servers.Select(one => $"{one.Address} {one.Port} {one.AnswersByNode}")));

    [Theory]
    [InlineData(6, "10.96.0.10", 54)]
    [InlineData(6, "10.96.0.11", 53)]
    [InlineData(17, "fd00:96::a", 53)]
    [InlineData(17, "203.0.113.10", 443)]
    [InlineData(6, "203.0.113.10", 0)]
    public void Others_are_not(byte protocol, string address, ushort port) => Assert.Null(IpvsService.Find(Listed, protocol, Text.Address(address), port));

    // With conntrack=0 answers do leave by other cards (make e2e-vm); with snat_reroute=0 their way is looked up from another address.
    [Theory]
    [InlineData("10.96.0.10", "", "")]
    [InlineData("10.96.0.10", Ipvs.Tracks, "net.ipv4.vs.conntrack is 0")]
    [InlineData("10.96.0.10", Ipvs.RoutesAgain, "net.ipv4.vs.snat_reroute is 0")]
    [InlineData("203.0.113.10", "", "192.168.1.7 answers the client itself")]
    public void It_is_told_why_answers_may_go_otherwise(string address, string off, string doubts)
    {
        var ipvs = new Ipvs(Listed, [.. off.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(doubts, string.Join(", ", ipvs.Doubts(IpvsService.Find(Listed, 6, Text.Address(address), 53)!)));
    }

    [Fact]
    public void Without_IPVS_there_is_none() => Assert.Null(IpvsService.Find("", 6, Text.Address("10.96.0.10"), 53));
}
