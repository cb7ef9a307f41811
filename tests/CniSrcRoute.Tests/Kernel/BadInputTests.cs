using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Bad input: one sentence with file, key and value, exit status 1, nothing changed.</summary>
public sealed class BadInputTests
{
    private const string File = "/etc/srcroute/config.json";

    [KernelTheory]
    [InlineData("""{ "sorces": [] }""", "sorces", "unknown key")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "gatway": "10.0.0.254" }] }""", "sources[0].gatway", "unknown key")]
    [InlineData("""{ "overlay": { "card": [] } }""", "overlay.card", "unknown key")]
    [InlineData("""{ "sources": {} }""", "sources", "{}")]
    [InlineData("""{ "sources": [{ "address": 10 }] }""", "sources[0].address", "10")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.300" }] }""", "sources[0].address", "10.0.0.300")]
    [InlineData("""{ "sources": [{ "network": "10.0.0.1/24" }] }""", "sources[0].network", "10.0.0.1/24")]
    [InlineData("""{ "sources": [{ "card": "eth1" }] }""", "sources[0]", "missing")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "gateway": "2001:db8::1" }] }""", "sources[0].gateway", "2001:db8::1")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "routes": [{ "to": "172.16.0.0/12", "mtu": 20 }] }] }""", "sources[0].routes[0].mtu", "20")]
    [InlineData("""{ "discover": "no" }""", "discover", "no")]
    [InlineData("""{ "rulePriority": 40000 }""", "rulePriority", "40000")]
    [InlineData("""{ "rulePriority": 1.5 }""", "rulePriority", "1.5")]
    [InlineData("""{ "tableBase": -1 }""", "tableBase", "-1")]
    [InlineData("""{ "overlay": { "networks": ["0.0.0.0/0"] } }""", "overlay.networks[0]", "0.0.0.0/0")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": 5000 }, { "address": "192.168.1.100", "table": 5000 }] }""", "sources[1].table", "5000")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": "x" }, { "address": "192.168.1.100", "table": "x" }] }""", "sources[1].table", "x")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": 0 }] }""", "sources[0].table", "0")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": 253 }] }""", "sources[0].table", "253")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": 254 }] }""", "sources[0].table", "254")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": 255 }] }""", "sources[0].table", "255")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": "main" }] }""", "sources[0].table", "main")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1", "table": "kernels" }] }""", "sources[0].table", "kernels")]
    [InlineData("""{ "sources": [{ "address": "10.0.0.1" }, { "network": "10.0.0.0/24" }] }""", "sources[1].network", "10.0.0.0/24")]
    [InlineData("""{ "sources": [ }""", "line 1", "not valid JSON")]
    [InlineData("""[]""", "", "object")]
    public void Mistake_in_the_config_is_named_and_nothing_is_changed(string config, string key, string value)
    {
        using Node node = Topology.TwoCards();
        node.Sh("ip rule add fwmark 1 lookup 77 priority 100; mkdir -p /etc/iproute2/rt_tables.d; echo '254 kernels' >/etc/iproute2/rt_tables.d/site.conf");
        node.Configure(config);
        string before = node.Snapshot();

        foreach (string verb in (string[])["bootstrap", "sync", "sync --dry-run"])
        {
            string refusal = node.Srcroute(verb).Refusal();
            Assert.StartsWith(key.Length == 0 ? $"srcroute: {File}: " : $"srcroute: {File}: {key}: ", refusal, StringComparison.Ordinal);
            Assert.Contains(value, refusal, StringComparison.Ordinal);
        }

        Assert.Equal(before, node.Snapshot());
        Assert.Equal("", node.Sh("find /etc/iproute2 -name 'srcroute*'"));
    }

    [KernelTheory]
    [InlineData("chmod 664", "mode 664")]
    [InlineData("chmod 646", "mode 646")]
    [InlineData("chown 1000", "owner 1000")]
    public void A_config_that_others_may_write_is_refused(string change, string reason)
    {
        using Node node = Topology.TwoCards();
        node.Configure("{}");
        node.Sh($"{change} {File}");
        string before = node.Snapshot();

        string refusal = node.Srcroute("bootstrap").Refusal();
        Assert.Contains(File, refusal, StringComparison.Ordinal);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
    }

    [KernelTheory]
    [InlineData("chmod 777", "mode 777")]
    [InlineData("chown 1000", "owner 1000")]
    public void A_config_that_others_may_replace_is_refused(string change, string reason)
    {
        using Node node = Topology.TwoCards();
        node.Configure("{}");
        node.Sh($"{change} {Path.GetDirectoryName(File)}");

        string refusal = node.Srcroute("bootstrap").Refusal();
        Assert.Contains(Path.GetDirectoryName(File)!, refusal, StringComparison.Ordinal);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_config_that_is_named_and_not_there_is_refused()
    {
        using Node node = Topology.TwoCards();

        Assert.Equal("srcroute: /etc/none.json: the file cannot be read\n", node.Srcroute("bootstrap --config /etc/none.json").Refusal());
        Assert.Contains("/etc/srcroute", node.Srcroute("bootstrap --config /etc/srcroute").Refusal(), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("setpriv --bounding-set=-net_admin --inh-caps=-net_admin")]
    [InlineData("setpriv --reuid=65534 --regid=65534 --clear-groups")]
    public void Without_the_privilege_that_is_said_and_nothing_is_changed(string prefix)
    {
        using Node node = Topology.TwoCards();
        string before = node.Snapshot();

        foreach (string verb in (string[])["bootstrap", "sync", "teardown"])
        {
            Outcome outcome = node.Start([.. prefix.Split(' '), Requirements.Binary, verb]).Finish();
            Assert.Contains("CAP_NET_ADMIN", outcome.Refusal(), StringComparison.Ordinal);
        }

        Assert.Equal(before, node.Snapshot());
        Assert.Equal("", node.Sh("find /etc/iproute2 -name 'srcroute*'"));
    }

    [KernelFact]
    public void Looking_needs_no_privilege()
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();

        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Requirements.Binary];
        Assert.StartsWith("healthy", node.Start([.. nobody, "status"]).Finish().Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("", node.Start([.. nobody, "sync", "--dry-run"]).Finish().Quietly().Output);
    }

    [KernelFact]
    public void A_refusal_of_the_kernel_comes_in_its_own_words_and_the_source_gets_no_rule()
    {
        using Node node = Topology.TwoCardsDual();
        node.Configure("""{ "sources": [{ "address": "2001:db8:2::1", "gateway": "ff05::1" }] }""");

        Outcome bootstrap = node.Srcroute("bootstrap");
        Assert.Equal(1, bootstrap.ExitStatus);
        Assert.Contains("ip -6 route add default via ff05::1 dev eth1", bootstrap.Error, StringComparison.Ordinal);
        Assert.Contains("Invalid gateway address", bootstrap.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("from 2001:db8:2::1", node.Sh("ip -6 rule"), StringComparison.Ordinal);
        Assert.Contains("from 10.0.0.1", node.Sh("ip rule"), StringComparison.Ordinal);
        Assert.Equal(2, node.Srcroute("status").ExitStatus);
    }

    [KernelTheory]
    [InlineData("bootstrp", "bootstrp")]
    [InlineData("sync --dryrun", "--dryrun")]
    [InlineData("bootstrap --wait soon", "soon")]
    [InlineData("bootstrap --wait", "--wait")]
    [InlineData("status -o yaml", "yaml")]
    [InlineData("help nonsense", "nonsense")]

    // An empty argument, as of a variable that is not set: no default takes its place.
    [InlineData("", "unknown command")]
    [InlineData("bootstrap --wait ", "not nothing")]
    [InlineData("sync --config  --dry-run", "--config needs a file")]
    [InlineData("status --config ", "--config needs a file")]
    [InlineData("status -o ", "not nothing")]
    [InlineData("watch --config ", "--config needs a file")]
    [InlineData("watch --conflist ", "--conflist needs a file")]
    [InlineData("watch --metrics-file ", "--metrics-file needs a file")]
    [InlineData("watch --metrics-listen ", "not nothing")]
    [InlineData("conflist check ", "unknown argument")]
    public void A_wrong_command_line_is_named(string arguments, string word)
    {
        using Node node = new();
        Assert.Contains(word, node.Srcroute(arguments).Refusal(), StringComparison.Ordinal);
    }
}
