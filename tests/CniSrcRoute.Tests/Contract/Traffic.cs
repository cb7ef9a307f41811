using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// A node under kills: two cards of both families with a gateway each, flannel with many peers. It knows which way every packet of it must take, rule or
/// no rule, and asks the kernel.
/// </summary>
internal sealed partial class Traffic : IDisposable
{
    private const string LocalPod = "dev cni0";

    private const string DefaultWay = "via 192.168.1.1 dev eth0";

    private const string DefaultWay6 = "via 2001:db8:1::1 dev eth0";

    private readonly SortedDictionary<int, int> _peers = [];
    private readonly HashSet<int> _changed = [];
    private string[] _gateways = ["254"];

    /// <summary>Makes the node.</summary>
    /// <param name="peers">How many IPv4 routes flannel has in main.</param>
    public Traffic(int peers)
    {
        Node = Topology.TwoCardsDual().WithFlannelDual();
        Node.Ip(string.Join('\n', Enumerable.Range(0, peers).Select(AddPeer)));
        Node.Sh(WriteConfig("254", null));
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    public void Dispose() => Node.Dispose();

    /// <summary>The command of a batch that makes a peer's route; at first through the first address of its subnet, as flannel does.</summary>
    public string AddPeer(int peer)
    {
        _peers[peer] = 0;
        _changed.Add(peer);
        return $"route add {Subnet(peer)} via {Address(peer, 0)} dev flannel.1 onlink";
    }

    /// <summary>The command that removes a peer's route. Until the next run packets may still go there.</summary>
    public string RemovePeer(int peer)
    {
        _peers.Remove(peer);
        return $"route del {Subnet(peer)}";
    }

    /// <summary>The command that leads to a peer by another way. Until the next run the old one may be taken.</summary>
    public string ChangePeer(int peer)
    {
        _peers[peer] ^= 1;
        _changed.Add(peer);
        return $"route replace {Subnet(peer)} via {Address(peer, _peers[peer])} dev flannel.1 onlink";
    }

    /// <summary>A peer's route that stands in main.</summary>
    public int AnyPeer(Random random) => _peers.Keys.ElementAt(random.Next(_peers.Count));

    /// <summary>
    /// The script that writes a configuration with another router behind eth1, or other tables. Until the next run the old router may be taken.
    /// </summary>
    public string WriteConfig(string gateway, int? table, int? firstTable = null)
    {
        _gateways = [gateway, .. _gateways];
        string number = table is null ? "" : $", \"table\": {table}";
        string first = firstTable is null ? "" : $$"""{ "address": "192.168.1.100", "table": {{firstTable}} }, """;
        return $$"""
            cat >/etc/srcroute/config.json <<'END'
            { "sources": [{{first}}{ "address": "10.0.0.1", "gateway": "10.0.0.{{gateway}}"{{number}} }, { "address": "2001:db8:2::1", "gateway": "2001:db8:2::{{gateway}}" }] }
            END

            """;
    }

    /// <summary>From now on only the newest ways are right: srcroute has run to its end.</summary>
    public void Settle()
    {
        _changed.Clear();
        _gateways = _gateways[..1];
    }

    /// <summary>The script that lists rules and asks the kernel for ways, those of some peers among them.</summary>
    public string Look(Random random, int peers = 12)
    {
        IEnumerable<int> some = _changed.Where(_peers.ContainsKey)
            .OrderBy(_ => random.Next())
            .Take(peers / 2)
            .Concat(Enumerable.Range(0, peers).Select(_ => AnyPeer(random)))
            .ToArray();
        string[] pods = ["10.254.1.7", "10.254.2.9", "10.254.250.1", "203.0.113.9", "192.168.1.9", "10.0.0.9", .. some.Select(peer => Address(peer, 5))];
        string[] pods6 = ["fd00:254:0:1::7", "fd00:254:0:2::9", "fd00:254:0:fa::1", "2001:db8:9::9", "2001:db8:1::9", "2001:db8:2::9"];
        string[] sources = ["192.168.1.100", "10.0.0.1"], sources6 = ["2001:db8:1::100", "2001:db8:2::1"];
        IEnumerable<string> lookups =
        [
            .. from source in sources from pod in pods select $"route get {pod} from {source}",
            .. from source in sources6 from pod in pods6 select $"route get {pod} from {source}",
        ];
        return $"ip rule; ip -6 rule; ip -force -o -batch - <<'END'\n{string.Join('\n', lookups)}\nEND\n";
    }

    /// <summary>Asserts that what <see cref="Look"/> printed is right: with the rules that stood then, every packet on its way.</summary>
    /// <returns>How many ways were looked at.</returns>
    public int AssertRight(string looked, string when)
    {
        HashSet<string> served = [.. FromRule().Matches(looked).Select(match => match.Groups[1].Value)];
        int count = 0;
        foreach (Match way in WayLine().Matches(looked))
        {
            (string destination, string source, string actual) = (way.Groups[1].Value, way.Groups[2].Value, way.Groups[3].Value);
            string[] expected = Expected(destination, source, served.Contains(source));
            Assert.True(expected.Contains(actual), $"{when}: {destination} from {source}: {actual} instead of {string.Join(" or ", expected)}\n{looked}");
            count++;
        }

        Assert.DoesNotContain("rror", looked, StringComparison.Ordinal);
        Assert.True(count >= 20, looked);
        return count;
    }

    private static string Subnet(int peer) => $"{Address(peer, 0)}/28";

    private static string Address(int peer, int host) => $"10.254.{16 + (peer >> 4)}.{((peer & 15) << 4) + host}";

    private string[] Expected(string destination, string source, bool served)
    {
        bool second = source is "10.0.0.1" or "2001:db8:2::1";
        bool ipv6 = source.Contains(':');
        string router = ipv6 ? "via 2001:db8:2::" : "via 10.0.0.";
        string[] away = !served || !second ? [ipv6 ? DefaultWay6 : DefaultWay] : [.. _gateways.Select(gateway => $"{router}{gateway} dev eth1")];
        switch (destination)
        {
            case "10.254.1.7" or "fd00:254:0:1::7":
                return [LocalPod];
            case "10.254.2.9":
                return ["via 10.254.2.0 dev flannel.1"];
            case "fd00:254:0:2::9":
                return ["via fd00:254:0:2:: dev flannel-v6.1"];
            case "10.254.250.1" or "fd00:254:0:fa::1":
                // Of no peer: what main says, never what a source's table says.
                return [ipv6 ? DefaultWay6 : DefaultWay];
            case "203.0.113.9" or "2001:db8:9::9":
                return away;
            case "192.168.1.9" or "2001:db8:1::9":
                return ["dev eth0"];
            case "10.0.0.9" or "2001:db8:2::9":
                return ["dev eth1"];
            default:
                int[] bytes = [.. destination.Split('.').Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
                int peer = ((bytes[2] - 16) << 4) + (bytes[3] >> 4);
                int way = _peers[peer];
                IEnumerable<int> ways = _changed.Contains(peer) ? [way, way ^ 1] : [way];
                return [.. ways.Select(host => $"via {Address(peer, host)} dev flannel.1")];
        }
    }

    [GeneratedRegex(@"^\d+:\s+from (\S+) iif lo lookup \S+ proto", RegexOptions.Multiline)]
    private static partial Regex FromRule();

    [GeneratedRegex(@"^(\S+) from (\S+) ((?:via \S+ )?dev \S+)", RegexOptions.Multiline)]
    private static partial Regex WayLine();
}
