using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>
/// A server of HTTP by QUIC, bound to no address. As others of its kind it looks up which address was asked (IP_PKTINFO), and goes on to answer with that for as
/// long as a connection lives: of the address it sees it must not be told another in between.
/// </summary>
public sealed class QuicTests
{
    private const int Port = 4433;

    [ServerTheory]
    [InlineData("client", Neighbourhood.Office4, "eth1 64", "eth0 01")]
    [InlineData("client", Neighbourhood.Office6, "eth1 64", "eth0 01")]
    [InlineData("pod-a", Neighbourhood.Dmz4, "", "")]
    [InlineData("pod-a", Neighbourhood.Dmz6, "", "")]
    public void A_page_is_handed_out_as_before_and_by_the_card_of_the_request(string from, string to, string usual, string right)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        place.SetReversePath(2, sourceValidMark: false);
        string page = new('x', 100_000);
        place.Node.Sh("mkdir /run/pages");
        place.Node.Write("/run/pages/page", page);
        place.Node.Sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=node -keyout /run/key -out /run/certificate 2>/dev/null");
        using Job server = place.Node.Start(["gtlsserver", "-q", "-d", "/run/pages", "*", $"{Port}", "/run/key", "/run/certificate"]);
        place.Node.Await($"[ $(ss -Hlun 'sport = :{Port}' | wc -l) = 2 ]");
        foreach ((string command, string way) in ((string, string)[])[("teardown", usual), ("bootstrap", right), ("teardown", usual)])
        {
            place.Node.Srcroute(command).Succeeded();
            place.Forget();
            Assert.Equal(page, Fetch(place.Node, from, to));
            Assert.Equal(way, string.Join(" and ", place.Sent().Where(packet => packet is { Protocol: Packet.Udp, SourcePort: Port }).Select(packet => packet.Way).Distinct()));
        }
    }

    private static string Fetch(Node node, string from, string to) => node.Sh($"""
        rm -rf /run/fetched; mkdir /run/fetched
        ip netns exec {from} timeout 100 gtlsclient -q --exit-on-all-streams-close --download=/run/fetched {to} {Port} https://node/page >/dev/null 2>&1 || :
        cat /run/fetched/page 2>/dev/null || :
        """);
}
