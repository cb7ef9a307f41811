using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>
/// A machine of its own: the network, /run, /etc, /var/lib and processes of a holder, which dies with the test run however that ends. In it stands a
/// second network, "lan", for the other ends of the cards' cables.
/// </summary>
internal sealed partial class Node : IDisposable
{
    private readonly Process _holder;
    private int _cards;
    private int _numbers;

    public Node()
    {
        Assert.True(Requirements.Missing is null, Requirements.Missing);
        _holder = Machine.Make();
    }

    public void Dispose()
    {
        _holder.StandardInput.Close();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    /// <summary>Starts a command on the node.</summary>
    public Job Start(IEnumerable<string> words, string input = "", IReadOnlyDictionary<string, string>? environment = null, string? awaited = null) =>
        Job.Start([.. Machine.Entrance(_holder), .. words], input, environment, awaited);

    /// <summary>Runs a shell script that must succeed; returns what it wrote.</summary>
    public string Sh(string script) => Start(["sh", "-euc", script]).Finish().Succeeded().Output;

    /// <summary>Waits until a shell script succeeds.</summary>
    public void Await(string script) =>
        Assert.True(
            SpinWait.SpinUntil(() => Start(["sh", "-euc", script]).Finish().ExitStatus == 0, Job.Patience),
            $"waited in vain for: {script}");

    /// <summary>Runs a batch of ip commands that must all succeed, each a line.</summary>
    public void Ip(string batch) => Start(["ip", "-batch", "-"], batch).Finish().Succeeded();

    /// <summary>The same in one of the other networks on the node.</summary>
    public void IpIn(string network, string batch) => Start(["ip", "-n", network, "-batch", "-"], batch).Finish().Succeeded();

    /// <summary>Runs the program under test, its arguments parted by blanks.</summary>
    public Outcome Srcroute(string arguments) => Start([Requirements.Binary, .. arguments.Split(' ')]).Finish();

    /// <summary>Writes a file.</summary>
    public void Write(string path, string text, string mode = "644") => Start(["sh", "-euc", $"cat >{path}; chmod {mode} {path}"], text).Finish().Succeeded();

    /// <summary>Writes the configuration.</summary>
    public void Configure(string json) => Write("/etc/srcroute/config.json", json);

    /// <summary>Where a file of the node can be read from here.</summary>
    public string PathOf(string file) => $"/proc/{_holder.Id}/root{file}";

    /// <summary>The node's own network, or one of the others on it by its name.</summary>
    public NetworkNamespace Network(string name = "") => new(name.Length == 0 ? $"/proc/{_holder.Id}/ns/net" : PathOf($"/run/netns/{name}"));

    /// <summary>A number from 1 up that was not given before on this node.</summary>
    public int NextNumber() => ++_numbers;

    /// <summary>Makes further networks: those of neighbours and pods.</summary>
    public void AddNetworks(params IEnumerable<string> names) => Machine.AddNetworks(_holder, names);

    /// <summary>
    /// Waits until all bridges forward, all ends of cables answer to IPv6 neighbours, and who hands on packets has addresses to ask for them with: a worker of
    /// the kernel does all that when it gets to it, seconds later on a busy machine, and datagrams that are sent before are lost.
    /// </summary>
    public void Settle() => Machine.Settle(_holder);

    /// <summary>Plugs in a card, with addresses; its other end has the same name in lan.</summary>
    public void AddCard(string name, params string[] addresses)
    {
        // With different numbers at both ends the kernel takes a cable's carrier at once, not up to a second later.
        int index = 10 + _cards++;

        // That the carrier is there a worker of the kernel tells routes and IPv6, when it gets to it; the state of the card comes with that.
        Sh($"""
            ip -batch - <<'END'
            link add {name} index {index} up type veth peer name {name} index {index + 100} netns lan
            address add fe80::{index}/64 dev {name} nodad
            {string.Join('\n', addresses.Select(address => $"address add {address} dev {name}{NoDad(address)}"))}
            END
            ip -n lan -batch - <<'END'
            address add fe80::{index + 100}/64 dev {name} nodad
            link set {name} up
            END
            until ip link show {name} | grep -q 'state UP'; do sleep 0.01; done
            """);
    }

    /// <summary>
    /// What an IPv6 address is added with: the kernel takes it at once. Without it, also where duplicate address detection is off, a worker of the kernel
    /// does, when it gets to it.
    /// </summary>
    public static string NoDad(string address) => address.Contains(':', StringComparison.Ordinal) ? " nodad" : "";

    /// <summary>All rules and routes of both families, as people would look at them.</summary>
    public string Snapshot() => Sh("ip -d rule; ip -d -6 rule; ip -d route show table all; ip -d -6 route show table all");

    /// <summary>A table, by number or name, a line a route. The metrics of copies below 10.254.0.0/16 are free, and shown as *.</summary>
    public string Table(string table) => FreeMetric().Replace(Lines(Sh($"ip route show table {table}")), "metric *");

    /// <summary>An IPv6 table, by number or name, a line a route.</summary>
    public string Table6(string table) => Lines(Sh($"ip -6 route show table {table}"));

    /// <summary>Where a reply from an address goes, led by the mark of the address's table if it has one: the words of `ip route get` up to the card.</summary>
    public string Way(string destination, string source) => Way().Match(Sh($$"""
        table=$(awk '$2 == "src-{{source}}" { print $1 }' /etc/iproute2/rt_tables.d/srcroute.conf 2>/dev/null) || :
        mark=$(ip -N {{(destination.Contains(':', StringComparison.Ordinal) ? "-6" : "-4")}} rule | sed -nE "s,.*fwmark (0x[0-9a-f]+)/0x7f lookup ${table:-none} .*,\\1,p" | head -n 1)
        ip route get {{destination}} from {{source.Replace(".0/24", ".100", StringComparison.Ordinal)}} ${mark:+mark $mark}
        """)).Value;

    private static string Lines(string text) => string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()));

    [GeneratedRegex(@"(?<=^10\.254\..*)metric \d+", RegexOptions.Multiline)]
    private static partial Regex FreeMetric();

    [GeneratedRegex(@"(via \S+ )?dev \S+")]
    private static partial Regex Way();
}
