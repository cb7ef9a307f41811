using System.Globalization;
using System.Text;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute;

/// <summary>Writes the steps of a plan as the ip(8) commands that would do the same.</summary>
/// <param name="state">Knows the names of the cards.</param>
public sealed class IpCommand(NodeState state)
{
    private static readonly string[] PreferenceNames = ["medium", "high", "", "low"];

    /// <summary>A rule, without the command.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>For example "from 192.168.1.100 lookup 1000 priority 30000 protocol 206".</returns>
    public static string Format(Rule rule)
    {
        string protocol = rule.Protocol == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" protocol {rule.Protocol}");
        return string.Create(CultureInfo.InvariantCulture, $"{RuleText.Format(rule, Number(rule.Table))} priority {rule.Priority}{protocol}");
    }

    /// <summary>A rule as people speak of it, and `ip rule` shows it: what it is for and where it leads, and the kernel's own tables by their names.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>For example "from all lookup main".</returns>
    public static string Describe(Rule rule) => RuleText.Format(rule, TableId.NameOf(rule.Table) ?? Number(rule.Table));

    /// <summary>A rule in a sentence, by what `ip rule` has in front of it.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>For example "rule 32766 "from all lookup main"".</returns>
    public static string Tell(Rule rule) => string.Create(CultureInfo.InvariantCulture, $"rule {rule.Priority} \"{Describe(rule)}\"");

    /// <summary>A step: + for what is added, - for what is removed, ~ for what is changed.</summary>
    /// <param name="change">The step.</param>
    /// <returns>For example "+ ip rule add from 192.168.1.100 lookup 1000 priority 30000 protocol 206".</returns>
    public string Format(Change change) => change switch
    {
        RouteChange route => $"{Sign(change.Kind)} {Ip(route.Table.Family)} route {(route.Appends ? "append" : Verb(change.Kind))} {Format(route.Route, route.Table.Number)}" +
                             (route.Old is { } old ? $"  # was {Format(old, route.Table.Number)}" : ""),
        RuleChange rule => $"{Sign(change.Kind)} {Ip(rule.Rule.Family)} rule {Verb(change.Kind)} {Format(rule.Rule)}",
        MarkTableChange { Table: null } => $"- nft delete table inet {NftTable.Name}",
        MarkTableChange table => $"{Sign(change.Kind)} {NftCommand(table)}",
        SysctlChange sysctl => $"{Sign(change.Kind)} sysctl -w {ReversePath.SrcValidMark}={(sysctl.Value ? 1 : 0)}",
        ConnectionsChange connections => string.Create(
            CultureInfo.InvariantCulture,
            $"{Sign(change.Kind)} # connections that are open keep their way by marks of 0x{connections.Mask:x}"),
        UnmarkingChange unmarking => string.Create(CultureInfo.InvariantCulture, $"{Sign(change.Kind)} # connections lose marks of 0x{unmarking.Mask:x}"),
        NamesChange names => $"{Sign(change.Kind)} names in {NamesFile.PathOf(names.File)}",
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    /// <summary>A route, without the command.</summary>
    /// <param name="route">The route.</param>
    /// <param name="table">The number of its table.</param>
    /// <returns>For example "10.254.3.0/24 via 10.254.3.0 dev flannel.1 table 1000 metric 1 protocol 206 onlink".</returns>
    public string Format(Route route, uint table)
    {
        var text = new StringBuilder();
        if (route.Type != RouteType.Unicast)
        {
            text.Append(route.Type.ToString().ToLowerInvariant()).Append(' ');
        }

        text.Append(route.Destination);
        Word(text, "from", route.Source.IsSet ? route.Source.ToString() : "");
        Word(text, "nhid", route.NexthopId);
        if (route is { NexthopId: 0, Nexthops.Count: 1 })
        {
            Hop(text, route.Nexthops[0], route.Family);
        }

        Word(text, "table", table);
        Word(text, "metric", route.Metric);
        Word(text, "protocol", route.Protocol);

        // ip(8) takes a direct route for one of scope link, and any other for global, when nothing is said.
        byte usual = route is { NexthopId: 0, Nexthops: [{ Gateway.IsSet: false }] } ? Route.ScopeLink : Route.ScopeUniverse;
        if (route.Family == Family.IPv4 && (route.Scope != usual || route.Scope == Route.ScopeLink))
        {
            Word(text, "scope", route.Scope switch
            {
                Route.ScopeUniverse => "global",
                Route.ScopeLink => "link",
                254 => "host",
                var scope => scope.ToString(CultureInfo.InvariantCulture),
            });
        }

        Word(text, "src", route.PrefSrc.ToString());

        // ip(8) reads a type of service as hexadecimal, whatever its prefix, and all other numbers as C does.
        Word(text, "tos", route.Tos == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"0x{route.Tos:x}"));
        if (!route.Metrics.IsEmpty)
        {
            text.Append(' ').Append(RouteMetrics.Format(route.Metrics));
        }

        Word(text, "pref", route.Preference == 0 ? "" : PreferenceNames[route.Preference & 3]);
        if (route is { NexthopId: 0, Nexthops.Count: > 1 })
        {
            foreach (Nexthop hop in route.Nexthops)
            {
                text.Append(" nexthop");
                Hop(text, hop, route.Family);
                Word(text, "weight", (uint)hop.Weight);
            }
        }

        return text.ToString();
    }

    private static string Number(uint table) => table.ToString(CultureInfo.InvariantCulture);

    private static string Ip(Family family) => family == Family.IPv6 ? "ip -6" : "ip";

    private static char Sign(ChangeKind kind) => kind switch { ChangeKind.Add => '+', ChangeKind.Remove => '-', _ => '~' };

    private static string Verb(ChangeKind kind) => kind switch { ChangeKind.Add => "add", ChangeKind.Remove => "del", _ => "replace" };

    private static void Word(StringBuilder text, string name, string value)
    {
        if (value.Length > 0)
        {
            text.Append(' ').Append(name).Append(' ').Append(value);
        }
    }

    private static void Word(StringBuilder text, string name, uint value) => Word(text, name, value == 0 ? "" : value.ToString(CultureInfo.InvariantCulture));

    private string NftCommand(MarkTableChange change)
    {
        string text = (change.Kind == ChangeKind.Replace ? $"delete table inet {NftTable.Name}\n" : "") + change.Table;
        Link? odd = state.Links.FirstOrDefault(link => !IsReadByNft(link.Name) && text.Contains($"\"{link.Name}\"", StringComparison.Ordinal));
        return odd is null
            ? $"nft -f - <<'END'\n{text}\nEND"
            : $"# nft has no way to write the name of a card in this, so only srcroute itself can make it:\n# {text.ReplaceLineEndings("\n# ")}";
    }

    // In quotation marks nft takes everything as it is but the mark itself, and a star at the end, which stands for anything.
    private static bool IsReadByNft(string name) =>
        !name.Contains('"', StringComparison.Ordinal) && !name.EndsWith('*') && IsText(name);

    // The numbers of cards are words of ip(8) as well; a name that is no text could not be copied.
    private string Card(int index) =>
        state.Links.FirstOrDefault(link => link.Index == index)?.Name is { } name && IsText(name) ? ShellWord.Quote(name) : $"if{index}";

    private static bool IsText(string name) => Printable.Line(name) == name && !name.Contains('\ufffd', StringComparison.Ordinal);

    private void Hop(StringBuilder text, Nexthop hop, Family family)
    {
        if (hop.Encapsulation is { } encapsulation)
        {
            text.Append(CultureInfo.InvariantCulture, $" encap type {encapsulation.Type} {encapsulation.Value}");
        }

        if (hop.Gateway.IsSet)
        {
            Word(text, "via", (hop.Gateway.Family == family ? "" : "inet6 ") + hop.Gateway);
        }

        if (hop.Oif != 0)
        {
            Word(text, "dev", Card(hop.Oif));
        }

        Word(text, "realm", hop.Realm);
        if ((hop.Flags & Nexthop.OnLink) != 0)
        {
            text.Append(" onlink");
        }
    }
}
