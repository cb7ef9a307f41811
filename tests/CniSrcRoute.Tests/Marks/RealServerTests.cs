using System.Net.Sockets;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>Servers out of Debian, asked by clients near and far, and by pods here and on the other node.</summary>
public sealed class RealServerTests
{
    private static readonly string[] Addresses = [Neighbourhood.Office4, Neighbourhood.Dmz4, Neighbourhood.Office6, Neighbourhood.Dmz6];

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [ServerTheory]
    [InlineData("unbound", 0, false)]
    [InlineData("unbound", 2, true)]
    [InlineData("large", 1, false)]
    [InlineData("large", 2, true)]
    [InlineData("socat", 0, true)]
    [InlineData("socat", 1, false)]
    [InlineData("socat", 2, true)]
    public async Task That_leave_their_address_to_the_kernel_answer_with_the_one_that_was_asked(string name, int filter, bool masquerades)
    {
        using Neighbourhood place = Prepare(filter, masquerades);
        using RealServer server = RealServer.Start(place.Node, name);
        (string From, string To, string Way)[] flows = Flows(filter, masquerades);
        Assert.Equal(flows.Where(IsRightByItself), await AnsweredAsync(place, server, flows, IsRightByItself));
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(flows, await AnsweredAsync(place, server, flows, _ => true));
        place.Node.Srcroute("teardown").Quietly();
        Assert.Equal(flows.Where(IsRightByItself), await AnsweredAsync(place, server, flows, IsRightByItself));
    }

    [ServerTheory]
    [InlineData("dnsmasq", 0, true)]
    [InlineData("dnsmasq", 1, false)]
    [InlineData("dnsmasq", 2, false)]
    [InlineData("chronyd", 0, false)]
    [InlineData("chronyd", 2, true)]
    public async Task That_look_up_their_address_answer_as_before_and_by_the_card_of_the_request(string name, int filter, bool masquerades)
    {
        using Neighbourhood place = Prepare(filter, masquerades);
        using RealServer server = RealServer.Start(place.Node, name);
        (string From, string To, string Way)[] flows = Flows(filter, masquerades);
        Assert.NotEmpty(await AnsweredAsync(place, server, flows, IsRightByItself));
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(flows, await AnsweredAsync(place, server, flows, _ => true));
    }

