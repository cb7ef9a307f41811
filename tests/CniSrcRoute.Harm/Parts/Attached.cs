using System.Globalization;
using CniSrcRoute.Tests.Contract;

namespace CniSrcRoute.Harm.Parts;

/// <summary>A pod that a runtime adds while the program is there, by the plugins bridge or ptp and the program behind them.</summary>
/// <param name="number">Its number, from 0.</param>
/// <param name="earliest">Before which it does not come: the first one makes the bridge.</param>
/// <param name="random">What everything else is drawn from.</param>
internal sealed class Attached(int number, Moment earliest, Random random) : Part
{
    private readonly bool _isBridge = random.Next(2) == 0, _has6 = random.Next(2) == 0;
    private readonly string _version = Calls.Versions[random.Next(Calls.Versions.Length - 1)];

    /// <summary>When it comes.</summary>
    public Moment When { get; } = (Moment)random.Next((int)earliest, 3);

    private string Name => string.Create(CultureInfo.InvariantCulture, $"a{number}");

    private string Host => $"veth{Name}";

    private string[] Addresses => [$"10.244.1.{20 + number}", .. _has6 ? (string[])[$"fd00:244:1::{20 + number}"] : []];

    public override void Build(Draft draft)
    {
        // On the bridge of the pods that are there; beside pods with routes of their own it has one as well.
        string? bridge = draft.PodBridge ?? (_isBridge && draft.Find("p1") is null ? "cni0" : null);
        bool isNew = bridge is not null && draft.PodBridge is null && draft.Facts.Add(bridge);
        Place pod = draft.Add(Name, Role.Pod);
        pod.Addresses.AddRange(Addresses);
        int index = draft.NextIndex();
        string node = $"""
            {(bridge is null ? "" : Bridge(draft, bridge, isNew))}
            link add {Host} index {draft.NextIndex()} up address {draft.Hardware("node", Host)} type veth peer name eth0 index {index} address {draft.Hardware(Name, "eth0")} netns {Name}
            address add fe80::1/64 dev {Host} nodad
            {(bridge is null ? Lines(Addresses.Select(OfPtp)) : $"link set {Host} master {bridge}")}
            """;
        string inside = $"link set eth0 up\naddress add fe80::{index.ToString("x", CultureInfo.InvariantCulture)}/64 dev eth0 nodad\n" + Lines(Addresses.SelectMany(address => (string[])
        [
            $"address add {address}/{Length(address, bridge)} dev eth0{(IsIpv6(address) ? " nodad" : "")}",
            .. bridge is null ? (string[])[$"route add {Gateway(address)} dev eth0"] : [],
            $"route add default via {Gateway(address)} dev eth0",
        ]));
        string what = ToString();
        draft.PodCards.Add(bridge ?? Host);
        draft.Attachments.Add(new Attachment(
            Name, When, [new Change(what, "node", node), new Change(what, Name, inside)], new Change($"{Name} goes", "node", isNew ? $"link del {Host}\nlink del {bridge}" : $"link del {Host}"), _version, Result(bridge)));
    }

    public override string ToString() =>
        $"{Name}: a pod that is added {When switch { Moment.First => "before anything else", Moment.Alone => "after bootstrap", _ => "beside the watcher" }}, cniVersion {_version}{(_has6 ? ", IPv6" : "")}";

    private static bool IsIpv6(string address) => address.Contains(':', StringComparison.Ordinal);

    private static string Gateway(string address) => IsIpv6(address) ? "fd00:244:1::1" : "10.244.1.1";

    private static int Length(string address, string? bridge) => (IsIpv6(address), bridge) switch { (true, null) => 128, (true, _) => 64, (_, null) => 32, _ => 24 };

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private string OfPtp(string address) =>
        $"address add {Gateway(address)}/{Length(address, null)} dev {Host}{(IsIpv6(address) ? " nodad" : "")}\nroute add {address} dev {Host}{(IsIpv6(address) ? "" : " scope host")}";

    /// <summary>The commands that give a bridge what it lacks for the pod.</summary>
    private string Bridge(Draft draft, string bridge, bool isNew) =>
        (isNew ? $"link add {bridge} index {draft.NextIndex()} up address {draft.Hardware("node", bridge)} type bridge mcast_snooping 0\naddress add fe80::1/64 dev {bridge} nodad\n" : "") +
        Lines(Addresses.Select(address => $"address replace {Gateway(address)}/{Length(address, bridge)} dev {bridge}{(IsIpv6(address) ? " nodad" : "")}"));

    private string Result(string? bridge)
    {
        string ips = string.Join(", ", Addresses.Select(address =>
            $$"""{ {{(_version[0] == '0' ? $"\"version\": \"{(IsIpv6(address) ? 6 : 4)}\", " : "")}}"interface": {{(bridge is null ? 1 : 2)}}, "address": "{{address}}/{{Length(address, bridge)}}", "gateway": "{{Gateway(address)}}" }"""));
        string interfaces = $$"""{{(bridge is null ? "" : $$"""{ "name": "{{bridge}}" }, """)}}{ "name": "{{Host}}" }, { "name": "eth0", "sandbox": "/run/netns/{{Name}}" }""";
        return $$"""{ "cniVersion": "{{_version}}", "interfaces": [{{interfaces}}], "ips": [{{ips}}], "routes": [{ "dst": "0.0.0.0/0" }], "dns": {} }""";
    }
}
