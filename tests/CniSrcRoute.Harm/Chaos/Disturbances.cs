using System.Globalization;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm.Chaos;

/// <summary>
/// What can happen to a node: links, carriers, addresses, routers, tables, rules, nftables, connection tracking, sysctls, names, pods' cards, and who works
/// against the program. What a script leaves undone, the node's network manager puts right (see <see cref="Life"/>).
/// </summary>
/// <param name="draft">The node.</param>
/// <param name="random">What is drawn from.</param>
internal sealed class Disturbances(Draft draft, Random random)
{
    /// <summary>All rules and routes of the program's, and its table of nftables, go.</summary>
    private const string Raze = """
        ip rule flush protocol 206; ip -6 rule flush protocol 206
        ip route flush table all proto 206; ip -6 route flush table all proto 206
        nft delete table inet srcroute
        """;

    /// <summary>Draws one.</summary>
    public Disturbance Draw() => random.Next(8) switch
    {
        < 2 => DrawOurs(),
        2 when draft.Attachments.Count > 0 => Of(draft.Attachments[random.Next(draft.Attachments.Count)]),
        _ => DrawBoth(),
    };

    /// <summary>A pod that goes and comes again.</summary>
    private Disturbance Of(Attachment pod) => new(
        $"{pod.Pod} goes and comes again",
        string.Join('\n', [pod.Removal.Script, Pause(), .. pod.Steps.Select(step => step.Script)]),
        $"until ip -n {pod.Pod} route | grep -q default; do sleep 0.02; done; {pod.Command("DEL")}; {pod.Command("ADD")}");

    /// <summary>The command that plugged a card in.</summary>
    private string Plug(string card) => draft.Lan.Commands.Find(command => command.Contains($" name {card} ", StringComparison.Ordinal) && command.EndsWith("netns node", StringComparison.Ordinal))!;

    private Disturbance DrawBoth()
    {
        Uplink uplink = draft.Uplinks.Values.ElementAt(random.Next(draft.Uplinks.Count));
        string card = uplink.Card, pause = Pause(), number = random.Next(100, 250).ToString(CultureInfo.InvariantCulture);
        string pods = draft.PodCards.Count == 0 ? card : draft.PodCards[random.Next(draft.PodCards.Count)];
        (string what, string script)[] all =
        [
            ($"{card} goes down and comes up", $"ip link set {card} down; {pause}; ip link set {card} up"),
            ($"{card} loses its carrier", $"ip -n lan link set {Parts.Lan.Name(uplink.Number)}-node down; {pause}; ip -n lan link set {Parts.Lan.Name(uplink.Number)}-node up"),
            ($"{card} is renamed for a while", $"ip link set {card} down; ip link set {card} name away; ip link set away up; {pause}; ip link set away down; ip link set away name {card}; ip link set {card} up"),
            ($"{card} loses its IPv4 address", $"ip -4 address flush dev {card}; {pause}"),
            ($"{card} loses its IPv6 addresses", $"ip -6 address flush dev {card} scope global; {pause}"),
            ($"{card} gets a second address", uplink.IsSubnet ? $"ip address add {Parts.Lan.Ipv4(uplink.Number, 200)}/24 dev {card}; {pause}; ip address del {Parts.Lan.Ipv4(uplink.Number, 200)}/24 dev {card}" : pause),
            ($"{card} loses its routes", $"ip route flush dev {card}; {pause}"),
            ($"the router of {card} is the best for a while", uplink.Via4 is { } via ? $"ip route replace default via {via} metric 3; {pause}; ip route del default via {via} metric 3" : pause),
            ("all defaults go", $"while ip route del default; do :; done; while ip -6 route del default; do :; done; {pause}"),
            ("200 routes come and go", $"seq 200 | sed 's:.*:route add 10.77.&.0/24 dev lo:' | ip -batch -; {pause}; seq 200 | sed 's:.*:route del 10.77.&.0/24 dev lo:' | ip -batch -"),
            ("somebody's rule without a priority comes and goes", $"ip rule add to 203.0.113.{number} lookup main; {pause}; ip rule del to 203.0.113.{number} lookup main"),
            ("somebody's rule ahead of all comes and goes", $"ip rule add from 203.0.113.{number} lookup main priority 1; {pause}; ip rule del priority 1"),
            ("somebody's table comes and goes", $"ip route add default dev {card} table {number}; ip rule add fwmark 0x{number} lookup {number}; {pause}; ip rule del fwmark 0x{number}; ip route flush table {number}"),
            ("the neighbours are forgotten", $"ip neigh flush all; {pause}"),
            ("the firewall is written anew", $$"""nft list tables | grep -v 'srcroute\|tracked' | while read -r table; do nft -s list $table; done >/run/ruleset; nft list tables | grep -v 'srcroute\|tracked' | sed 's:^:delete :' | nft -f -; {{pause}}; nft -f /run/ruleset"""),
            ("connection tracking forgets", $"conntrack -F; {pause}"),
            ($"rp_filter of {card} changes for a while", $"before=$(sysctl -n net/ipv4/conf/{card}/rp_filter); sysctl -qw net/ipv4/conf/{card}/rp_filter={random.Next(3)}; {pause}; sysctl -qw net/ipv4/conf/{card}/rp_filter=$before"),
            ("forwarding stops for a while", $"sysctl -qw net.ipv4.ip_forward=0; {pause}; sysctl -qw net.ipv4.ip_forward=1"),
            ("a route of main's goes", $"ip route del $(ip route | grep -v 'proto kernel' | sed -n {random.Next(1, 5)}p); {pause}"),
            ("another node and its pods come and go", uplink.Via4 is { } there ? $"ip route add 10.244.{number}.0/24 via {there} proto bird; {pause}; ip route del 10.244.{number}.0/24" : pause),
            ($"another card takes the place of {card}", $"ip link del {card}; {pause}; ip -n lan {Plug(card)}; ip link set {card} up"),
            ($"{pods} goes down and comes up", $"ip link set {pods} down; {pause}; ip link set {pods} up"),
            ($"{pods} loses its routes", $"ip route flush dev {pods}; ip -6 route flush dev {pods}; {pause}"),
        ];
        (string done, string commands) = all[random.Next(all.Length)];
        return new Disturbance(done, commands);
    }