    // It looks up which address was asked, and is silent for all but its own.
    [ServerTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_for_some_addresses_alone_is_right_when_its_port_is_left_alone(bool isExcepted)
    {
        using Neighbourhood place = Prepare(2, masquerades: false);
        using RealServer server = RealServer.Start(place.Node, "dnsmasq", $"--listen-address={Neighbourhood.Office4}");
        (string, string, string)[] flows = [("pod-a", Neighbourhood.Office4, "")];
        Assert.Equal(flows, await AnsweredAsync(place, server, flows, _ => true));
        place.Node.Configure(isExcepted ? """{ "udp": { "except": [53] } }""" : "{}");
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.Equal(isExcepted ? flows : [], await AnsweredAsync(place, server, flows, _ => isExcepted));
    }

    [ServerTheory]
    [InlineData("-4")]
    [InlineData("-6")]
    public void A_server_of_DTLS_finishes_its_handshake(string family)
    {
        using Neighbourhood place = Prepare(2, masquerades: false);
        place.Node.Sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=node -keyout /run/key -out /run/certificate 2>/dev/null");
        using Job server = place.Node.Start(["openssl", "s_server", "-dtls", family, "-accept", "4433", "-key", "/run/key", "-cert", "/run/certificate", "-quiet"]);
        place.Node.Await("ss -Hlun 'sport = :4433' | grep -q .");
        string[] flows = family == "-4" ? [$"client {Neighbourhood.Office4}", $"pod-a {Neighbourhood.Dmz4}"] : [$"client [{Neighbourhood.Office6}]", $"pod-a [{Neighbourhood.Dmz6}]"];
        Assert.All(flows, flow => Assert.DoesNotContain("Cipher is ECDHE", Shake(place.Node, flow, "1.5"), StringComparison.Ordinal));
        place.Node.Srcroute("bootstrap").Quietly();
        Assert.All(flows, flow => Assert.Contains("Cipher is ECDHE", Shake(place.Node, flow, "100"), StringComparison.Ordinal));
    }

    [ServerTheory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_log_server_is_told_by_whom_it_always_was(int filter)
    {
        using Neighbourhood place = Prepare(filter, masquerades: false);
        place.Node.Write("/run/rsyslog.conf", """
            global(net.enableDNS="off")
            module(load="imudp")
            input(type="imudp" port="514")
            template(name="line" type="string" string="%fromhost-ip%%msg%\n")
            *.* action(type="omfile" file="/run/heard" template="line")
            """);
        using Job server = place.Node.Start(["rsyslogd", "-n", "-f", "/run/rsyslog.conf", "-i", "NONE"]);
        place.Node.Await("[ $(ss -Hlun 'sport = :514' | wc -l) = 2 ]");
        (string Place, string Address, string Own)[] senders =
        [
            ("client", Neighbourhood.Office4, "10.0.0.100"), ("far", Neighbourhood.Dmz4, "203.0.113.7"), ("pod-a", Neighbourhood.Dmz4, Neighbourhood.PodA4),
            ("client", Neighbourhood.Office6, "2001:db8:2::100"), ("pod-a", Neighbourhood.Office6, Neighbourhood.PodA6),
        ];
        foreach (string when in (string[])["before", "after"])
        {
            Client[] clients = [.. senders.Select(sender => place.Open(sender.Place, sender.Address, 514, ProtocolType.Udp))];
            await Task.WhenAll(clients.Select(client => client.ExchangeAsync(System.Text.Encoding.ASCII.GetBytes($"<14>Nov 27 10:00:00 host tag: {when}"), Short)));
            Array.ForEach(clients, client => client.Dispose());
            place.Node.Await($"[ $(grep -c {when} /run/heard) = {senders.Length} ]");
            place.Node.Srcroute("bootstrap").Succeeded();
        }

        Assert.Equal(
            senders.SelectMany(sender => (string[])[$"{sender.Own} after", $"{sender.Own} before"]).Order(StringComparer.Ordinal),
            place.Node.Sh("cat /run/heard").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    // A handshake with the server, as openssl tells of it. FLOW is the client's place and the address.
    private static string Shake(Node node, string flow, string seconds) =>
        node.Sh($"ip netns exec {flow.Split(' ')[0]} timeout {seconds} openssl s_client -dtls -connect {flow.Split(' ')[1]}:4433 </dev/null 2>&1 || :");

    private static Neighbourhood Prepare(int filter, bool masquerades)
    {
        var place = new Neighbourhood();
        place.MakePod();
        if (masquerades)
        {
            // flannel's, on both nodes; with it what pods of the other node ask for comes from that node.
            Published.ByIptables(place.Node, "nft");
            place.Node.Sh("""
                ip netns exec node2 iptables-nft -t nat -A POSTROUTING -s 10.254.0.0/16 ! -o flannel.1 -j MASQUERADE
                ip netns exec node2 ip6tables-nft -t nat -A POSTROUTING -s fd00:254::/48 ! -o flannel-v6.1 -j MASQUERADE
                """);
        }

        place.SetReversePath(filter, sourceValidMark: filter == 1);
        return place;
    }

    // What has no way does not leave by a wire. A strict check drops what a pod of the other node asks without encapsulation, whatever it asks.
    private static (string From, string To, string Way)[] Flows(int filter, bool masquerades) =>
    [
        .. from flow in Flow.Of(ipv6: false).Concat(Flow.Of(ipv6: true)) select (flow.From, flow.To, flow.Way),
        .. from address in Addresses select ("pod-a", address, ""),
        .. from flow in Flow.Of(ipv6: false).Concat(Flow.Of(ipv6: true))
           where flow.From == "node2" && (masquerades || filter != 1 || flow.To.Contains(':', StringComparison.Ordinal))
           select ("pod-b", flow.To, masquerades ? flow.Way : ""),
    ];

    // Where main chooses the address that was asked.
    private static bool IsRightByItself((string From, string To, string Way) flow) => flow switch
    {
        { From: "client", To: Neighbourhood.Dmz4 or Neighbourhood.Dmz6 } => true,
        { From: "node2" or "far", To: Neighbourhood.Office4 or Neighbourhood.Office6 } => true,
        { From: "pod-b", Way: "eth0 65" } => true,
        _ => false,
    };

    // Those that are answered, and the ways by which they are. Who is expected to be is waited for long, the others not.
    private static async Task<IEnumerable<(string From, string To, string Way)>> AnsweredAsync(
        Neighbourhood place, RealServer server, (string From, string To, string Way)[] flows, Func<(string From, string To, string Way), bool> isExpected)
    {
        place.Forget();
        Client[] clients = [.. flows.Select(flow => place.Open(flow.From, flow.To, server.Port, ProtocolType.Udp))];
        byte[]?[] answers = await Task.WhenAll(clients.Select((client, i) => client.ExchangeAsync(server.Question, isExpected(flows[i]) ? Job.Patience : Short)));
        Packet[] sent = place.Sent();
        Array.ForEach(clients, client => client.Dispose());
        return
        [
            .. flows.Select((flow, i) => (flow.From, flow.To, string.Join(" and ", Neighbourhood.WaysTo(clients[i], sent))))
                .Where((_, i) => answers[i]?.Length >= server.Question.Length),
        ];
    }
}
