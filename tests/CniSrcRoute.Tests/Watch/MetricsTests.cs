using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Watch;

/// <summary>What `srcroute watch` tells of itself, and the conflist it keeps.</summary>
public sealed class MetricsTests
{
    [KernelFact]
    public void The_textfile_and_the_port_say_what_was_done()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/srcroute.prom", "--metrics-listen", "127.0.0.1:9469"]);
        node.Sh("ip rule del from 10.0.0.1");
        node.Await("grep -qx 'srcroute_repairs_total{cause=\"rule\"} 1' /run/srcroute.prom");
        node.Sh("""
            grep -qx 'srcroute_sources{state="served"} 2' /run/srcroute.prom
            grep -qx 'srcroute_sources{state="unserved"} 0' /run/srcroute.prom
            test "$(stat -c %a /run/srcroute.prom)" = 644
            """);

        // The same, unless something happens in between: the file is written once a second.
        node.Await("""
            printf 'GET /metrics HTTP/1.0\r\n\r\n' | socat -t 60 - TCP:127.0.0.1:9469 >/run/answer
            head -n 1 /run/answer | grep '^HTTP/1.1 200 OK'
            sed '1,/^.$/d' /run/answer | cmp - /run/srcroute.prom
            """);

        node.Sh("ip link set eth1 down");
        node.Await("grep -qx 'srcroute_sources{state=\"unserved\"} 1' /run/srcroute.prom");
        node.Sh("grep -qx 'srcroute_findings{severity=\"error\",code=\"card-down\"} 1' /run/srcroute.prom");
        Assert.EndsWith("trouble code=card-down text=\"10.0.0.1 is not served: its card eth1 is down\"", watcher.Await("trouble "), StringComparison.Ordinal);
    }

    [KernelFact]
    public void The_number_of_copies_is_what_the_tables_hold()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/srcroute.prom"]);
        AssertCopies(node);

        _ = watcher.Sees("ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        AssertCopies(node);
        _ = watcher.Sees("ip route flush table all proto 206");
        AssertCopies(node);
        _ = watcher.Sees("ip route del 10.254.2.0/24; ip route del 10.254.3.0/24");
        AssertCopies(node);
    }

    [KernelTheory]
    [InlineData("")]
    [InlineData("printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n'")]
    public void Clients_that_do_not_ask_or_do_not_read_hold_up_nobody(string question)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, ["--metrics-listen", "127.0.0.1:9469"]);
        node.Write("/run/client", $"#!/bin/sh\nmktemp /run/connected.XXX >&2\n{question}\nexec sleep infinity\n", "755");

        // Their standard input and output are the socket itself, which they keep open for ever; there are more of them than are let wait.
        using Job clients = node.Start(["sh", "-c", "for i in $(seq 20); do socat TCP:127.0.0.1:9469 EXEC:/run/client,nofork & done; wait"]);
        node.Await("test $(ls /run/connected.* | wc -l) = 20");
        node.Ip("route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        Assert.StartsWith("followed ", watcher.Await("10.254.3.0/24"), StringComparison.Ordinal);
        watcher.AssertTrue();
        Assert.StartsWith(
            "HTTP/1.1 200 OK\r\n",
            node.Sh("printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' | socat -t 60 - TCP:127.0.0.1:9469"),
            StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_client_that_takes_its_time_to_ask_is_answered()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        using var watcher = Watcher.Start(node, ["--metrics-listen", "127.0.0.1:9469"]);
        node.Write(
            "/run/client",
            "#!/bin/sh -e\n: >/run/connected\nuntil [ -e /run/go ]; do :; done\nprintf 'GET /metrics HTTP/1.0\\r\\n\\r\\n'\nexec cat >/run/answer\n",
            "755");
        using Job client = node.Start(["socat", "TCP:127.0.0.1:9469", "EXEC:/run/client,nofork"]);
        node.Await("test -e /run/connected");

        // What the watcher hears of later, it works off later.
        _ = watcher.Sees("ip route add 10.254.3.0/24 via 10.254.3.0 dev flannel.1 onlink");
        node.Sh(": >/run/go");
        client.Finish().Succeeded();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", node.Sh("cat /run/answer"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_port_that_another_program_has_holds_up_no_repair_and_is_had_later()
    {
        using Node node = Topology.TwoCards();
        using Job other = node.Start(["sh", "-c", "exec socat TCP-LISTEN:9469,bind=127.0.0.1 EXEC:cat"]);
        node.Await("ss -Hltn sport = 9469 | grep .");
        using var watcher = Watcher.Start(node, ["--metrics-listen", "127.0.0.1:9469"]);
        Assert.Contains("127.0.0.1:9469: Address already in use", watcher.Await("failed "), StringComparison.Ordinal);
        node.Sh("ip rule del from 10.0.0.1");
        Assert.StartsWith("repaired ", watcher.Await("somebody else removed rule"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("[::1]:9469", "TCP6:[::1]:9469")]
    [InlineData("127.7.7.7:9469", "TCP:127.7.7.7:9469")]
    public void It_answers_at_any_address_of_the_loopback_device(string endpoint, string address)
    {
        using Node node = Topology.TwoCards();
        using var watcher = Watcher.Start(node, ["--metrics-listen=" + endpoint]);
        node.Await($"printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' | socat -t 60 - {address} | grep -x 'srcroute_sources{{state=\"served\"}} 2'");
        Assert.Equal("", node.Sh("ss -Hltn sport = 9469 | grep -v -e 127.7.7.7 -e '\\[::1\\]' || true"));
    }

    [KernelTheory]
    [InlineData("0.0.0.0:9469")]
    [InlineData("192.168.1.100:9469")]
    [InlineData("[::]:9469")]
    [InlineData("[::ffff:127.0.0.1]:9469")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("::1:9469")]
    [InlineData("localhost:9469")]
    public void An_address_that_others_could_reach_is_refused(string endpoint)
    {
        using Node node = Topology.TwoCards();
        Assert.Contains($"such as 127.0.0.1:9469, not {endpoint}", node.Srcroute($"watch --metrics-listen {endpoint}").Refusal(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_link_is_not_written_through()
    {
        using Node node = Topology.TwoCards();
        node.Sh("echo precious >/run/victim; ln -s /run/victim /run/m.prom.srcroute-new");
        using var watcher = Watcher.Start(node, ["--metrics-file", "/run/m.prom"]);
        node.Await("test -s /run/m.prom");
        Assert.Equal("precious\n", node.Sh("cat /run/victim"));
    }

    [KernelFact]
    public void The_entry_comes_back_into_a_conflist_that_is_written_anew()
    {
        const string List = "{\"name\":\"cbr0\",\"cniVersion\":\"0.3.1\",\"plugins\":[{\"type\":\"flannel\"}]}";
        using Node node = Topology.TwoCards();
        node.Sh("mkdir /run/net.d");
        node.Write("/run/net.d/10-flannel.conflist", List);
        using var watcher = Watcher.Start(node, ["--conflist", "/run/net.d/10-flannel.conflist"]);
        node.Sh($"{Requirements.Binary} conflist check /run/net.d/10-flannel.conflist");

        node.Write("/run/net.d/new", List);
        node.Sh("mv /run/net.d/new /run/net.d/10-flannel.conflist");
        node.Await($"{Requirements.Binary} conflist check /run/net.d/10-flannel.conflist");
    }

    /// <summary>All but the guard of the pods' network are copies.</summary>
    private static void AssertCopies(Node node) =>
        node.Await("grep -qx \"srcroute_copies $(ip route show table all proto 206 | grep -F 10.254. | grep -vc /16)\" /run/srcroute.prom");
}