    private Disturbance DrawOurs()
    {
        string pause = Pause(), binary = Requirements.Binary;
        (string what, string script)[] all =
        [
            ("the program's rules go", "ip rule flush protocol 206; ip -6 rule flush protocol 206"),
            ("the program's routes go", "ip route flush table all proto 206; ip -6 route flush table all proto 206"),
            ("the program's table of nftables goes", "nft delete table inet srcroute"),
            ("all rules of nftables go from the program's table", "nft flush table inet srcroute"),
            ("all that is the program's goes", Raze),
            ("somebody fights the program", $"for i in $(seq 12); do {Raze}; sleep 0.05; done"),
            ("src_valid_mark is put back", "sysctl -qw net.ipv4.conf.all.src_valid_mark=0"),
            ("the files of names go", "rm -rf /etc/iproute2/rt_tables.d /etc/iproute2/rt_protos.d"),
            ("the watcher is killed", "kill -KILL $watcher"),
            ("the watcher is killed while all that is the program's goes", $"({Raze}) & {pause}; kill -KILL $watcher; wait"),
            ("the watcher sleeps", $"kill -STOP $watcher; {pause}; kill -CONT $watcher"),
            ("the watcher reads its configuration again", "kill -HUP $watcher"),
            ("the configuration is broken for a while", $"cp /etc/srcroute/config.json /run/kept; echo '{{' >/etc/srcroute/config.json; {pause}; mv /run/kept /etc/srcroute/config.json || rm /etc/srcroute/config.json"),
            ("sync runs beside the watcher", $"{binary} sync"),
            ("bootstrap runs beside the watcher, and is killed", $"{binary} bootstrap & {pause}; kill -KILL $!"),
            ("teardown runs beside the watcher", $"{binary} teardown"),
        ];
        (string what, string script) = all[random.Next(all.Length)];
        return new Disturbance(what, "", script);
    }

    private string Pause() => string.Create(CultureInfo.InvariantCulture, $"sleep 0.{random.Next(300):d3}");
}
